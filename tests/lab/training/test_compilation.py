import random
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from mnist_app.core.data.datasets import Dataset
from mnist_app.core.settings import OPTIMIZERS, TrainingConfig
from mnist_app.lab.networks import cloning
from mnist_app.lab.networks.architectures import build
from mnist_app.lab.training import compilation
from mnist_app.lab.training.backup import fingerprint
from mnist_app.lab.training.fit import train
from tests.support.samples import accuracy, quick


def made(**values: Any) -> Any:
    config = TrainingConfig(architecture="dense", learning_rate=0.02, **values)
    return compilation.compile_model(build("dense"), config, steps=8)


def pictures(dataset: Dataset) -> tuple[np.ndarray, np.ndarray]:
    images = dataset.test_images[..., None] / np.float32(255)
    return images, np.eye(10, dtype=np.float32)[dataset.test_labels]


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_what_learns_can_be_saved_with_its_optimiser_and_go_on_elsewhere(
    optimizer: str, dataset: Dataset, tmp_path: Path
) -> None:
    """By Keras alone: nothing in the file is of this package."""
    learner = made(optimizer=optimizer)
    learner.train_on_batch(*pictures(dataset))
    learner.optimizer.learning_rate = 0.0125
    learner.save(tmp_path / "learner.keras")
    loaded = keras.saving.load_model(tmp_path / "learner.keras", safe_mode=True)
    assert float(loaded.optimizer.learning_rate) == pytest.approx(0.0125)
    assert type(loaded.optimizer) is type(learner.optimizer)
    for one, other in zip(learner.optimizer.variables, loaded.optimizer.variables, strict=True):
        np.testing.assert_array_equal(one.numpy(), other.numpy())
    for model in (learner, loaded):
        model.train_on_batch(*pictures(dataset))
    for one, other in zip(learner.get_weights(), loaded.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_an_epoch_ends_with_the_mean_of_its_weights(optimizer: str, dataset: Dataset) -> None:
    learner = made(optimizer=optimizer, averaging=0.5)
    steps = []
    for _ in range(4):
        learner.train_on_batch(*pictures(dataset))
        steps.append(learner.get_weights()[0])
    mean = steps[0]
    for weights in steps[1:]:
        mean = 0.75 * mean + 0.25 * weights
    learner.optimizer.finalize_variable_values(learner.trainable_variables)
    np.testing.assert_allclose(learner.get_weights()[0], mean, atol=1e-6)
    assert np.abs(mean - weights).max() > 1e-3


def test_in_few_bits_a_copy_learns_whose_probabilities_are_whole() -> None:
    model = build("simple_cnn")
    config = TrainingConfig(architecture="simple_cnn", precision="mixed_bfloat16")
    learner = compilation.compile_model(model, config, steps=8)
    assert learner is not model
    assert {layer.compute_dtype for layer in model.layers} == {"float32"}
    assert [layer.compute_dtype for layer in learner.layers[1:]] == [
        *["bfloat16"] * (len(learner.layers) - 2),
        "float32",
    ]
    assert compilation.compile_model(model, TrainingConfig(), steps=8) is model


def test_a_short_run_on_few_pictures_reads_what_it_learned(dataset: Dataset) -> None:
    """Though it normalises over batches, of which there are few."""
    config = quick(architecture="fast_cnn", learning_rate=0.001, epochs=3)
    assert accuracy(train(config, dataset, watch=False).model, dataset) > 0.9


@pytest.mark.parametrize(("architecture", "pace"), [("fast_cnn", 0.95), ("residual_cnn", 0.99)])
def test_what_normalises_over_batches_is_left_to_its_own_pace_where_epochs_are_long(
    architecture: str, pace: float
) -> None:
    """As in the runs that made the shipped model, of 329 steps an epoch."""
    learner = compilation.compile_model(
        build(architecture), TrainingConfig(architecture=architecture), 329
    )
    assert {layer.momentum for layer in learner.layers if hasattr(layer, "momentum")} == {pace}


def test_what_has_no_right_answer_is_no_mistake() -> None:
    metric = compilation.accuracy_metric()
    answers = np.eye(10, dtype=np.float32)[[3, 4, 5]]
    targets = np.stack([*np.eye(10, dtype=np.float32)[[3, 5]], np.full(10, 0.1, np.float32)])
    metric.update_state(targets, answers)
    assert float(metric.result()) == pytest.approx(0.5)


def test_a_copy_answers_as_the_network_does_also_where_it_normalises() -> None:
    images = np.random.default_rng(0).random((4, 28, 28, 1), dtype=np.float32)
    normalise = keras.layers.Normalization()
    normalise.adapt(images)
    last = keras.layers.Dense(10, activation="softmax")
    model = keras.Sequential([keras.Input((28, 28, 1)), normalise, keras.layers.Flatten(), last])
    twin = cloning.copy(model)
    np.testing.assert_allclose(twin(images), model(images), atol=1e-6)
    assert fingerprint(twin) == fingerprint(model)
    twin.layers[-1].set_weights([one + 1 for one in twin.layers[-1].get_weights()])
    assert fingerprint(twin) != fingerprint(model)


def test_a_network_begins_by_its_seed_whatever_else_is_drawn_meanwhile() -> None:
    """Left to itself Keras asks Python's chance, which all threads share."""

    def states(seed: int) -> list[np.ndarray]:
        model = compilation.build_model(quick(architecture="keras_example", seed=seed), 10)
        return [np.asarray(variable.value) for variable in model.variables]

    random.seed(1)
    first = states(seed=3)
    random.seed(2)
    again, other = states(seed=3), states(seed=4)
    for one, another in zip(first, again, strict=True):
        np.testing.assert_array_equal(one, another)
    assert len(first) == 7, "the state of its dropout is among them"
    assert not np.array_equal(first[0], other[0])
    assert not np.array_equal(first[4], other[4])
