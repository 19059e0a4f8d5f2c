import itertools

import pytest

from mnist_app.core.runs import learning_curve
from mnist_app.core.runs.learning_curve import GrowingCurve, has_point, interval, thinned
from mnist_app.core.runs.progress import Point

STEPS = 27


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learning_curve, "CURVE_POINTS", 8)


def grown(until: int, curve: GrowingCurve | None = None, since: int = 0) -> GrowingCurve:
    """Each step's loss is its number, so that means can be told."""
    curve = curve or GrowingCurve(STEPS)
    for step in range(since + 1, until + 1):
        curve.add(step, 1 / step, 0.01)
    return curve


def test_points_come_each_step_at_first_and_then_at_powers_of_two() -> None:
    assert [interval(done) for done in (0, 8, 9, 17, 18, 36)] == [1, 1, 2, 2, 4, 8]
    assert has_point(8, STEPS)
    assert not has_point(9, STEPS)
    assert has_point(STEPS, STEPS), "an epoch's end always has one"


def test_the_curve_stays_short_and_its_tip_is_of_the_newest_step() -> None:
    curve = GrowingCurve(STEPS)
    for done in range(1, 3 * STEPS + 1):
        points = grown(done, curve, since=done - 1).points
        assert points[-1].epoch == pytest.approx(done / STEPS)
        assert len(points) <= 8 + done // STEPS + 1
    ends = {point.epoch for point in curve.points}
    assert {1.0, 2.0, 3.0} <= ends
    assert 5 / STEPS not in ends


def test_each_point_is_the_mean_since_the_one_before() -> None:
    before = 0
    for point in grown(50).points:
        step = round(point.epoch * STEPS)
        assert point.loss == pytest.approx((before + 1 + step) / 2)
        before = step
    assert before == 50


@pytest.mark.parametrize("epochs", [1, 2])
def test_a_curve_that_goes_on_after_an_epoch_ends_as_if_there_were_no_break(epochs: int) -> None:
    done = epochs * STEPS
    again = GrowingCurve(STEPS, grown(done).points)
    assert grown(70, again, since=done).points == grown(70).points


def test_points_of_another_grid_are_left_out() -> None:
    """As in a checkpoint of an earlier version."""
    points = [Point(step / STEPS, 1.0, 0.5) for step in (3, 6, 9, 12)]
    assert [round(point.epoch * STEPS) for point in thinned(points, 18, STEPS)] == [12]


def test_points_are_chosen_evenly_and_keep_their_ends() -> None:
    many = tuple(Point(number, 1, 0) for number in range(5000))
    few = learning_curve.sampled(many, 100)
    assert len(set(few)) == 100
    assert (few[0], few[-1]) == (many[0], many[-1])
    gaps = {round(after.epoch - before.epoch) for before, after in itertools.pairwise(few)}
    assert gaps <= {50, 51}
    assert learning_curve.sampled(few, 100) == few
