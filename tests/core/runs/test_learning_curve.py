import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mnist_app.core.runs import learning_curve
from mnist_app.core.runs.learning_curve import GrowingCurve, has_point, interval, thinned
from mnist_app.core.runs.progress import Point

MOST = 8


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learning_curve, "CURVE_POINTS", MOST)


def test_points_come_each_step_at_first_and_then_at_powers_of_two() -> None:
    assert [interval(done) for done in (0, 8, 9, 17, 18, 36)] == [1, 1, 2, 2, 4, 8]
    assert has_point(8, steps=27)
    assert not has_point(9, steps=27)
    assert has_point(27, steps=27), "an epoch's end always has one"


@given(st.integers(1, 40), st.lists(st.floats(0, 9), min_size=1, max_size=150), st.integers(0, 3))
@settings(deadline=None)
def test_a_curve_stays_short_and_each_point_is_the_mean_since_the_one_before(
    steps: int, losses: list[float], whole: int
) -> None:
    """Also when it goes on after a break at the end of an epoch."""
    curve = GrowingCurve(steps)
    for done, loss in enumerate(losses, start=1):
        curve.add(loss, 0.5, 0.01)
        points = curve.points
        assert points[-1].epoch == pytest.approx(done / steps)
        assert len(points) <= MOST + done // steps + 1
        if done == whole * steps:
            curve = GrowingCurve(steps, points)
    ends = [0, *(round(point.epoch * steps) for point in points)]
    assert set(range(steps, len(losses) + 1, steps)) <= set(ends)
    for point, (since, end) in zip(points, itertools.pairwise(ends), strict=True):
        assert point.loss == pytest.approx(np.mean(losses[since:end]), abs=1e-9)


def test_points_of_another_grid_are_left_out() -> None:
    """As in a checkpoint of an earlier version."""
    points = [Point(step / 27, 1.0, 0.5) for step in (3, 6, 9, 12)]
    assert [round(point.epoch * 27) for point in thinned(points, 18, 27)] == [12]


def test_points_are_chosen_evenly_and_keep_their_ends() -> None:
    many = tuple(Point(number, 1, 0) for number in range(5000))
    few = learning_curve.sampled(many, 100)
    assert len(set(few)) == 100
    assert (few[0], few[-1]) == (many[0], many[-1])
    gaps = {round(after.epoch - before.epoch) for before, after in itertools.pairwise(few)}
    assert gaps <= {50, 51}
    assert learning_curve.sampled(few, 100) == few
