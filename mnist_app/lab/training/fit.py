"""TrainingConfig + pictures -> a trained network, by Keras' own `fit` and callbacks.

It knows nothing of any screen: `report` gets an immutable `Progress`, `control` is asked after
every step.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from mnist_app.core.data.datasets import Dataset
from mnist_app.core.errors import DigitLabError
from mnist_app.core.jobs.run_control import RunControl
from mnist_app.core.runs.checkpoints import Checkpoint
from mnist_app.core.runs.progress import Progress
from mnist_app.core.settings import TrainingConfig
from mnist_app.lab.networks.keras_classifier import KerasClassifier
from mnist_app.lab.training.backup import Backup, origin
from mnist_app.lab.training.compilation import build_model
from mnist_app.lab.training.early_stopping import ValidationCallbacks
from mnist_app.lab.training.engine import Engine
from mnist_app.lab.training.history import History
from mnist_app.lab.training.input_pipeline import InputPipeline, split, training_examples
from mnist_app.lab.training.monitor import NetworkMonitor
from mnist_app.lab.training.run_callback import RunCallback
from mnist_app.lab.training.soft_targets import soft_target_map


@dataclass(frozen=True)
class TrainingResult:
    """A finished or stopped run.

    Attributes:
        model: the trained network.
        progress: the last report, with the whole curves.
        seconds: wall-clock time of the training.
        stopped: whether it was stopped before its end, by a person, by this host's limit, or
            because it diverged.
        diverged: whether it was that.
    """

    model: keras.Model
    progress: Progress
    seconds: float
    stopped: bool
    diverged: bool


def train(
    config: TrainingConfig,
    dataset: Dataset,
    report: Callable[[Any], None] = lambda message: None,
    control: RunControl | None = None,
    extra_images: np.ndarray | None = None,
    extra_labels: np.ndarray | None = None,
    *,
    watch: bool = True,
    drawing: np.ndarray | None = None,
    keeps_checkpoints: bool = False,
    checkpoint: Checkpoint | None = None,
    start_from: keras.Model | None = None,
    teachers: Sequence[keras.Model] = (),
    engine: Engine | None = None,
) -> TrainingResult:
    """Train a network.

    When it is stopped, diverges or may stop early, its weights are those of the lowest validation
    loss, the last ones among them, or the last where nothing is validated.

    Args:
        config: the settings; `config.dataset` is not looked at, `dataset` is used.
        report: called from this thread with each `Progress`, several times a second at most.
        control: asked after each step.
        extra_images, extra_labels: more training pictures, uint8 (n, 28, 28) and int64 (n,).
        watch: whether `Progress.view` and `Progress.opinions` are made.
        drawing: a person's own, uint8 (28, 28), for `Progress.opinions`; kept with checkpoints.
        keeps_checkpoints: whether `report` also gets a `Checkpoint` after each whole epoch.
        checkpoint: one of the same settings, pictures and models to go on from; it ends as it would
            have without the break, as far as the processor repeats its sums.
        start_from: a network of the same design to begin with, instead of chance.
        teachers: networks to learn the answers of, instead of the labels, see `soft_target_map`.
        engine: what does the steps; by default this process' one device.

    Raises:
        DigitLabError: too few pictures; see also `build_model` and `soft_target_map`;
            settings or checkpoints that the engine cannot do; the loss is no number any more before
            anything was validated; a checkpoint that cannot be read, or is of another run.
    """
    engine = engine or Engine()
    has_backup = keeps_checkpoints or checkpoint is not None
    if engine.is_shared and has_backup:
        raise DigitLabError("Runs on several devices cannot be resumed. Start without --resume.")
    # Keras would say on standard output that a loss is no number, among what a command prints.
    keras.config.disable_interactive_logging()
    parts = split(dataset, config)
    classes = len(dataset.class_names)
    images, targets = training_examples(config, parts, classes, extra_images, extra_labels)
    feed = InputPipeline(images, targets, config)
    teach = soft_target_map(teachers, classes, config.precision) if teachers else None
    model = build_model(config, classes, start_from)
    learner = engine.take(model, config, feed.steps)
    classifier, monitors = KerasClassifier(learner), ValidationCallbacks(config)
    history, epochs, backup = History(config, feed.steps), config.epochs, None
    if has_backup:
        backup = Backup(config, origin(images, targets, start_from, teachers), drawing)
    if backup and checkpoint:
        history = backup.unpack(checkpoint, learner, feed.steps)
        epochs = history.epoch if backup.ended_early else epochs
    run = RunCallback(
        history,
        engine,
        classifier,
        parts,
        monitors,
        NetworkMonitor(classifier, dataset, drawing) if watch else None,
        backup,
        report,
        control or RunControl(),
    )
    callbacks = [keras.callbacks.TerminateOnNaN(), run]
    if len(parts.validation_labels):
        callbacks += monitors.callbacks
    batches = feed.batches(history.epoch)
    if teach:
        batches = batches.map(teach, num_parallel_calls=2).prefetch(2)
    started = time.perf_counter()
    engine.fit(batches, range(history.epoch, epochs), callbacks, run.wants_to_stop)
    run.finish()
    if learner is not model:
        model.set_weights(learner.get_weights())
    seconds = time.perf_counter() - started
    return TrainingResult(model, run.progress, seconds, run.stopped, run.diverged)
