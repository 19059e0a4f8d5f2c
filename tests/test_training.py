import itertools
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from samples import blocks

from mnist_app import training
from mnist_app.classifier import Classifier, as_network_input
from mnist_app.datasets import Dataset
from mnist_app.errors import DigitLabError
from mnist_app.evaluation import evaluate
from mnist_app.feeding import split
from mnist_app.progress import Progress
from mnist_app.settings import OPTIMIZERS, SCHEDULES, TrainingConfig
from mnist_app.steering import Steering
from mnist_app.training import train
from mnist_app.watching import judge

QUICK = {"architecture": "dense", "batch_size": 32, "learning_rate": 0.01}


def quick(**values: Any) -> TrainingConfig:
    return TrainingConfig(**{**QUICK, **values})


def accuracy(model: Any, dataset: Dataset) -> float:
    return evaluate(Classifier(model), dataset.test_images, dataset.test_labels).accuracy


def test_too_few_pictures_are_refused_before_anything_is_built(dataset: Dataset) -> None:
    with pytest.raises(DigitLabError, match="fewer than one batch"):
        train(TrainingConfig(limit=50, batch_size=128), dataset)


@pytest.mark.parametrize("architecture", ["dense", "simple_cnn"])
def test_a_network_learns(architecture: str, dataset: Dataset) -> None:
    result = train(quick(architecture=architecture, epochs=4), dataset)
    assert not result.stopped
    assert accuracy(result.model, dataset) > 0.9
    assert result.progress.training[-1].loss < result.progress.training[0].loss


@pytest.mark.parametrize(
    "values",
    [
        *({"schedule": schedule} for schedule in SCHEDULES),
        {"flip": 0.5},
        {"dropout": 0.5},
        {"architecture": "custom", "layers": "conv 4 5, pool, dense 32"},
        {"label_smoothing": 0.1},
        {"rotation": 10.0, "shift": 1.0, "elastic": 1.0, "thickness": 0.5},
        {"plateau": 1, "epochs": 3},
        {"validation_share": 0.0},
        {"schedule": "cosine", "plateau": 1},
    ],
    ids=lambda values: "+".join(values),
)
def test_every_kind_of_run_ends_with_a_network_that_answers(
    values: dict[str, Any], dataset: Dataset
) -> None:
    result = train(quick(**values), dataset)
    answers = Classifier(result.model).probabilities(dataset.test_images)
    assert np.isfinite(answers).all()


def test_progress_only_grows_and_ends_whole(dataset: Dataset) -> None:
    seen: list[Progress] = []
    result = train(quick(epochs=2), dataset, report=seen.append)
    shares = [progress.share for progress in seen]
    assert shares == sorted(shares)
    last = result.progress
    assert last == seen[-1]
    assert last.share == 1
    assert (last.epoch, last.epochs, last.step, last.steps) == (2, 2, 11, 11)
    assert last.seconds_left == pytest.approx(0)
    assert last.images_per_second > 0
    assert [point.epoch for point in last.validation] == [1, 2]
    epochs = [point.epoch for point in last.training]
    assert epochs == sorted(epochs)
    assert epochs[-1] == 2
    for point in (*last.training, *last.validation):
        assert point.loss >= 0
        assert 0 <= point.accuracy <= 1


def test_a_long_run_keeps_a_short_curve(dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "CURVE_POINTS", 5)
    result = train(quick(epochs=5, batch_size=8), dataset)
    assert len(result.progress.training) <= 10


def test_the_same_seed_repeats_the_run(dataset: Dataset) -> None:
    results = [train(quick(seed=seed, rotation=5.0, limit=96), dataset) for seed in (3, 3, 4)]
    first, again, other = (result.model.get_weights()[0] for result in results)
    np.testing.assert_allclose(first, again, atol=1e-5)
    assert np.abs(first - other).max() > 0.01


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
    return Classifier(model).probabilities(np.zeros((1, 28, 28), dtype=np.uint8))[0]


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


def _no_number(classes: int) -> Callable[[], Any]:
    def build(name: str, count: int, *_: Any) -> Any:
        from keras import Sequential, layers

        return Sequential(
            [
                layers.Input((28, 28, 1)),
                layers.Flatten(),
                layers.Dense(count, kernel_initializer="ones"),
                layers.Rescaling(float("inf")),
                layers.Softmax(),
            ]
        )

    return build  # type: ignore[return-value]


def test_a_run_that_diverges_says_what_to_do(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "build", _no_number(10))
    with pytest.raises(DigitLabError, match=r"diverged.*lower the learning rate"):
        train(quick(), dataset)


def test_early_stopping_ends_a_run_that_learns_nothing_more(dataset: Dataset) -> None:
    result = train(quick(epochs=60, early_stopping=1, learning_rate=0.1), dataset)
    assert not result.stopped
    assert result.progress.epoch < 60


