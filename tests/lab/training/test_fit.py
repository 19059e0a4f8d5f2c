import random
from typing import Any

import numpy as np
import pytest

from mnist_app.core.data.datasets import Dataset
from mnist_app.core.errors import DigitLabError
from mnist_app.core.runs import learning_curve
from mnist_app.core.runs.progress import Progress
from mnist_app.core.settings import TrainingConfig
from mnist_app.lab.training import run_callback
from mnist_app.lab.training.fit import train
from tests.support.samples import accuracy, blocks, quick


def test_too_few_pictures_are_refused_before_anything_is_built(dataset: Dataset) -> None:
    with pytest.raises(DigitLabError, match="fewer than one batch"):
        train(TrainingConfig(limit=50, batch_size=128), dataset)


@pytest.mark.parametrize(
    "values",
    [
        {"label_smoothing": 0.1, "plateau": 1, "dropout": 0.2, "flip": 0.01},
        {
            **{"optimizer": "adamw", "schedule": "cosine", "plateau": 1, "weight_decay": 0.01},
            **{"rotation": 5.0, "shift": 0.5, "elastic": 0.5, "thickness": 0.5},
        },
        {
            **{"optimizer": "sgd", "schedule": "one_cycle", "learning_rate": 0.1},
            **{"weight_decay": 0.01, "validation_share": 0.0},
        },
        {"architecture": "simple_cnn"},
        {"architecture": "custom", "layers": "conv 4 5, pool, dense 32"},
        {"precision": "mixed_bfloat16"},
    ],
    ids=["adam", "adamw", "sgd", "simple_cnn", "own", "few bits"],
)
def test_every_kind_of_run_learns(values: dict[str, Any], dataset: Dataset) -> None:
    result = train(quick(**{"epochs": 4, **values}), dataset)
    assert not result.stopped
    assert accuracy(result.model, dataset) > 0.9
    assert result.progress.training[-1].loss < result.progress.training[0].loss
    assert {layer.compute_dtype for layer in result.model.layers} == {"float32"}


def test_a_run_is_told_while_it_goes_and_can_be_watched(dataset: Dataset) -> None:
    seen: list[Progress] = []
    config = quick(epochs=4, validation_share=0.2)
    last = train(config, dataset, seen.append, drawing=dataset.test_images[3]).progress
    fractions = [progress.fraction for progress in seen]
    assert fractions == sorted(fractions)
    assert last == seen[-1]
    assert last.fraction == 1
    assert (last.epoch, last.epochs, last.step, last.steps) == (4, 4, 10, 10)
    assert last.seconds_left is None, "too short to tell"
    assert last.images_per_second > 0
    assert [point.epoch for point in last.validation] == [1, 2, 3, 4]
    epochs = [point.epoch for point in last.training]
    assert epochs == sorted(epochs)
    assert epochs[-1] == 4
    for point in (*last.training, *last.validation):
        assert point.loss >= 0
        assert 0 <= point.accuracy <= 1
    assert [len(fractions) for fractions in last.class_accuracy] == [10] * 4
    assert np.mean(last.class_accuracy[-1]) == pytest.approx(last.validation[-1].accuracy)
    losses = [picture.loss for picture in last.hardest]
    assert losses == sorted(losses, reverse=True)
    for picture in last.hardest:
        assert dataset.train_labels[picture.index] == picture.label
    assert last.view is not None
    np.testing.assert_array_equal(last.view.labels, dataset.test_labels[last.view.indices])
    assert (last.view.labels == last.view.predictions).mean() > 0.9
    assert last.view.filters.shape == (64, 28, 28)
    assert [len(opinion.probabilities) for opinion in last.opinions] == [10] * len(last.opinions)
    assert last.opinions[0].probabilities[3] < last.opinions[-1].probabilities[3]
    assert np.argmax(last.opinions[-1].probabilities) == 3


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
        most = 5 + learning_curve.FIRST_STEPS + progress.epochs + 1
        assert len(progress.training) <= most
    assert len(seen[4].training) == 5, "each of the first steps"


def test_its_seed_decides_a_run_and_neither_who_watches_nor_what_else_draws_by_chance(
    dataset: Dataset,
) -> None:
    def draw(progress: Progress) -> None:
        random.random()
        np.random.random()

    config = quick(architecture="keras_example", limit=96, dropout=0.5, rotation=5.0, seed=3)
    random.seed(1)
    watched = train(config, dataset, drawing=dataset.test_images[0])
    random.seed(2)
    np.random.seed(2)
    alone = train(config, dataset, draw, watch=False, drawing=dataset.test_images[0])
    assert (alone.progress.view, alone.progress.opinions) == (None, ())
    assert alone.progress.validation
    for one, other in zip(watched.model.get_weights(), alone.model.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)
    another = train(quick(**{**config.as_dict(), "seed": 4}), dataset).model
    assert np.abs(another.get_weights()[0] - watched.model.get_weights()[0]).max() > 0.01


def test_extra_pictures_are_learned_too(dataset: Dataset) -> None:
    """Without them nothing says that an inverted block is the same digit."""
    images, labels = blocks(400)
    inverted = Dataset(
        "mnist", dataset.class_names, images, labels, 255 - images, labels, source="made up"
    )
    extra = train(quick(epochs=6), inverted, extra_images=255 - images, extra_labels=labels)
    assert accuracy(extra.model, inverted) > 0.9
    assert extra.progress.steps == (360 + 400) // 32


def test_weight_decay_makes_the_weights_smaller(dataset: Dataset) -> None:
    def size(decay: float) -> float:
        config = quick(optimizer="adamw", weight_decay=decay, epochs=2)
        return float(np.abs(train(config, dataset).model.get_weights()[0]).mean())

    assert size(0.5) < size(0.0)


def test_a_host_can_limit_the_size_of_a_network(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MNIST_APP_MAX_WEIGHTS", "100000")
    with pytest.raises(DigitLabError, match=r"101,770 weights.*100,000"):
        train(quick(), dataset)
