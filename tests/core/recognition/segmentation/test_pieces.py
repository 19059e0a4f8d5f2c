import numpy as np
import pytest

from mnist_app.core.ink.drawings import Drawing
from mnist_app.core.recognition.segmentation.network import HEIGHT
from mnist_app.core.recognition.segmentation.pieces import drawn_pieces, inked_pieces
from tests.support import photos

# Three digits, 60 pixels high, on rows 20 to 80.
SHEET = photos.written("305", 100, 300)


def strokes(*digits: int) -> list[np.ndarray]:
    """Digits side by side, 100 high."""
    return [
        stroke * 100 + [90 * place, 0]
        for place, digit in enumerate(digits)
        for stroke in photos.drawing(digit).strokes
    ]


@pytest.mark.parametrize("shape", [(5, 5), (1, 1)])
def test_blank_ink_has_no_pieces(shape: tuple[int, int]) -> None:
    labels, pieces = inked_pieces(np.zeros(shape))
    assert (labels == -1).all()
    assert pieces == []


@pytest.mark.parametrize("size", [30, 100, 400])
def test_each_pixel_of_ink_is_in_a_piece(size: int) -> None:
    sheet = photos.written("305", size, 3 * size)
    labels, pieces = inked_pieces(sheet)
    np.testing.assert_array_equal(labels >= 0, sheet > 0)
    assert set(np.unique(labels)) == {-1, *range(len(pieces))}


def test_an_underline_in_a_picture_is_in_no_piece() -> None:
    lined = SHEET.copy()
    lined[90:94, 20:280] = 1
    labels, _ = inked_pieces(lined)
    assert (labels[90:94] == -1).mean() > 0.95
    assert (labels[:85] >= 0)[SHEET[:85] > 0].mean() > 0.99


def test_a_drawn_underline_and_a_frame_are_in_no_piece() -> None:
    number = strokes(3, 0, 5)
    underline = np.array([[-10.0, 115], [270, 113]])
    frame = np.array([[-20.0, -20], [290, -20], [290, 120], [-20, 120], [-20, -18]])
    alone, _ = drawn_pieces(Drawing(number))
    for extra in (underline, frame):
        lines, pieces = drawn_pieces(Drawing([extra, *number]))
        assert len(lines) == len(pieces) == len(alone)
        assert 0 not in {piece.source for piece in pieces}


def test_a_stroke_is_cut_where_it_belongs_to_two_digits() -> None:
    joined = np.concatenate(strokes(6, 2))
    lines, pieces = drawn_pieces(Drawing([joined]))
    assert {piece.source for piece in pieces} == {0}
    assert len(lines) == len(pieces) >= 2
    # Each is on one side of where the 6 ends and the 2 begins.
    ends = [line[:, 0].max() for line in lines if line[:, 0].mean() < 85]
    starts = [line[:, 0].min() for line in lines if line[:, 0].mean() > 85]
    assert max(ends) < 115
    assert min(starts) > 60


def test_a_stroke_of_one_digit_stays_as_it_was_drawn() -> None:
    number = strokes(3, 0)
    lines, _ = drawn_pieces(Drawing(number))
    for line, stroke in zip(lines, number, strict=True):
        np.testing.assert_array_equal(line, stroke)


def test_digits_that_touch_are_in_pieces_of_their_own() -> None:
    ring = np.pad(photos.written("0", 100, 100), ((0, 0), (0, 100)))
    columns = np.flatnonzero(ring.any(axis=0))
    sheet = np.maximum(ring, np.roll(ring, len(columns) - 2, axis=1))
    labels, pieces = inked_pieces(sheet)
    sides = [
        {*labels[:, side][sheet[:, side] > 0]}
        for side in (slice(0, columns[-1] - 8), slice(columns[-1] + 8, None))
    ]
    assert sides[0].isdisjoint(sides[1])
    assert len({pieces[number].source for number in sides[0] | sides[1]}) == 1


def test_the_height_of_digits_is_found_again_when_boxes_mislead() -> None:
    # A frame says that digits are four times as high.
    sheet = np.pad(SHEET, 50)
    sheet[4:8, 4:-4] = sheet[-8:-4, 4:-4] = sheet[4:-4, 4:8] = sheet[4:-4, -8:-4] = 1
    labels, pieces = inked_pieces(sheet)
    ink = np.pad(SHEET, 50) > 0
    assert (labels >= 0)[ink].all()
    assert (labels >= 0)[~ink].mean() < 0.01
    points = np.concatenate([piece.points for piece in pieces])
    assert np.ptp(points[:, 0]) == pytest.approx(HEIGHT, rel=0.35)
