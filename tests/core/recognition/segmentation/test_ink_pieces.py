import numpy as np
import pytest

from mnist_app.core.recognition.segmentation.ink_pieces import inked_pieces
from tests.support import photos
from tests.support.samples import check_bounds


@pytest.mark.parametrize("shape", [(5, 5), (1, 1)])
def test_blank_ink_has_no_pieces(shape: tuple[int, int]) -> None:
    pieces, layout = inked_pieces(np.zeros(shape))
    assert (pieces == -1).all()
    assert layout.candidates() == []


def test_noise_stays_within_bounds() -> None:
    check_bounds(inked_pieces(np.random.default_rng(0).random((300, 500)) > 0.8)[1])


def test_ink_keeps_every_pixel_and_its_neighbours_apart() -> None:
    ink = np.zeros((20, 60))
    ink[2:18, 3:6] = 0.5
    ink[2:18, 30:33] = 0.9
    pieces, layout = inked_pieces(ink)
    np.testing.assert_array_equal(pieces >= 0, ink > 0)
    assert set(pieces[:, :20][ink[:, :20] > 0]) == {0}
    assert set(pieces[:, 20:][ink[:, 20:] > 0]) == {1}
    assert layout.cuts.tolist() == [0]


def test_neighbours_that_touch_are_cut_where_they_touch() -> None:
    ring = np.pad(photos.written("0", 100, 100), ((0, 0), (0, 100)))
    width = len(np.flatnonzero(ring.any(axis=0)))
    sheet = np.maximum(ring, np.roll(ring, width - 2, axis=1))
    pieces, layout = inked_pieces(sheet)
    joint = np.flatnonzero(ring.any(axis=0))[-1]
    borders = [
        np.flatnonzero((pieces >= place).any(axis=0))[0] for place in range(pieces.max() + 1)
    ]
    # Within the width of the line.
    assert min(abs(border - joint) for border in borders) <= 0.12 * 60
    assert (layout.cuts > 0).any()


def test_an_underline_in_a_picture_belongs_to_no_digit() -> None:
    sheet = photos.written("305", 100, 300)
    lined = sheet.copy()
    lined[90:94, 40:260] = 1
    pieces, _ = inked_pieces(lined)
    assert (pieces[90:94] == -1).all()
    np.testing.assert_array_equal(pieces[:90] >= 0, sheet[:90] > 0)
