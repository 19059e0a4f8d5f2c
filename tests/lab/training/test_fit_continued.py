from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from mnist_app.core.data.datasets import Dataset
from mnist_app.core.errors import DigitLabError
from mnist_app.core.jobs.run_control import RunControl
from mnist_app.core.runs.checkpoints import Checkpoint
from mnist_app.lab.training.compilation import build_model
from mnist_app.lab.training.fit import train
from tests.support.controlled_runs import ControlledAt, Told
from tests.support.samples import quick


@pytest.mark.parametrize(
    ("step", "values"),
    [
        (14, {"architecture": "keras_example", "schedule": "cosine", "rotation": 5.0}),
        (11, {"optimizer": "adamw", "plateau": 1, "weight_decay": 0.01, "dropout": 0.3}),
        (22, {"averaging": 0.5}),
    ],
    ids=["keras_example", "dense", "average"],
)
def test_a_run_that_was_broken_off_ends_as_if_it_had_not(
    step: int, values: dict[str, Any], dataset: Dataset
) -> None:
    config = quick(**{"epochs": 3, "learning_rate": 0.003, **values})
    whole = train(config, dataset, drawing=dataset.test_images[0])
    told, control = Told(), ControlledAt(step, RunControl.stop)
    part = train(config, dataset, told, control, keeps_checkpoints=True)
    assert part.stopped
    assert part.progress.fraction < 0.7
    assert told.checkpoint.epoch == step // 11
    rest = train(config, dataset, checkpoint=told.checkpoint, drawing=dataset.test_images[0])
    assert rest.progress.fraction == 1
    assert rest.progress.seconds > part.progress.seconds
    for one, other in zip(whole.model.get_weights(), rest.model.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, atol=2e-4)
    losses = [[point.loss for point in run.progress.validation] for run in (whole, rest)]
    assert losses[0] == pytest.approx(losses[1], abs=1e-3)
    epochs = [[point.epoch for point in run.progress.training] for run in (whole, rest)]
    assert epochs[0] == epochs[1]


def test_a_run_goes_on_from_its_last_whole_epoch(dataset: Dataset) -> None:
    """As after a crash: nobody told it to stop."""
    config = quick(epochs=3)

    def crash(control: RunControl) -> None:
        raise ZeroDivisionError

    told = Told()
    with pytest.raises(ZeroDivisionError):
        train(config, dataset, told, ControlledAt(17, crash), keeps_checkpoints=True)
    checkpoint = told.checkpoint
    rest = train(config, dataset, told, checkpoint=checkpoint, keeps_checkpoints=True)
    whole = train(config, dataset)
    np.testing.assert_allclose(whole.model.get_weights()[0], rest.model.get_weights()[0], atol=2e-4)
    # What is over stays as it is.
    assert told.checkpoint.epoch == 3
    again = train(config, dataset, checkpoint=told.checkpoint)
    np.testing.assert_array_equal(again.model.get_weights()[0], rest.model.get_weights()[0])
    assert again.progress.validation == rest.progress.validation


def test_what_stopped_early_says_so_and_stays_as_it_is(dataset: Dataset) -> None:
    told = Told()
    config = quick(epochs=60, early_stopping=1, learning_rate=0.1)
    first = train(config, dataset, told, keeps_checkpoints=True)
    assert not first.stopped
    best = first.progress.epoch - 1
    ending = f"did best on the held-back pictures after epoch {best}. That version is kept."
    assert first.progress.remark.endswith(ending)
    again = train(config, dataset, checkpoint=told.checkpoint)
    assert again.progress.epoch == first.progress.epoch < 60
    assert again.progress.remark == first.progress.remark
    for one, other in zip(first.model.get_weights(), again.model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_counters_of_early_stopping_go_on(dataset: Dataset) -> None:
    config = quick(epochs=60, early_stopping=3, plateau=2, learning_rate=0.1)
    whole = train(config, dataset).progress
    told, last = Told(), whole.epoch
    assert last > 4
    train(
        config,
        dataset,
        told,
        ControlledAt(11 * (last - 1), RunControl.stop),
        keeps_checkpoints=True,
    )
    rest = train(config, dataset, checkpoint=told.checkpoint).progress
    assert (rest.epoch, rest.remark) == (whole.epoch, whole.remark)
    assert rest.training[-1].learning_rate == pytest.approx(whole.training[-1].learning_rate)


@pytest.fixture(scope="module")
def checkpoint(dataset: Dataset) -> Checkpoint:
    """Return that of a run with the quickest settings."""
    told = Told()
    train(quick(), dataset, told, keeps_checkpoints=True)
    return told.checkpoint


def test_a_checkpoint_of_another_run_is_refused(dataset: Dataset, checkpoint: Checkpoint) -> None:
    """Also of pictures that are as many as before, but not the same."""
    inverted = replace(dataset, train_images=255 - dataset.train_images)
    mislabelled = replace(dataset, train_labels=(dataset.train_labels + 1) % 10)
    for config, pictures in ((quick(seed=9), dataset), (quick(), inverted), (quick(), mislabelled)):
        with pytest.raises(DigitLabError, match="other settings or pictures"):
            train(config, pictures, checkpoint=checkpoint)
    with pytest.raises(DigitLabError, match="damaged"):
        train(quick(), dataset, checkpoint=Checkpoint(checkpoint.data[:-30]))


def test_a_run_goes_on_with_the_models_it_began_with_alone(
    dataset: Dataset, checkpoint: Checkpoint
) -> None:
    model = build_model(quick(), 10)
    for other in ({"start_from": model}, {"teachers": [model]}):
        with pytest.raises(DigitLabError, match="another --start-from or --teacher"):
            train(quick(), dataset, checkpoint=checkpoint, **other)
