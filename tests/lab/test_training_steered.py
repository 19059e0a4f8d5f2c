import itertools
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from samples import accuracy, quick

from mnist_app import checkpoints
from mnist_app.datasets import Dataset
from mnist_app.errors import DigitLabError
from mnist_app.lab.feeding import split
from mnist_app.lab.keras_classifier import KerasClassifier
from mnist_app.lab.training import train
from mnist_app.lab.watching import judge
from mnist_app.progress import Progress
from mnist_app.settings import SCHEDULES
from mnist_app.steering import Steering


class Steered(Steering):
    """Acts by itself before the step of that number."""

    def __init__(self, step: int, act: Callable[[Steering], None]) -> None:
        super().__init__()
        self._left = step
        self._act = act

    @property
    def is_paused(self) -> bool:
        self._left -= 1
        if self._left == 0:
            self._act(self)
        return super().is_paused


def test_told_to_stop_it_stops_within_two_seconds_and_keeps_what_it_learned(
    dataset: Dataset,
) -> None:
    steering = Steering()
    told: list[float] = []

    def report(progress: Progress) -> None:
        if progress.epoch > 4 and not steering.should_stop():
            steering.stop()
            told.append(time.perf_counter())

    result = train(quick(epochs=100), dataset, report, steering)
    assert time.perf_counter() - told[0] < 2
    assert result.stopped
    assert result.progress.share < 1
    assert accuracy(result.model, dataset) > 0.8


def test_stopped_at_once_there_is_still_a_network(dataset: Dataset) -> None:
    steering = Steering()
    steering.stop()
    result = train(quick(), dataset, steering=steering)
    assert result.stopped
    assert result.progress.step == 1
    assert len(accuracy_of_nothing(result.model)) == 10


def accuracy_of_nothing(model: Any) -> np.ndarray:
    return KerasClassifier(model).probabilities(np.zeros((1, 28, 28), dtype=np.uint8))[0]


def test_it_also_stops_while_it_validates(dataset: Dataset) -> None:
    class StopAfter(Steering):
        asked = itertools.count()

        def should_stop(self) -> bool:
            return next(self.asked) >= steps

    config = quick(validation_share=0.5, batch_size=8)
    steps = 200 // 8
    result = train(config, dataset, steering=StopAfter())
    assert result.stopped
    assert result.progress.validation == ()


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_the_learning_rate_can_be_multiplied_while_it_learns(
    schedule: str, dataset: Dataset
) -> None:
    config = quick(schedule=schedule, epochs=2)
    steering = Steered(12, lambda steering: steering.scale_learning_rate(0.25))
    plain = train(config, dataset).progress.training
    slowed = train(config, dataset, steering=steering).progress.training
    factors = [1.0] * 12 + [0.25] * 10
    wanted = [point.learning_rate * f for point, f in zip(plain, factors, strict=True)]
    assert [point.learning_rate for point in slowed] == pytest.approx(wanted)


def test_a_paused_run_waits_and_then_ends_as_if_it_had_not(dataset: Dataset) -> None:
    seen: list[Progress] = []
    waits: list[float] = []

    class Patient(Steered):
        def wait_while_paused(self, seconds: float | None = None, factor: float = 1.0) -> None:
            super().wait_while_paused(0.3, factor)
            waits.append(0.3)
            self.resume()

    steering = Patient(5, lambda steering: steering.pause())
    paused = train(quick(), dataset, seen.append, steering)
    plain = train(quick(), dataset)
    assert waits == [0.3]
    assert [progress.step for progress in seen if progress.is_paused] == [5]
    assert not paused.progress.is_paused
    assert paused.seconds > 0.3
    np.testing.assert_allclose(
        paused.model.get_weights()[0], plain.model.get_weights()[0], atol=1e-5
    )


def test_a_paused_run_shows_the_learning_rate_that_it_will_go_on_with(dataset: Dataset) -> None:
    seen: list[float] = []

    def report(progress: Progress) -> None:
        if progress.is_paused:
            seen.append(progress.learning_rate)
            if len(seen) == 1:
                steering.scale_learning_rate(0.5)
            else:
                steering.resume()

    steering = Steered(5, Steering.pause)
    result = train(quick(learning_rate=0.002), dataset, report, steering)
    assert seen == pytest.approx([0.002, 0.001])
    assert result.progress.training[-1].learning_rate == pytest.approx(0.001)


def test_a_stopped_run_keeps_the_weights_of_its_best_validation(dataset: Dataset) -> None:
    """A learning rate that explodes in the second epoch makes it far too sure of itself."""

    def spoil(steering: Steering) -> None:
        steering.scale_learning_rate(1e4)

    class Spoilt(Steered):
        def should_stop(self) -> bool:
            return self._left < -15

    # Eleven steps an epoch: spoilt in the second, told to stop in the third.
    config = quick(epochs=9, label_smoothing=0.1)
    result = train(config, dataset, steering=Spoilt(12, spoil))
    assert result.stopped
    first, *others = result.progress.validation
    assert [point.epoch for point in result.progress.validation] == [
        1,
        2,
        pytest.approx(2 + 6 / 11),
    ]
    assert all(point.loss > first.loss for point in others)
    parts = split(dataset, config)
    answers = KerasClassifier(result.model).probabilities(parts.validation_images)
    found = judge(answers, parts.validation_labels, parts.validation_indices, 0.1)
    assert found.loss == pytest.approx(result.progress.validation[0].loss, rel=1e-3)


