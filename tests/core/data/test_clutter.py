import numpy as np
import pytest

from mnist_app.core.data import clutter
from mnist_app.core.data.clutter import letter

HEIGHT = 24.0
# Of one line: its foot, its left and its right end.
LINES = [(38.0, 20.0, 120.0)]
SHAPE = (60, 160)


def around(seed: int) -> np.ndarray:
    ink = np.zeros(SHAPE, np.float32)
    ink[14:38, 20:120] = 1
    return clutter.clutter(ink, LINES, HEIGHT, np.random.default_rng(seed))


@pytest.mark.parametrize("kind", clutter.LINES)
def test_each_kind_of_line_goes_along_the_digits(
    monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(clutter, "LINES", {kind: 1.0})
    monkeypatch.setattr(clutter, "SPECKS", 0)
    for seed in range(10):
        drawn = around(seed)
        assert drawn.shape == SHAPE
        assert 0 < drawn.max() <= 1
        columns = np.flatnonzero(drawn.any(axis=0))
        assert np.ptp(columns) > 0.8 * 100


def test_specks_keep_away_from_ink(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clutter, "LINES", {})
    monkeypatch.setattr(clutter, "SPECKS", 1)
    drawn = [around(seed) for seed in range(30)]
    assert any(one.any() for one in drawn)
    assert not any(one[13:39, 19:121].any() for one in drawn)


def test_often_there_is_nothing() -> None:
    fraction = np.mean([not around(seed).any() for seed in range(100)])
    assert 0.2 < fraction < 0.9


def test_the_same_seed_draws_the_same() -> None:
    for seed in range(10):
        np.testing.assert_array_equal(around(seed), around(seed))


def test_a_letter_is_about_as_high_as_asked() -> None:
    for seed in range(10):
        ink = letter(HEIGHT, np.random.default_rng(seed))
        rows = np.flatnonzero((ink > 0.3).any(axis=1))
        assert 0.4 * HEIGHT < np.ptp(rows) < 1.8 * HEIGHT
