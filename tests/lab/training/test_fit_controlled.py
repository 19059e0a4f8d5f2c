import time
from typing import Any

import numpy as np
import pytest

from mnist_app.core.data.datasets import Dataset
from mnist_app.core.jobs.run_control import RunControl
from mnist_app.core.runs.progress import Progress
from mnist_app.lab.networks.keras_classifier import KerasClassifier
from mnist_app.lab.training import run_callback
from mnist_app.lab.training.fit import train
from mnist_app.lab.training.input_pipeline import split
from mnist_app.lab.training.monitor import Validation, validate
from tests.support.controlled_runs import ControlledAt, Told
from tests.support.samples import accuracy, quick


def test_told_to_stop_it_stops_and_keeps_what_it_learned(dataset: Dataset) -> None:
    result = train(quick(epochs=100), dataset, control=ControlledAt(50, RunControl.stop))
    assert result.stopped
    assert (result.progress.epoch, result.progress.step) == (5, 50 - 4 * 11)
    assert accuracy(result.model, dataset) > 0.8


def test_stopped_at_once_there_is_still_a_network(dataset: Dataset) -> None:
    control = RunControl()
    control.stop()
    result = train(quick(), dataset, control=control)
    assert result.stopped
    assert result.progress.step == 1
    assert 0 <= accuracy(result.model, dataset) <= 1


def stopped_while_validating(monkeypatch: pytest.MonkeyPatch) -> RunControl:
    """Return a control that stops its run while an epoch is validated."""
    control = RunControl()

    def validate_and_stop(*args: Any) -> Validation:
        control.stop()
        return validate(*args)

    monkeypatch.setattr(run_callback, "validate", validate_and_stop)
    return control


def test_an_epoch_that_is_validated_when_it_is_told_to_stop_counts(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    control = stopped_while_validating(monkeypatch)
    told = Told()
    result = train(quick(epochs=3), dataset, told, control, keeps_checkpoints=True)
    assert result.stopped
    assert [point.epoch for point in result.progress.validation] == [1]
    assert told.checkpoint.epoch == 1
    monkeypatch.undo()
    wanted = train(quick(epochs=1), dataset).model.get_weights()
    for mine, other in zip(result.model.get_weights(), wanted, strict=True):
        np.testing.assert_allclose(mine, other, atol=1e-5)


def test_a_stop_in_the_last_validation_changes_nothing(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    control = stopped_while_validating(monkeypatch)
    result = train(quick(epochs=1), dataset, control=control)
    assert not result.stopped
    assert not result.progress.remark


def test_the_learning_rate_follows_its_schedule_and_can_be_multiplied(dataset: Dataset) -> None:
    config = quick(schedule="one_cycle", epochs=2)
    control = ControlledAt(12, lambda control: control.scale_learning_rate(0.25))
    plain = [point.learning_rate for point in train(config, dataset).progress.training]
    slowed = train(config, dataset, control=control).progress.training
    assert plain[0] < max(plain) > plain[-1]
    assert max(plain) == pytest.approx(config.learning_rate, rel=0.01)
    factors = [1.0] * 12 + [0.25] * 10
    wanted = [rate * factor for rate, factor in zip(plain, factors, strict=True)]
    assert [point.learning_rate for point in slowed] == pytest.approx(wanted)


def test_a_paused_run_waits_and_then_ends_as_if_it_had_not(dataset: Dataset) -> None:
    seen: list[Progress] = []
    waits: list[float] = []

    class Patient(ControlledAt):
        def wait_while_paused(self, seconds: float | None = None, factor: float = 1.0) -> None:
            super().wait_while_paused(0.3, factor)
            waits.append(0.3)
            self.resume()

    control = Patient(5, lambda control: control.pause())
    paused = train(quick(), dataset, seen.append, control)
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
                control.scale_learning_rate(0.5)
            else:
                control.resume()

    control = ControlledAt(5, RunControl.pause)
    result = train(quick(learning_rate=0.002), dataset, report, control)
    assert seen == pytest.approx([0.002, 0.001])
    assert result.progress.training[-1].learning_rate == pytest.approx(0.001)


def test_a_stopped_run_keeps_the_weights_of_its_best_validation(dataset: Dataset) -> None:
    """A learning rate that explodes in the second epoch makes it far too sure of itself."""

    def spoil(control: RunControl) -> None:
        control.scale_learning_rate(1e4)

    class Spoilt(ControlledAt):
        def should_stop(self) -> bool:
            return self._left < -15

    # Eleven steps an epoch: spoilt in the second, told to stop in the third.
    config = quick(epochs=9, label_smoothing=0.1)
    result = train(config, dataset, control=Spoilt(12, spoil))
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
    found = validate(answers, parts.validation_labels, parts.validation_indices, 0.1)
    assert found.loss == pytest.approx(result.progress.validation[0].loss, rel=1e-3)


def test_a_stopped_run_keeps_its_last_weights_if_they_are_better(dataset: Dataset) -> None:
    """Early on, averaged weights read far worse than those they are averaged from."""
    config = quick(epochs=9, averaging=1.0, learning_rate=0.01)
    control = ControlledAt(15, RunControl.stop)
    result = train(config, dataset, control=control)
    assert result.stopped
    first, last = result.progress.validation
    assert last.loss < first.loss
    parts = split(dataset, config)
    answers = KerasClassifier(result.model).probabilities(parts.validation_images)
    found = validate(answers, parts.validation_labels, parts.validation_indices, 0.0)
    assert found.accuracy == pytest.approx(last.accuracy)


def test_the_limit_of_a_host_is_for_a_run_with_all_its_breaks(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    told, control = Told(), ControlledAt(11, RunControl.stop)
    part = train(quick(epochs=9), dataset, told, control, keeps_checkpoints=True).progress
    monkeypatch.setenv("MNIST_APP_MAX_MINUTES", str(part.seconds / 60))
    rest = train(quick(epochs=9), dataset, checkpoint=told.checkpoint).progress
    assert "The time limit here is" in rest.remark
    assert (rest.epoch, rest.step) == (2, 1)
    assert (part.is_used_up, rest.is_used_up) == (False, True)


def test_time_counts_with_pauses_but_not_with_breaks(dataset: Dataset) -> None:
    class Patient(ControlledAt):
        def wait_while_paused(self, seconds: float | None = None, factor: float = 1.0) -> None:
            super().wait_while_paused(0.5, factor)
            self.resume()
            self.stop()

    begun = time.monotonic()
    told = Told()
    train(quick(epochs=9), dataset, told, Patient(11, RunControl.pause), keeps_checkpoints=True)
    then, paused = time.monotonic(), told.checkpoint
    figures = paused.facts["history"]
    assert figures["seconds"] + 0.5 < figures["elapsed"] < then - begun
    second = ControlledAt(11, RunControl.stop)
    train(quick(epochs=9), dataset, told, second, checkpoint=paused, keeps_checkpoints=True)
    went_on = told.checkpoint.facts["history"]["elapsed"]
    assert told.checkpoint.epoch == 2
    assert figures["elapsed"] < went_on < figures["elapsed"] + time.monotonic() - then


def test_a_host_can_limit_the_time_of_a_run(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MNIST_APP_MAX_MINUTES", "0.02")
    # A paused run does not last longer.
    result = train(quick(epochs=100), dataset, control=ControlledAt(3, RunControl.pause))
    assert result.stopped
    assert result.progress.epoch == 1
    assert result.progress.remark.startswith("The time limit here is 0.02 minutes")
