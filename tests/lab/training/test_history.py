import json
from dataclasses import replace

import pytest

from mnist_app.core.runs.progress import HardPicture, Point
from mnist_app.core.settings import TrainingConfig
from mnist_app.lab.training.history import ENOUGH_STEPS, History
from mnist_app.lab.training.monitor import Validation

CONFIG = TrainingConfig(epochs=4, batch_size=50, learning_rate=0.01)


def test_at_first_nothing_is_known() -> None:
    first = History(CONFIG, 10).progress()
    assert (first.epoch, first.step, first.fraction) == (1, 0, 0)
    assert (first.images_per_second, first.seconds_left) == (0, None)
    assert first.learning_rate == 0.01


def test_a_run_stands_where_its_steps_have_brought_it() -> None:
    history = History(CONFIG, 10, epoch=1, step=5, seconds=3.0)
    seen = history.progress()
    assert (seen.epoch, seen.step, seen.steps, seen.epochs) == (2, 5, 10, 4)
    assert (history.steps_done, history.epochs_done) == (15, 1.5)
    history.add_step(0.5, 0.9, 0.2)
    assert history.progress().seconds == pytest.approx(3.2)
    assert not seen.training, "what was seen stays as it was"


def test_speed_leaves_compiling_out_and_the_time_left_waits_for_enough_steps() -> None:
    history = History(CONFIG, 100)
    history.add_step(0.5, 0.9, 20.0)
    assert (history.progress().images_per_second, history.progress().seconds_left) == (0, None)
    for _ in range(ENOUGH_STEPS - 1):
        history.add_step(0.5, 0.9, 0.1)
    assert history.progress().images_per_second == pytest.approx(50 / 0.1)
    assert history.progress().seconds_left is None
    history.add_step(0.5, 0.9, 0.1)
    left = 4 * 100 - ENOUGH_STEPS - 1
    assert history.progress().seconds_left == pytest.approx(left * 0.1)


def test_between_two_epochs_it_stands_at_the_end_of_the_first() -> None:
    seen = History(CONFIG, 10, epoch=1).progress()
    assert (seen.epoch, seen.step) == (1, 10)


def test_the_learning_rate_is_of_the_next_step_and_multiplied() -> None:
    config = TrainingConfig(epochs=4, schedule="cosine", learning_rate=0.01)
    # It has risen after a tenth of the run.
    history = History(config, 10, step=4)
    assert history.learning_rate == pytest.approx(0.01)
    history.change_learning_rate(0.5)
    assert history.learning_rate == pytest.approx(0.005)
    assert history.progress().rate_changes == ((4, 0.5),)


def test_it_is_made_anew_from_json() -> None:
    history = History(CONFIG, 2, seconds=1.5, elapsed=2.5)
    for loss in (2.0, 1.0):
        history.add_step(loss, 0.5, 0.25)
    hardest = (HardPicture(7, 1, 2, 3.5),)
    history.add_validation(Validation(1.5, 0.75, (0.5, float("nan")), hardest))
    history.add_opinion((0.25, 0.75))
    history.change_learning_rate(0.5)
    history.end_epoch()
    figures = json.loads(json.dumps(history.as_dict()))
    again = History.from_dict(figures, CONFIG, 2)
    # It measures its own speed anew.
    seen, before = again.progress(), history.progress()
    assert str(replace(seen, images_per_second=before.images_per_second)) == str(before)
    assert again.elapsed == 2.5
    assert again.training.points == (Point(0.5, 2.0, 0.5, 0.01), Point(1.0, 1.0, 0.5, 0.01))
    for one in (history, again):
        one.add_step(0.5, 1.0, 0.25)
    assert again.training.points == history.training.points
