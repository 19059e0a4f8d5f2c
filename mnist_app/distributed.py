"""Training on more than one device: the GPUs of one machine, or several machines.

`model.fit` of Keras 3 fails under `MultiWorkerMirroredStrategy` (keras-team/keras issue 20585), so
the training step here is one of its own; the callbacks are the same as in `training`.
"""

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from mnist_app import distractors, training
from mnist_app.architectures import build
from mnist_app.classifier import BATCH, as_network_input
from mnist_app.datasets import Dataset
from mnist_app.errors import DigitLabError
from mnist_app.settings import TrainingConfig
from mnist_app.training import Progress, TrainingResult

if TYPE_CHECKING:
    import keras
    import tensorflow as tf


def is_on() -> bool:
    """Whether `TF_CONFIG` names a cluster, or this machine has more than one GPU.

    Raises:
        DigitLabError: `TF_CONFIG` is no cluster that can be joined.
    """
    if _cluster():
        return True
    import tensorflow as tf

    return len(tf.config.list_physical_devices("GPU")) > 1


def is_chief() -> bool:
    """Whether this process is the one that saves the model: the chief, or the first worker."""
    task = _cluster().get("task", {"type": "chief", "index": 0})
    cluster = _cluster().get("cluster", {})
    return task["type"] == "chief" or ("chief" not in cluster and task["index"] == 0)


def _cluster() -> dict[str, Any]:
    """What `TF_CONFIG` says, empty when it names no cluster."""
    text = os.environ.get("TF_CONFIG", "")
    try:
        named = json.loads(text or "{}")
        if not named.get("cluster"):
            return {}
        kind, index = named["task"]["type"], named["task"]["index"]
        address = named["cluster"][kind][index]
        if kind in ("chief", "worker") and isinstance(address, str) and index >= 0:
            return dict(named)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError):
        pass
    raise DigitLabError(
        "TF_CONFIG names no cluster that this process is part of: it needs JSON such as "
        '{"cluster": {"worker": ["host:port", "host:port"]}, "task": {"type": "worker", '
        '"index": 0}}.'
    )


def strategy() -> "tf.distribute.Strategy":
    """The way to spread the work; made before anything else is done with TensorFlow.

    With a cluster it waits until all of its workers are there.

    Raises:
        DigitLabError: the cluster cannot be joined.
    """
    cluster = _cluster()
    import tensorflow as tf

    if not cluster:
        return tf.distribute.MirroredStrategy()
    try:
        return tf.distribute.MultiWorkerMirroredStrategy()
    except (tf.errors.OpError, RuntimeError, ValueError) as error:
        raise DigitLabError(
            "The cluster that TF_CONFIG names cannot be joined: see that each address is free on "
            "its own machine and reachable from the others, and start all workers together."
        ) from error


def train(
    strategy: "tf.distribute.Strategy",
    config: TrainingConfig,
    dataset: Dataset,
    report: Callable[[Progress], None] = lambda progress: None,
    should_stop: Callable[[], bool] = lambda: False,
    extra_images: np.ndarray | None = None,
    extra_labels: np.ndarray | None = None,
) -> TrainingResult:
    """Train a network on all devices of `strategy` together; see `training.train`.

    Each step takes one batch of `config.batch_size` pictures, divided among the devices, so that
    the run is the one that a single device would do. Every worker calls this with the same
    settings and pictures, and ends with the same model; all stop when one of them is told to.

    Raises:
        DigitLabError: the batch cannot be divided evenly, the precision is not 32 bits, a worker
            was lost; or as `training.train` does.
    """
    import keras

    _require_fitting(config, strategy.num_replicas_in_sync)
    keras.utils.set_random_seed(config.seed)
    parts = training.split(dataset, config)
    images, targets = _pictures(config, dataset, parts, extra_images, extra_labels)
    steps = len(images) // config.batch_size
    with strategy.scope():
        model = build(config.architecture, len(dataset.class_names))
        optimizer = training._optimizer(config, steps)
        optimizer.build(model.trainable_variables)
        # For the callbacks that look at both.
        model.compile(optimizer=optimizer)
    with _plain_words():
        return _run(strategy, model, config, parts, images, targets, report, should_stop)


def _run(
    strategy: "tf.distribute.Strategy",
    model: "keras.Model",
    config: TrainingConfig,
    parts: training.Split,
    images: np.ndarray,
    targets: np.ndarray,
    report: Callable[[Progress], None],
    should_stop: Callable[[], bool],
) -> TrainingResult:
    import keras

    told = False
    steps = len(images) // config.batch_size
    reporter = training._reporter(config, steps, report, lambda: told)
    callbacks = keras.callbacks.CallbackList(
        [*training._watchers(config), reporter], model=model, epochs=config.epochs, steps=steps
    )
    batches = strategy.experimental_distribute_dataset(_shards(images, targets, config))
    step = _step(strategy, model, config)
    judge = _judge(strategy, model, config, parts)
    started = time.perf_counter()
    callbacks.on_train_begin()
    try:
        for epoch in range(config.epochs):
            callbacks.on_epoch_begin(epoch)
            sums = np.zeros(3)
            for number, batch in enumerate(batches, start=1):
                loss, right, answered, stops = step(batch, float(should_stop())).numpy()
                told = bool(stops > 0)
                sums += (loss, right, answered)
                logs = {"loss": sums[0] / number, "accuracy": sums[1] / max(sums[2], 1)}
                callbacks.on_train_batch_end(number - 1, logs)
            _agree(strategy, model)
            callbacks.on_epoch_end(epoch, logs | judge())
            if model.stop_training:
                break
    except training._Stopped:
        told = True
        _agree(strategy, model)
    callbacks.on_train_end()
    progress = replace(reporter.progress, is_over=True)
    report(progress)
    return TrainingResult(_own(model), progress, time.perf_counter() - started, told)