def test_a_stopped_run_keeps_its_last_weights_if_they_are_better(dataset: Dataset) -> None:
    """Early on, averaged weights read far worse than those they are averaged from."""
    config = quick(epochs=9, averaging=1.0, learning_rate=0.01)
    steering = Steered(15, Steering.stop)
    result = train(config, dataset, steering=steering)
    assert result.stopped
    first, last = result.progress.validation
    assert last.loss < first.loss
    parts = split(dataset, config)
    answers = KerasClassifier(result.model).probabilities(parts.validation_images)
    found = judge(answers, parts.validation_labels, parts.validation_indices, 0.0)
    assert found.accuracy == pytest.approx(last.accuracy)


@pytest.mark.parametrize("step", [5, 11, 14])
@pytest.mark.parametrize(
    "values",
    [
        {"architecture": "keras_example", "schedule": "cosine", "rotation": 5.0},
        {"optimizer": "adamw", "plateau": 1, "weight_decay": 0.01, "dropout": 0.3},
        {"averaging": 0.5},
    ],
    ids=["keras_example", "dense", "average"],
)
def test_a_run_that_was_broken_off_ends_as_if_it_had_not(
    values: dict[str, Any], step: int, dataset: Dataset, tmp_path: Path
) -> None:
    config = quick(**{"epochs": 3, "learning_rate": 0.003, **values})
    whole = train(config, dataset, drawing=dataset.test_images[0])
    steering = Steered(step, Steering.stop)
    part = train(config, dataset, steering=steering, checkpoint_folder=tmp_path)
    assert part.stopped
    assert part.progress.share < 0.5
    rest = train(config, dataset, resume_from=tmp_path, drawing=dataset.test_images[0])
    assert rest.progress.share == 1
    assert rest.progress.seconds > part.progress.seconds
    for one, other in zip(whole.model.get_weights(), rest.model.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, atol=2e-4)
    losses = [[point.loss for point in run.progress.validation] for run in (whole, rest)]
    assert losses[0] == pytest.approx(losses[1], abs=1e-3)
    epochs = [[point.epoch for point in run.progress.training] for run in (whole, rest)]
    assert epochs[0] == epochs[1]


def test_a_run_goes_on_from_its_last_whole_epoch(dataset: Dataset, tmp_path: Path) -> None:
    """As after a crash: nobody told it to stop."""
    config = quick(epochs=3)

    def crash(steering: Steering) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        train(config, dataset, steering=Steered(17, crash), checkpoint_folder=tmp_path)
    rest = train(config, dataset, resume_from=tmp_path, checkpoint_folder=tmp_path)
    whole = train(config, dataset)
    np.testing.assert_allclose(whole.model.get_weights()[0], rest.model.get_weights()[0], atol=2e-4)
    # What is over stays as it is.
    again = train(config, dataset, resume_from=tmp_path)
    np.testing.assert_array_equal(again.model.get_weights()[0], rest.model.get_weights()[0])
    assert again.progress.validation == rest.progress.validation


def test_a_checkpoint_of_another_run_is_refused(dataset: Dataset, tmp_path: Path) -> None:
    train(quick(), dataset, checkpoint_folder=tmp_path)
    with pytest.raises(DigitLabError, match="other settings"):
        train(quick(seed=9), dataset, resume_from=tmp_path)
    with pytest.raises(DigitLabError, match="no checkpoint"):
        train(quick(), dataset, resume_from=tmp_path / "nowhere")


def test_a_checkpoint_of_other_pictures_is_refused(dataset: Dataset, tmp_path: Path) -> None:
    train(quick(), dataset, checkpoint_folder=tmp_path)
    more = dataset.test_images, dataset.test_labels
    with pytest.raises(DigitLabError, match="other settings or pictures"):
        train(quick(), dataset, lambda progress: None, None, *more, resume_from=tmp_path)


def test_the_limit_of_a_host_is_for_a_run_with_all_its_breaks(
    dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steering = Steered(5, Steering.stop)
    part = train(quick(epochs=9), dataset, steering=steering, checkpoint_folder=tmp_path).progress
    monkeypatch.setenv("MNIST_APP_MAX_MINUTES", str(part.seconds / 60))
    rest = train(quick(epochs=9), dataset, resume_from=tmp_path).progress
    assert "on this host" in rest.remark
    assert rest.step == part.step + 1
    assert (part.is_used_up, rest.is_used_up) == (False, True)


def test_time_counts_with_pauses_but_not_with_breaks(dataset: Dataset, tmp_path: Path) -> None:
    class Patient(Steered):
        def wait_while_paused(self, seconds: float | None = None, factor: float = 1.0) -> None:
            super().wait_while_paused(0.5, factor)
            self.resume()
            self.stop()

    begun = time.monotonic()
    first = Patient(5, Steering.pause)
    train(quick(epochs=9), dataset, steering=first, checkpoint_folder=tmp_path)
    then, paused = time.monotonic(), checkpoints.load(tmp_path)[0]
    assert paused.seconds + 0.5 < paused.elapsed < then - begun
    second = Steered(3, Steering.stop)
    train(
        quick(epochs=9), dataset, steering=second, checkpoint_folder=tmp_path, resume_from=tmp_path
    )
    went_on = checkpoints.load(tmp_path)[0]
    assert paused.elapsed < went_on.elapsed < paused.elapsed + time.monotonic() - then


def test_a_host_can_limit_the_time_of_a_run(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MNIST_APP_MAX_MINUTES", "0.02")
    # A paused run does not last longer.
    result = train(quick(epochs=100), dataset, steering=Steered(3, Steering.pause))
    assert result.stopped
    assert result.seconds < 10
    assert result.progress.remark.startswith("A run may last 0.02 minutes on this host")
