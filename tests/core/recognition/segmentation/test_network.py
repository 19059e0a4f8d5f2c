import numpy as np
import pytest

from mnist_app.core.recognition.segmentation.network import HEIGHT, evened, shipped
from tests.support import photos

# Two digits, 24 pixels high.
INK = photos.written("30", 40, 60)


def test_ink_votes_for_the_centre_of_its_own_character() -> None:
    votes = shipped().votes(INK)
    marks = INK > 0.5
    assert votes.belongs[marks].mean() > 0.95
    for side in (slice(0, 30), slice(30, 60)):
        places = np.argwhere(marks[:, side]) + np.array([0, side.start])
        centre = (places.min(axis=0) + places.max(axis=0)) / 2
        missed = np.hypot(*(votes.centres[:, side][marks[:, side]] - centre).T)
        assert np.median(missed) < 0.15 * HEIGHT


def test_a_rule_belongs_to_no_character() -> None:
    sheet = np.pad(INK, ((0, 10), (40, 40)))
    sheet[42:44] = 1
    votes = shipped().votes(sheet)
    assert votes.belongs[42:44].mean() < 0.1
    assert votes.belongs[:40][sheet[:40] > 0.5].mean() > 0.95


@pytest.mark.parametrize("shape", [(1, 1), (1, 70), (33, 8), (40, 61)])
def test_a_picture_may_have_any_size_and_be_empty(shape: tuple[int, int]) -> None:
    for level in (0.0, 1.0):
        votes = shipped().votes(np.full(shape, level))
        assert votes.belongs.shape == shape
        assert votes.centres.shape == (*shape, 2)
        assert np.isfinite(votes.centres).all()


def test_where_ink_stands_does_not_change_its_votes_much() -> None:
    here, there = shipped().votes(INK), shipped().votes(np.pad(INK, ((5, 0), (3, 0))))
    marks = INK > 0.5
    moved = there.centres[5:, 3:][marks] - here.centres[marks]
    np.testing.assert_allclose(np.median(moved, axis=0), (5, 3), atol=0.5)


def test_pale_lines_become_black_and_nothing_stays_nothing() -> None:
    assert evened(0.3 * INK).max() == 1
    np.testing.assert_array_equal(evened(np.zeros((3, 4))), np.zeros((3, 4)))
