"""TrainingConfig + pictures -> a trained model; reports while it learns, stops when told.

It knows nothing of any screen: `report` gets an immutable `Progress`, `should_stop` is asked after
every step.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from mnist_app import augmentation, distractors
from mnist_app.architectures import build
from mnist_app.classifier import as_network_input
from mnist_app.datasets import Dataset
from mnist_app.errors import DigitLabError
from mnist_app.settings import TrainingConfig

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

# Points that a curve of training steps has at most, and seconds between two reports.
CURVE_POINTS = 400
REPORT_SECONDS = 0.25
# Of the whole run, the part in which a cosine schedule warms up.
WARM_UP_SHARE = 0.1


@dataclass(frozen=True)
class Point:
    """One point of a learning curve.

    Attributes:
        epoch: how many epochs were done by then, with fractions.
        loss: categorical cross-entropy in nats.
        accuracy: share of pictures read right, 0..1.
    """

    epoch: float
    loss: float
    accuracy: float


@dataclass(frozen=True)
class Progress:
    """How a run stands; never changes once made.

    Attributes:
        epoch, epochs: the epoch it is in, from 1, and how many there will be.
        step, steps: the step it has done in this epoch, and how many an epoch has.
        images_per_second: training speed, without validation.
        seconds_left: a guess from the speed so far; None before the first step.
        training: the curve over steps, each point the mean since the point before.
        validation: the curve over epochs.
        is_over: the training has ended, by itself or because it was stopped.
    """

    epoch: int
    epochs: int
    step: int
    steps: int
    images_per_second: float = 0.0
    seconds_left: float | None = None
    training: tuple[Point, ...] = ()
    validation: tuple[Point, ...] = ()
    is_over: bool = False

    @property
    def share(self) -> float:
        """How much of the run is done, 0..1."""
        done = (self.epoch - 1) * self.steps + self.step
        return min(1.0, done / (self.epochs * self.steps))


@dataclass(frozen=True)
class TrainingResult:
    """A finished or stopped run.

    Attributes:
        model: the trained network.
        progress: the last report, with the whole curves.
        seconds: wall-clock time of the training.
        stopped: whether it was told to stop before its end.
    """

    model: "keras.Model"
    progress: Progress
    seconds: float
    stopped: bool


@dataclass(frozen=True)
class Split:
    """Pictures uint8 (n, 28, 28) and labels int64 (n,) to learn from and to check with."""

    images: np.ndarray
    labels: np.ndarray
    validation_images: np.ndarray
    validation_labels: np.ndarray


def split(dataset: Dataset, config: TrainingConfig) -> Split:
    """Choose the pictures a run uses, each class in proportion.

    Raises:
        DigitLabError: too few are left to train on.
    """
    from sklearn.model_selection import train_test_split

    indices = np.random.default_rng(config.seed).permutation(len(dataset.train_labels))
    wanted = round(len(indices) * config.train_share)
    indices = indices[: min(wanted, config.limit or wanted)]
    kept = round(len(indices) * config.validation_share)
    if len(indices) - kept < config.batch_size:
        raise DigitLabError(
            f"Only {len(indices) - kept} pictures are left to train on, fewer than one batch: "
            "use a larger share or a smaller batch."
        )
    checked: np.ndarray = np.empty(0, dtype=np.int64)
    if kept:
        labels = dataset.train_labels[indices]
        # A class too rare to be divided, or a part too small to hold them all, is left to chance.
        classes = np.unique(labels, return_counts=True)[1]
        proportional = classes.min() > 1 and kept >= len(classes)
        indices, checked = train_test_split(
            indices,
            test_size=kept,
            random_state=config.seed,
            stratify=labels if proportional else None,
        )
    return Split(
        dataset.train_images[indices],
        dataset.train_labels[indices],
        dataset.train_images[checked],
        dataset.train_labels[checked],
    )


def train(
    config: TrainingConfig,
    dataset: Dataset,
    report: Callable[[Progress], None] = lambda progress: None,
    should_stop: Callable[[], bool] = lambda: False,
    extra_images: np.ndarray | None = None,
    extra_labels: np.ndarray | None = None,
) -> TrainingResult:
    """Train a network.

    Args:
        config: the settings; `config.dataset` is not looked at, `dataset` is used.
        report: called from this thread, several times a second at most.
        should_stop: asked after each step; when true, what was learned is kept.
        extra_images, extra_labels: more training pictures, uint8 (n, 28, 28) and int64 (n,).

    Raises:
        DigitLabError: too few pictures, or the loss is no number any more.
    """
    import keras

    keras.utils.set_random_seed(config.seed)
    parts = split(dataset, config)
    images, labels = parts.images, parts.labels
    if extra_images is not None and extra_labels is not None:
        images = np.concatenate([images, extra_images])
        labels = np.concatenate([labels, extra_labels])
    classes = len(dataset.class_names)
    targets = keras.utils.to_categorical(labels, classes)
    if config.distractors:
        none = distractors.make(round(len(images) * config.distractors), config.seed)
        images = np.concatenate([images, none])
        targets = np.concatenate([targets, np.full((len(none), classes), 1 / classes)])
    steps = len(images) // config.batch_size
    model = build(config.architecture, classes)
    # What learns may reckon in fewer bits than what is saved.
    learner = model if config.precision == "float32" else _copy(model, config.precision)
    learner.compile(
        optimizer=_optimizer(config, steps),
        loss=keras.losses.CategoricalCrossentropy(label_smoothing=config.label_smoothing),
        metrics=[_accuracy()],
    )
    reporter = _reporter(config, steps, report, should_stop)
    validation = None
    if len(parts.validation_labels):
        validation = _batches(
            parts.validation_images, parts.validation_labels, classes, config.batch_size
        )
    started = time.perf_counter()
    stopped = False
    try:
        learner.fit(
            _training_batches(images, targets, config),
            validation_data=validation,
            epochs=config.epochs,
            callbacks=[*_watchers(config), reporter],
            shuffle=False,
            verbose=0,
        )
    except _Stopped:
        stopped = True
    if learner is not model:
        model.set_weights(learner.get_weights())
    progress = replace(reporter.progress, is_over=True)
    report(progress)
    return TrainingResult(model, progress, time.perf_counter() - started, stopped)


class _Stopped(Exception):
    """Leaves `fit` at once; its own flag would still validate before it ends."""


def _accuracy() -> "keras.Metric":
    """The share of pictures read right, of those that have a right answer."""
    import keras
    from keras import ops

    class Accuracy(keras.metrics.CategoricalAccuracy):
        def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
            has_answer = ops.cast(ops.max(y_true, axis=-1) > 0.5, "float32")
            super().update_state(y_true, y_pred, has_answer)

    return Accuracy(name="accuracy")


def _copy(model: "keras.Model", precision: str) -> "keras.Model":
    """The same network that reckons in `precision`, its probabilities still in full."""
    import keras

    def layer_of(layer: "keras.Layer") -> "keras.Layer":
        exact = layer is model.layers[-1]
        settings = layer.get_config() | {"dtype": "float32" if exact else precision}
        return type(layer).from_config(settings)

    return keras.models.clone_model(model, clone_function=layer_of)


def _optimizer(config: TrainingConfig, steps: int) -> "keras.Optimizer":
    from keras import optimizers

    rate = _learning_rate(config, steps)
    decay = config.weight_decay or None
    if config.optimizer == "sgd":
        return optimizers.SGD(rate, momentum=0.9, nesterov=True, weight_decay=decay)
    if config.optimizer == "adamw":
        return optimizers.AdamW(rate, weight_decay=decay or 0.0)
    return optimizers.Adam(rate)


def _learning_rate(config: TrainingConfig, steps: int) -> Any:
    import keras

    if config.schedule == "constant":
        return config.learning_rate
    total = config.epochs * steps
    warm_up = max(1, round(WARM_UP_SHARE * total))
    return keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=config.learning_rate / 25,
        decay_steps=max(1, total - warm_up),
        warmup_target=config.learning_rate,
        warmup_steps=warm_up,
    )


def _watchers(config: TrainingConfig) -> list["keras.callbacks.Callback"]:
    import keras

    watchers: list[keras.callbacks.Callback] = []
    if config.early_stopping:
        watchers.append(
            keras.callbacks.EarlyStopping(patience=config.early_stopping, restore_best_weights=True)
        )
    # A schedule already decides the learning rate.
    if config.plateau and config.schedule == "constant":
        watchers.append(keras.callbacks.ReduceLROnPlateau(patience=config.plateau, factor=0.2))
    return watchers


def _batches(images: np.ndarray, labels: np.ndarray, classes: int, size: int) -> "tf.data.Dataset":
    import keras
    import tensorflow as tf

    targets = keras.utils.to_categorical(labels, classes)
    return tf.data.Dataset.from_tensor_slices((as_network_input(images), targets)).batch(size)


def _training_batches(
    images: np.ndarray, targets: np.ndarray, config: TrainingConfig
) -> "tf.data.Dataset":
    """Shuffled anew each epoch, augmented, whole batches only."""
    import tensorflow as tf

    order = tf.data.Dataset.range(len(images)).shuffle(len(images), seed=config.seed)
    chosen = order.batch(config.batch_size, drop_remainder=True)
    # One byte a pixel stays in memory; batches become floats one at a time.
    pixels, answers = tf.constant(images), tf.constant(targets, tf.float32)

    def batch(indices: "tf.Tensor", seed: "tf.Tensor") -> tuple["tf.Tensor", "tf.Tensor"]:
        floats = tf.cast(tf.gather(pixels, indices), tf.float32)[..., None] / 255
        if augmentation.is_on(config):
            floats = augmentation.augment(floats, seed, config)
        return floats, tf.gather(answers, indices)

    seeds = tf.data.Dataset.random(seed=config.seed, rerandomize_each_iteration=True).batch(2)
    batches = tf.data.Dataset.zip(chosen, seeds).map(batch, num_parallel_calls=2)
    return batches.prefetch(2)


def _reporter(
    config: TrainingConfig,
    steps: int,
    report: Callable[[Progress], None],
    should_stop: Callable[[], bool],
) -> Any:
    """A Keras callback that turns logs into `Progress`; made here so that Keras loads late."""
    import keras

    class Reporter(keras.callbacks.Callback):
        def __init__(self) -> None:
            super().__init__()
            self.progress = Progress(1, config.epochs, 0, steps)
            self._epoch = 0
            self._training: list[Point] = []
            self._validation: list[Point] = []
            self._every = max(1, config.epochs * steps // CURVE_POINTS)
            self._before = (0, 0.0, 0.0)
            self._training_seconds = 0.0
            self._resumed = time.perf_counter()
            self._reported = 0.0

        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            self._epoch = epoch
            self._before = (0, 0.0, 0.0)
            self._resumed = time.perf_counter()

        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            step, now = batch + 1, time.perf_counter()
            self._training_seconds += now - self._resumed
            self._resumed = now
            if not np.isfinite(logs["loss"]):
                raise DigitLabError(
                    "The training diverged (its loss is no number any more): "
                    "lower the learning rate and start again."
                )
            if step % self._every == 0 or step == steps:
                self._training.append(self._window(step, logs["loss"], logs["accuracy"]))
            if now - self._reported >= REPORT_SECONDS or step == steps:
                self._report(step)
            if should_stop():
                self._report(step)
                raise _Stopped

        def on_test_batch_end(self, batch: int, logs: Any = None) -> None:
            if should_stop():
                raise _Stopped

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            if "val_loss" in logs:
                point = Point(epoch + 1, float(logs["val_loss"]), float(logs["val_accuracy"]))
                self._validation.append(point)
            self._report(steps)

        def _window(self, step: int, loss: float, accuracy: float) -> Point:
            """Keras logs the mean since the epoch began; this is the mean since the last point."""
            last, last_loss, last_accuracy = self._before
            self._before = (step, loss, accuracy)
            width = step - last
            return Point(
                self._epoch + step / steps,
                # A difference of rounded means may end a hair outside.
                max(0.0, float(loss * step - last_loss * last) / width),
                min(1.0, max(0.0, float(accuracy * step - last_accuracy * last) / width)),
            )

        def _report(self, step: int) -> None:
            self._reported = time.perf_counter()
            done = self._epoch * steps + step
            per_step = self._training_seconds / done
            self.progress = Progress(
                epoch=self._epoch + 1,
                epochs=config.epochs,
                step=step,
                steps=steps,
                images_per_second=config.batch_size / per_step,
                seconds_left=per_step * (config.epochs * steps - done),
                training=tuple(self._training),
                validation=tuple(self._validation),
            )
            report(self.progress)

    return Reporter()
