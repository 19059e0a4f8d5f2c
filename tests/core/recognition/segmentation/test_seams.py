import numpy as np

from mnist_app.core.recognition.segmentation.seams import MOST_CUT, seams_of


def two_blocks(bridge: float) -> np.ndarray:
    """Two blocks, 40 high, that a bridge of ink joins at columns 20 to 24."""
    ink = np.zeros((40, 45))
    ink[:, :20] = ink[:, 25:] = 1
    ink[18:21, 20:25] = bridge
    return ink


def test_the_best_seam_runs_where_least_ink_is_cut() -> None:
    seams = seams_of(two_blocks(0.5), np.array([0.0, 0, 45, 40]), 0.0, 40.0, 7)
    best = next(seam for seam in seams if 0 < seam.place < 45)
    assert best.ink == 1.5 / 40
    assert best.group == 7
    assert best.columns.shape == (40,)
    assert ((best.columns >= 20) & (best.columns < 25)).all()


def test_a_seam_follows_the_slant() -> None:
    ink = np.zeros((40, 60))
    rows = np.arange(40)
    for row in rows:
        ink[row, 40 - row // 2 - 12 : 40 - row // 2 + 12] = 1
        ink[row, 40 - row // 2] = 0
    seams = seams_of(ink, np.array([28.0, 0, 52, 40]), 0.5, 40.0, 0)
    best = next(seam for seam in seams if abs(seam.place - 30) < 8)
    assert best.ink == 0
    np.testing.assert_allclose(best.columns, 40 - rows // 2, atol=1)


def test_no_seam_cuts_too_much_or_fits_into_what_is_narrow() -> None:
    full = np.ones((40, 45))
    box = np.array([0.0, 0, 45, 40])
    assert all(seam.ink <= MOST_CUT for seam in seams_of(full, box, 0.0, 40.0, 0))
    assert seams_of(full, np.array([0.0, 0, 6, 40]), 0.0, 40.0, 0) == []
