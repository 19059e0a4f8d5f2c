import itertools
from pathlib import Path

import pytest

from mnist_app import checkpoints, learning_curve
from mnist_app.lab.standing import Standing
from mnist_app.learning_curve import has_point, interval, thinned
from mnist_app.progress import Point
from mnist_app.settings import TrainingConfig

CONFIG = TrainingConfig(epochs=3)
STEPS = 27


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learning_curve, "CURVE_POINTS", 8)


def run(standing: Standing, until: int) -> Standing:
    """Each step's loss is its number, so that means can be told."""
    while (done := standing.steps_done(STEPS)) < until:
        if standing.step == STEPS:
            standing.epoch, standing.step = standing.epoch + 1, 0
        standing.learned(done + 1, 1 / (done + 1), CONFIG, STEPS)
    return standing


def test_points_come_each_step_at_first_and_then_at_powers_of_two() -> None:
    assert [interval(done) for done in (0, 8, 9, 17, 18, 36)] == [1, 1, 2, 2, 4, 8]
    assert has_point(8, STEPS)
    assert not has_point(9, STEPS)
    assert has_point(STEPS, STEPS), "an epoch's end always has one"


def test_the_curve_stays_short_and_its_tip_is_of_the_newest_step() -> None:
    standing = Standing()
    for done in range(1, 3 * STEPS + 1):
        seen = run(standing, done).progress(CONFIG, STEPS).training
        assert seen[-1].epoch == pytest.approx(done / STEPS)
        assert len(standing.training) <= 8 + done // STEPS
    ends = {point.epoch for point in standing.training}
    assert {1.0, 2.0, 3.0} <= ends
    assert 5 / STEPS not in ends


def test_each_point_is_the_mean_since_the_one_before() -> None:
    before = 0
    for point in run(Standing(), 50).progress(CONFIG, STEPS).training:
        step = round(point.epoch * STEPS)
        assert point.loss == pytest.approx((before + 1 + step) / 2)
        before = step
    assert before == 50


@pytest.mark.parametrize("broken_off", [5, 13, STEPS, 45])
def test_a_curve_that_was_broken_off_ends_as_if_it_had_not(broken_off: int, tmp_path: Path) -> None:
    checkpoints.save(run(Standing(), broken_off), {}, tmp_path)
    rest = run(checkpoints.load(tmp_path)[0], 70)
    assert rest.training == run(Standing(), 70).training


def test_points_of_another_grid_are_left_out() -> None:
    """As in a checkpoint of an earlier version."""
    points = [Point(step / STEPS, 1.0, 0.5) for step in (3, 6, 9, 12)]
    assert [round(point.epoch * STEPS) for point in thinned(points, 18, STEPS)] == [12]


def test_points_are_chosen_evenly_and_keep_their_ends() -> None:
    many = tuple(Point(number, 1, 0) for number in range(5000))
    few = learning_curve.chosen(many, 100)
    assert len(set(few)) == 100
    assert (few[0], few[-1]) == (many[0], many[-1])
    gaps = {round(after.epoch - before.epoch) for before, after in itertools.pairwise(few)}
    assert gaps <= {50, 51}
    assert learning_curve.chosen(few, 100) == few
