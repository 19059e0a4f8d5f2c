import itertools
import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import blocks

from mnist_app import training
from mnist_app.classifier import Classifier, as_network_input
from mnist_app.datasets import Dataset
from mnist_app.errors import DigitLabError
from mnist_app.evaluation import evaluate
from mnist_app.settings import OPTIMIZERS, TrainingConfig
from mnist_app.training import Progress, split, train

QUICK = {"architecture": "dense", "batch_size": 32, "learning_rate": 0.01}


def quick(**values: Any) -> TrainingConfig:
    return TrainingConfig(**{**QUICK, **values})


def accuracy(model: Any, dataset: Dataset) -> float:
    return evaluate(Classifier(model), dataset.test_images, dataset.test_labels).accuracy


@given(
    st.floats(0.01, 1), st.floats(0, 0.5), st.integers(0, 500), st.integers(8, 200), st.integers(0)
)
@settings(deadline=None)
def test_any_split_is_disjoint_and_large_enough_or_refused(
    share: float, kept: float, limit: int, batch: int, seed: int
) -> None:
    images = np.arange(400, dtype=np.uint16).view(np.uint8).reshape(400, 2, 1)
    labels = np.arange(400) % 10
    whole = Dataset("mnist", tuple("0123456789"), images, labels, images, labels, "made up")
    try:
        config = TrainingConfig(
            train_share=share,
            validation_share=kept,
            limit=limit,
            batch_size=batch,
            seed=seed % 2**31,
        )
        parts = split(whole, config)
    except DigitLabError:
        return
    learned = {picture.tobytes() for picture in parts.images}
    checked = {picture.tobytes() for picture in parts.validation_images}
    assert not learned & checked
    assert len(learned) == len(parts.labels) >= batch
    assert len(learned) + len(checked) == min(round(400 * share), limit or 400)


def test_a_split_keeps_the_classes_in_proportion(dataset: Dataset) -> None:
    parts = split(dataset, TrainingConfig(validation_share=0.2))
    assert np.bincount(parts.validation_labels).tolist() == [8] * 10
    assert np.bincount(parts.labels).tolist() == [32] * 10


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
        {"schedule": "cosine"},
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
    stop = threading.Event()
    told: list[float] = []

    def report(progress: Progress) -> None:
        if progress.epoch > 4 and not stop.is_set():
            stop.set()
            told.append(time.perf_counter())

    result = train(quick(epochs=100), dataset, report, stop.is_set)
    assert time.perf_counter() - told[0] < 2
    assert result.stopped
    assert result.progress.share < 1
    assert accuracy(result.model, dataset) > 0.8


def test_stopped_at_once_there_is_still_a_network(dataset: Dataset) -> None:
    result = train(quick(), dataset, should_stop=lambda: True)
    assert result.stopped
    assert result.progress.step == 1
    assert len(accuracy_of_nothing(result.model)) == 10


def accuracy_of_nothing(model: Any) -> np.ndarray:
    return Classifier(model).probabilities(np.zeros((1, 28, 28), dtype=np.uint8))[0]


def test_it_also_stops_while_it_validates(dataset: Dataset) -> None:
    asked = itertools.count()
    config = quick(validation_share=0.5, batch_size=8)
    steps = 200 // 8
    result = train(config, dataset, should_stop=lambda: next(asked) >= steps)
    assert result.stopped
    assert result.progress.validation == ()


def _no_number(classes: int) -> Callable[[], Any]:
    def build(name: str, count: int) -> Any:
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
