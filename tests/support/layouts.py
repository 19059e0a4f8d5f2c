"""What holds for every layout."""

import numpy as np

from mnist_app.core.recognition.segmentation.layout import MOST_PIECES, MOST_TOGETHER, Layout


def check_bounds(layout: Layout) -> None:
    """No more pieces and candidates than there may be, and a reading uses each piece once."""
    candidates = layout.candidates()
    assert len(layout.boxes) <= MOST_PIECES
    assert len(candidates) <= MOST_PIECES * MOST_TOGETHER
    path = layout.best(candidates, np.full(len(candidates), -1.0))
    assert [place for span in path for place in range(*span)] == [*range(len(layout.boxes))]
