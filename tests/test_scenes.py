import numpy as np
import photos
import pytest

from benchmarks.scenes import SCENES


@pytest.mark.parametrize("name", SCENES)
def test_each_scene_shows_the_ink_and_repeats_itself(name: str) -> None:
    glyph = photos.written("7", 160, 120)
    view, again, without_ink = (
        SCENES[name](ink, np.random.default_rng(0)) for ink in (glyph, glyph, glyph / 100)
    )
    assert view.shape == (160, 120, 3)
    assert np.array_equal(view, again)
    assert np.abs(view - without_ink).max() > 0.05
