import numpy as np
import pytest

from mnist_app.lab.standing import PLATEAU_FACTOR, Standing
from mnist_app.progress import Point
from mnist_app.settings import TrainingConfig

CONFIG = TrainingConfig(epochs=4, batch_size=50, learning_rate=0.01)


def test_at_first_nothing_is_known() -> None:
    first = Standing().progress(CONFIG, 10)
    assert (first.epoch, first.step, first.share) == (1, 0, 0)
    assert (first.images_per_second, first.seconds_left) == (0, None)
    assert first.learning_rate == 0.01


def test_speed_and_time_left_follow_from_what_is_done() -> None:
    now = Standing(epoch=1, step=5, seconds=3.0, training=[Point(1.5, 0.5, 0.9)])
    seen = now.progress(CONFIG, 10)
    assert (seen.epoch, seen.step, seen.steps, seen.epochs) == (2, 5, 10, 4)
    assert seen.images_per_second == pytest.approx(15 * 50 / 3)
    assert seen.seconds_left == pytest.approx(3.0 / 15 * 25)
    assert (now.steps_done(10), now.epochs_done(10)) == (15, 1.5)
    now.training.append(Point(1.6, 0.4, 0.9))
    assert len(seen.training) == 1, "what was seen stays as it was"


def test_between_two_epochs_it_stands_at_the_end_of_the_first() -> None:
    seen = Standing(epoch=1).progress(CONFIG, 10)
    assert (seen.epoch, seen.step) == (1, 10)


def test_the_learning_rate_is_of_the_next_step_and_multiplied() -> None:
    config = TrainingConfig(epochs=4, schedule="cosine", learning_rate=0.01)
    # It has risen after a tenth of the run.
    assert Standing(step=4).learning_rate(config, 10) == pytest.approx(0.01)
    slowed = Standing(step=4, learning_rate_factor=0.5)
    assert slowed.learning_rate(config, 10) == pytest.approx(0.005)


def test_the_best_weights_are_kept_and_the_others_counted() -> None:
    weights = [[np.full(2, number)] for number in range(4)]
    standing = Standing()
    for loss, learned in zip((0.5, 0.3, 0.4, 0.35), weights, strict=True):
        standing.compare(loss, learned, CONFIG)
    assert (standing.best_loss, standing.best) == (0.3, weights[1])
    assert standing.epochs_since_best == 2


@pytest.mark.parametrize(("schedule", "factor"), [("constant", PLATEAU_FACTOR), ("cosine", 1.0)])
def test_a_plateau_lowers_a_learning_rate_that_nothing_else_decides(
    schedule: str, factor: float
) -> None:
    standing = Standing()
    for loss in (0.5, 0.6, 0.6):
        standing.compare(loss, [], TrainingConfig(plateau=2, schedule=schedule))
    assert standing.learning_rate_factor == factor
