"""One training run from its settings to a tested model with its card."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from mnist_app.core.data import datasets, pen_digits
from mnist_app.core.evaluation.metrics import EvaluationReport, card_metrics, evaluate
from mnist_app.core.jobs.phases import Phase, Stage
from mnist_app.core.jobs.run_control import RunControl
from mnist_app.core.models.model_card import ModelCard
from mnist_app.core.runs import learning_curve
from mnist_app.core.runs.checkpoints import Checkpoint
from mnist_app.core.runs.outcomes import TrainingOutcome, UnsavedModel
from mnist_app.core.runs.progress import Point
from mnist_app.core.settings import TrainingConfig
from mnist_app.core.versions import installed_versions
from mnist_app.lab.networks import model_files
from mnist_app.lab.networks.keras_classifier import KerasClassifier
from mnist_app.lab.training.engine import Engine
from mnist_app.lab.training.fit import TrainingResult, train

LIBRARIES = ("tensorflow", "tensorflow-cpu", "keras", "numpy")
# As many as a card's chart needs.
CARD_POINTS = 200


def train_model(
    config: TrainingConfig,
    title: str,
    *,
    own: datasets.Dataset | None = None,
    report: Callable[[Any], None] = lambda message: None,
    control: RunControl | None = None,
    drawing: np.ndarray | None = None,
    checkpoint: bytes | None = None,
    keeps_checkpoints: bool = False,
    watch: bool = True,
    extra_strokes: Path | None = None,
    command: str = "",
    start_from: keras.Model | None = None,
    teachers: Sequence[keras.Model] = (),
    engine: Engine | None = None,
) -> TrainingOutcome[UnsavedModel]:
    """Train and test a network.

    Args:
        own: the data set, where it is one that somebody brought.
        report: gets a `Progress` several times a second, and where `keeps_checkpoints` a
            `Checkpoint` after each whole epoch.
        checkpoint: the data of a `Checkpoint` to go on from.
        extra_strokes: a file of labelled pen strokes to train on too; every fifth writer is kept
            apart and measured.
        command: what the card says repeats this run.
        control, drawing, watch, start_from, teachers, engine: see `fit.train`.

    Raises:
        DigitLabError: see `datasets.load` and `fit.train`.
    """
    dataset = own or datasets.load(config.dataset)
    known = strangers = None
    if extra_strokes:
        pens = pen_digits.load_pen_strokes(extra_strokes, pen_digits.PEN_WIDTHS)
        known = pens.by_writer(lambda writers: ~pen_digits.is_held_out(writers))
        strangers = pen_digits.load_pen_strokes(extra_strokes).by_writer(pen_digits.is_held_out)
    result = train(
        config,
        dataset,
        report,
        control,
        extra_images=known.images if known else None,
        extra_labels=known.labels if known else None,
        watch=watch,
        drawing=drawing,
        keeps_checkpoints=keeps_checkpoints,
        checkpoint=Checkpoint(checkpoint) if checkpoint is not None else None,
        start_from=start_from,
        teachers=teachers,
        engine=engine,
    )
    report(Phase(Stage.TESTING, time.time()))
    test, results = _measured(result.model, dataset, strangers)
    training = _training_facts(result) | {
        "pen drawings among them": 0 if known is None else known.drawings,
        "started from a model": start_from is not None,
        "teachers": len(teachers),
        "own pictures": str(dataset.conversion_method),
    }
    card = ModelCard(
        title=title,
        dataset=dataset.name,
        architecture=config.architecture,
        settings=config.as_dict() | {"dataset": dataset.name},
        seed=config.seed,
        class_names=dataset.class_names,
        parameter_count=result.model.count_params(),
        versions=installed_versions(LIBRARIES),
        results=results,
        command=command,
        training=training,
    )
    made = UnsavedModel(model_files.packed(result.model), card)
    return TrainingOutcome(test, result.progress, result.stopped, made)


def _measured(
    model: keras.Model, dataset: datasets.Dataset, strangers: pen_digits.PenDigits | None
) -> tuple[EvaluationReport, dict[str, Any]]:
    """Test the model on the test pictures and on held-out writers, for its card."""
    classifier = KerasClassifier(model)
    test = evaluate(classifier, dataset.test_images, dataset.test_labels)
    results: dict[str, Any] = {"test": card_metrics(test)}
    if strangers is not None and len(strangers.labels):
        read = evaluate(classifier, strangers.images, strangers.labels)
        writers = sorted({int(writer) for writer in strangers.writers})
        results["pen strokes of held-out writers"] = {**card_metrics(read), "writers": writers}
    return test, results


def _training_facts(result: TrainingResult) -> dict[str, Any]:
    last = result.progress
    return {
        "seconds": round(result.seconds, 1),
        "epochs": last.epoch if not result.stopped else last.epoch - 1,
        "steps an epoch": last.steps,
        "images a second": round(last.images_per_second),
        "learning rate changes": last.rate_changes,
        "stopped early": result.stopped,
        "diverged": result.diverged,
        "curves": {"training": _curve(last.training), "validation": _curve(last.validation)},
    }


def _curve(points: Sequence[Point]) -> list[list[float]]:
    """Return epoch, loss and accuracy of at most `CARD_POINTS` points."""
    return [
        [round(value, 5) for value in (point.epoch, point.loss, point.accuracy)]
        for point in learning_curve.sampled(points, CARD_POINTS)
    ]
