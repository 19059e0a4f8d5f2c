import random
from typing import Any

import numpy as np
import pytest
from keras import Sequential, layers

from mnist_app.core.data.datasets import Dataset
from mnist_app.core.errors import DigitLabError
from mnist_app.core.runs import learning_curve
from mnist_app.core.runs.progress import Progress
from mnist_app.core.settings import OPTIMIZERS, SCHEDULES, TrainingConfig
from mnist_app.lab.networks.keras_classifier import KerasClassifier
from mnist_app.lab.training import fit, run_callback
from mnist_app.lab.training.fit import train
from tests.support.samples import accuracy, blocks, quick


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
    answers = KerasClassifier(result.model).probabilities(dataset.test_images)
    assert np.isfinite(answers).all()


def test_progress_only_grows_and_ends_whole(dataset: Dataset) -> None:
    seen: list[Progress] = []
    result = train(quick(epochs=2), dataset, report=seen.append)
    fractions = [progress.fraction for progress in seen]
    assert fractions == sorted(fractions)
    last = result.progress
    assert last == seen[-1]
    assert last.fraction == 1
    assert (last.epoch, last.epochs, last.step, last.steps) == (2, 2, 11, 11)
    assert last.seconds_left is None, "too short to tell"
    assert last.images_per_second > 0
    assert [point.epoch for point in last.validation] == [1, 2]
    epochs = [point.epoch for point in last.training]
    assert epochs == sorted(epochs)
    assert epochs[-1] == 2
    for point in (*last.training, *last.validation):
        assert point.loss >= 0
        assert 0 <= point.accuracy <= 1


def test_it_tells_how_far_the_pictures_kept_aside_are_read(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_callback, "BATCH", 10)
    monkeypatch.setattr(run_callback, "REPORT_SECONDS", 0.0)
    seen: list[Progress] = []
    train(quick(epochs=1), dataset, report=seen.append)
    assert [one.validated for one in seen if one.validated] == [0.25, 0.5, 0.75]
    assert seen[-1].validated == 0


def test_a_long_run_keeps_a_short_curve_that_moves_with_every_report(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(learning_curve, "CURVE_POINTS", 5)
    monkeypatch.setattr(run_callback, "REPORT_SECONDS", 0.0)
    seen: list[Progress] = []
    train(quick(epochs=3, batch_size=16), dataset, seen.append)
    assert len(seen) > 3 * seen[0].steps
    for progress in seen:
        done = (progress.epoch - 1) * progress.steps + progress.step
        assert progress.training[-1].epoch == pytest.approx(done / progress.steps)
        assert len(progress.training) <= 5 + progress.epochs + 1
    assert len(seen[4].training) == 5, "each step, as long as they are few"


def test_the_same_seed_repeats_the_run(dataset: Dataset) -> None:
    results = [train(quick(seed=seed, rotation=5.0, limit=96), dataset) for seed in (3, 3, 4)]
    first, again, other = (result.model.get_weights()[0] for result in results)
    np.testing.assert_allclose(first, again, atol=1e-5)
    assert np.abs(first - other).max() > 0.01


def test_what_else_draws_by_chance_meanwhile_changes_nothing(dataset: Dataset) -> None:
    def draw(progress: Progress) -> None:
        random.random()
        np.random.random()

    config = quick(architecture="keras_example", limit=96, dropout=0.5)
    random.seed(1)
    first = train(config, dataset).model.get_weights()
    random.seed(2)
    np.random.seed(2)
    again = train(config, dataset, draw).model.get_weights()
    for one, other in zip(first, again, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


def _no_number(config: TrainingConfig, classes: int, _: Any) -> Any:
    """A network whose answers are no numbers."""
    return Sequential(
        [
            layers.Input((28, 28, 1)),
            layers.Flatten(),
            layers.Dense(classes, kernel_initializer="ones"),
            layers.Rescaling(float("inf")),
            layers.Softmax(),
        ]
    )


def test_a_run_that_diverges_says_what_to_do(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fit, "build_model", _no_number)
    with pytest.raises(DigitLabError, match=r"diverged.*lower the learning rate"):
        train(quick(), dataset)


def test_early_stopping_ends_a_run_that_learns_nothing_more(dataset: Dataset) -> None:
    result = train(quick(epochs=60, early_stopping=1, learning_rate=0.1), dataset)
    assert not result.stopped
    assert result.progress.epoch < 60
    ending = (
        f"not been read better since epoch {result.progress.epoch - 1}, whose weights are kept."
    )
    assert result.progress.remark.endswith(ending)
    assert not train(quick(epochs=2, early_stopping=2), dataset).progress.remark


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
    model = train(quick(precision="mixed_bfloat16", epochs=4), dataset).model
    assert {layer.compute_dtype for layer in model.layers} == {"float32"}
    assert accuracy(model, dataset) > 0.9


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
    assert [len(fractions) for fractions in last.class_accuracy] == [10, 10]
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


def test_a_host_can_limit_the_size_of_a_network(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MNIST_APP_MAX_WEIGHTS", "100000")
    with pytest.raises(DigitLabError, match=r"101,770 weights.*100,000"):
        train(quick(), dataset)
    assert not train(quick(architecture="lenet5"), dataset).stopped
