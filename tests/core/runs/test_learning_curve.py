import itertools
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mnist_app.core.runs import learning_curve
from mnist_app.core.runs.learning_curve import FIRST_STEPS, GrowingCurve
from mnist_app.core.runs.progress import Point

MOST = 8


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learning_curve, "CURVE_POINTS", MOST)


@given(st.integers(1, 40), st.integers(1, 5), st.integers(0, 3), st.randoms())
@settings(deadline=None)
def test_a_curve_stays_short_and_each_point_is_the_mean_since_the_one_before(
    steps: int, epochs: int, whole: int, chance: Random
) -> None:
    """Also when it goes on after a break at the end of an epoch."""
    losses = [chance.uniform(0, 9) for _ in range(steps * epochs)]
    curve = GrowingCurve(steps, epochs)
    for done, loss in enumerate(losses, start=1):
        curve.add(loss, 0.5, 0.01)
        points = curve.points
        assert points[-1].epoch == pytest.approx(done / steps)
        assert len(points) <= MOST + FIRST_STEPS + done // steps + 1
        if done == whole * steps:
            curve = GrowingCurve(steps, epochs, points)
    ends = [0, *(round(point.epoch * steps) for point in points)]
    assert set(range(steps, len(losses) + 1, steps)) <= set(ends)
    for point, (since, end) in zip(points, itertools.pairwise(ends), strict=True):
        assert point.loss == pytest.approx(np.mean(losses[since:end]), abs=1e-9)


def test_each_of_the_first_steps_has_a_point_however_long_the_run() -> None:
    curve = GrowingCurve(1000, 100)
    for loss in range(FIRST_STEPS):
        curve.add(loss, 0.5, 0.01)
        assert [point.loss for point in curve.points] == list(range(loss + 1))


def test_points_are_chosen_evenly_and_keep_their_ends() -> None:
    many = tuple(Point(number, 1, 0) for number in range(5000))
    few = learning_curve.sampled(many, 100)
    assert len(set(few)) == 100
    assert (few[0], few[-1]) == (many[0], many[-1])
    gaps = {round(after.epoch - before.epoch) for before, after in itertools.pairwise(few)}
    assert gaps <= {50, 51}
    assert learning_curve.sampled(few, 100) == few