def test_extra_pictures_are_learned_too(dataset: Dataset) -> None:
    """Without them nothing says that an inverted block is the same digit."""
    images, labels = blocks(400)
    inverted = Dataset(
        "mnist", dataset.class_names, images, labels, 255 - images, labels, source="made up"
    )
    config = quick(epochs=6)
    without = train(config, inverted)
    extra = train(config, inverted, extra_images=255 - images, extra_labels=labels)
    assert accuracy(extra.model, inverted) > accuracy(without.model, inverted) + 0.3
    assert extra.progress.steps == (360 + 400) // 32


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimiser_learns(dataset: Dataset, optimizer: str) -> None:
    rate = 0.1 if optimizer == "sgd" else 0.01
    config = quick(optimizer=optimizer, learning_rate=rate, weight_decay=0.01, epochs=3)
    assert accuracy(train(config, dataset).model, dataset) > 0.9


def test_weight_decay_makes_the_weights_smaller(dataset: Dataset) -> None:
    def size(decay: float) -> float:
        config = quick(optimizer="adamw", weight_decay=decay, epochs=5)
        return float(np.abs(train(config, dataset).model.get_weights()[0]).mean())

    assert size(0.5) < size(0.0)


def test_what_learned_in_few_bits_answers_exactly(dataset: Dataset) -> None:
    config = quick(architecture="residual_cnn", precision="mixed_bfloat16", epochs=4)
    model = train(config, dataset).model
    assert {layer.compute_dtype for layer in model.layers} == {"float32"}
    # So short a run has not settled its running means: it is asked by those of the batch.
    answers = np.asarray(model(as_network_input(dataset.test_images), training=True))
    assert (answers.argmax(axis=1) == dataset.test_labels).mean() > 0.9


def test_it_can_be_watched(dataset: Dataset) -> None:
    drawing = dataset.test_images[3]
    last = train(quick(epochs=4), dataset, drawing=drawing).progress
    assert last.view is not None
    np.testing.assert_array_equal(last.view.labels, dataset.test_labels[last.view.indices])
    assert (last.view.labels == last.view.predictions).mean() > 0.9
    assert last.view.filters.shape == (64, 28, 28)
    assert [len(opinion.probabilities) for opinion in last.opinions] == [10] * len(last.opinions)
    assert last.opinions[0].probabilities[3] < last.opinions[-1].probabilities[3]
    assert np.argmax(last.opinions[-1].probabilities) == 3


def test_it_need_not_be_watched(dataset: Dataset) -> None:
    last = train(quick(), dataset, watch=False, drawing=dataset.test_images[0]).progress
    assert (last.view, last.opinions) == (None, ())
    assert last.validation


def test_watching_changes_nothing(dataset: Dataset) -> None:
    config = quick(architecture="keras_example", rotation=5.0)
    seen, unseen = (train(config, dataset, watch=watch).model for watch in (True, False))
    np.testing.assert_allclose(seen.get_weights()[0], unseen.get_weights()[0], atol=1e-5)


def test_each_validation_tells_each_class_and_the_hardest_pictures(dataset: Dataset) -> None:
    last = train(quick(epochs=2, validation_share=0.2), dataset).progress
    assert [len(shares) for shares in last.class_accuracy] == [10, 10]
    assert np.mean(last.class_accuracy[-1]) == pytest.approx(last.validation[-1].accuracy)
    losses = [picture.loss for picture in last.hardest]
    assert losses == sorted(losses, reverse=True)
    for picture in last.hardest:
        assert dataset.train_labels[picture.index] == picture.label


def test_the_learning_rate_is_told_and_follows_its_schedule(dataset: Dataset) -> None:
    config = quick(schedule="one_cycle", epochs=3)
    rates = [point.learning_rate for point in train(config, dataset).progress.training]
    assert rates[0] < max(rates) > rates[-1]
    assert max(rates) == pytest.approx(config.learning_rate, rel=0.01)
    assert rates[-1] < config.learning_rate / 100


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
        def wait_while_paused(self, seconds: float | None = None) -> None:
            super().wait_while_paused(0.3)
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
    assert [point.epoch for point in result.progress.validation] == [1, 2]
    assert result.progress.validation[1].loss > result.progress.validation[0].loss
    parts = split(dataset, config)
    answers = Classifier(result.model).probabilities(parts.validation_images)
    found = judge(answers, parts.validation_labels, parts.validation_indices, 0.1)
    assert found.loss == pytest.approx(result.progress.validation[0].loss, rel=1e-3)


@pytest.mark.parametrize("step", [5, 11, 14])
@pytest.mark.parametrize(
    "values",
    [
        {"architecture": "keras_example", "schedule": "cosine", "rotation": 5.0},
        {"optimizer": "adamw", "plateau": 1, "weight_decay": 0.01, "dropout": 0.3},
    ],
    ids=["keras_example", "dense"],
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


def test_a_host_can_limit_the_time_of_a_run(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MNIST_APP_MAX_MINUTES", "0.02")
    # A paused run does not last longer.
    result = train(quick(epochs=100), dataset, steering=Steered(3, Steering.pause))
    assert result.stopped
    assert result.seconds < 10
    assert result.progress.remark.startswith("A run may last 0.02 minutes on this host")


def test_a_host_can_limit_the_size_of_a_network(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MNIST_APP_MAX_WEIGHTS", "100000")
    with pytest.raises(DigitLabError, match=r"101,770 weights.*100,000"):
        train(quick(), dataset)
    assert not train(quick(architecture="lenet5"), dataset).stopped