def _require_fitting(config: TrainingConfig, devices: int) -> None:
    if config.batch_size % devices:
        raise DigitLabError(
            f"A batch of {config.batch_size} cannot be divided evenly among {devices} devices: "
            f"set batch_size to a multiple of {devices}."
        )
    if config.precision != "float32":
        raise DigitLabError("On more than one device set precision to float32.")


def _pictures(
    config: TrainingConfig,
    dataset: Dataset,
    parts: training.Split,
    extra_images: np.ndarray | None,
    extra_labels: np.ndarray | None,
) -> tuple[np.ndarray, np.ndarray]:
    """All that is learned from: uint8 (n, 28, 28), and targets, float (n, classes)."""
    import keras

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
    return images, targets


def _shards(images: np.ndarray, targets: np.ndarray, config: TrainingConfig) -> "tf.data.Dataset":
    """Batches of which each worker takes its own part; all of them draw the same ones."""
    import tensorflow as tf

    options = tf.data.Options()
    options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.DATA
    return training._training_batches(images, targets, config).with_options(options)


def _step(
    strategy: "tf.distribute.Strategy", model: "keras.Model", config: TrainingConfig
) -> Callable[[Any, float], "tf.Tensor"]:
    """One step on all devices -> mean loss, right answers, questions, and how many want to stop."""
    import keras
    import tensorflow as tf

    losses = keras.losses.CategoricalCrossentropy(
        label_smoothing=config.label_smoothing, reduction="sum"
    )

    def on_one_device(
        pictures: "tf.Tensor", targets: "tf.Tensor", stops: "tf.Tensor"
    ) -> "tf.Tensor":
        with tf.GradientTape() as tape:
            answers = model(pictures, training=True)
            # The optimiser adds up what the devices found.
            loss = losses(targets, answers) / config.batch_size
        gradients = tape.gradient(loss, model.trainable_variables)
        model.optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        has_answer = tf.reduce_max(targets, axis=1) > 0.5
        is_right = tf.argmax(answers, axis=1) == tf.argmax(targets, axis=1)
        right = tf.reduce_sum(tf.cast(has_answer & is_right, tf.float32))
        return tf.stack([loss, right, tf.reduce_sum(tf.cast(has_answer, tf.float32)), stops])

    def together(batch: Any, stops: "tf.Tensor") -> "tf.Tensor":
        return strategy.reduce("SUM", strategy.run(on_one_device, (*batch, stops)), axis=None)

    compiled = tf.function(together)
    return lambda batch, stops: compiled(batch, tf.constant(stops, tf.float32))


def _agree(strategy: "tf.distribute.Strategy", model: "keras.Model") -> None:
    """Make what each device counted for itself, as batch normalisation does, the mean of all."""
    counted = [
        variable for variable in model.non_trainable_variables if "float" in str(variable.dtype)
    ]
    means = _means(strategy, lambda: [variable.value for variable in counted])
    for variable, mean in zip(counted, means, strict=True):
        variable.assign(mean)


def _means(
    strategy: "tf.distribute.Strategy", values: Callable[[], list["tf.Tensor"]]
) -> list["tf.Tensor"]:
    """The mean over all devices of each of the values that every one of them has."""
    import tensorflow as tf

    of_devices = strategy.run(lambda: [tf.identity(value) for value in values()])
    return [strategy.reduce("MEAN", value, axis=None) for value in of_devices]


def _judge(
    strategy: "tf.distribute.Strategy",
    model: "keras.Model",
    config: TrainingConfig,
    parts: training.Split,
) -> Callable[[], dict[str, float]]:
    """Every worker reads all validation pictures, and the mean counts: all decide alike by it."""
    import keras
    import tensorflow as tf

    count = len(parts.validation_labels)
    losses = keras.losses.CategoricalCrossentropy(label_smoothing=config.label_smoothing)
    targets = keras.utils.to_categorical(parts.validation_labels, model.output_shape[-1])
    answer = tf.function(lambda batch: model(batch, training=False), reduce_retracing=True)

    def judge() -> dict[str, float]:
        if not count:
            return {}
        answers = np.concatenate(
            [
                answer(as_network_input(parts.validation_images[start : start + BATCH])).numpy()
                for start in range(0, count, BATCH)
            ]
        )
        right = (answers.argmax(axis=1) == parts.validation_labels).mean()
        found = [losses(targets, answers), tf.constant(right, tf.float32)]
        loss, accuracy = _means(strategy, lambda: found)
        return {"val_loss": float(loss), "val_accuracy": float(accuracy)}

    return judge


def _own(model: "keras.Model") -> "keras.Model":
    """The same network outside the strategy: it can be used when the other workers are gone."""
    own = type(model).from_config(model.get_config())
    own.set_weights(model.get_weights())
    return own


@contextmanager
def _plain_words() -> Iterator[None]:
    import tensorflow as tf

    try:
        yield
    except (tf.errors.UnavailableError, tf.errors.AbortedError, tf.errors.CancelledError) as error:
        raise DigitLabError(
            "Another worker of the cluster was lost: start all of them again."
        ) from error
