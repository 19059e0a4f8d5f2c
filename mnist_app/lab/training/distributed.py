"""Training on more than one device: the GPUs of one machine, or several machines.

`model.fit` of Keras 3 fails under `MultiWorkerMirroredStrategy` (keras-team/keras issue 20585), so
the training step here is one of its own; all else of a run is as in `fit`.
"""

import itertools
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from mnist_app.core.errors import DigitLabError
from mnist_app.core.settings import TrainingConfig
from mnist_app.lab.networks import cloning
from mnist_app.lab.training import compilation
from mnist_app.lab.training.engine import Callbacks, Engine, Wish


def is_on() -> bool:
    """Return whether `TF_CONFIG` names a cluster, or this machine has more than one GPU.

    Raises:
        DigitLabError: `TF_CONFIG` is no cluster that can be joined.
    """
    if _cluster():
        return True
    return len(tf.config.list_physical_devices("GPU")) > 1


def is_chief() -> bool:
    """Return whether this process saves the model: the chief does, or the first worker."""
    task = _cluster().get("task", {"type": "chief", "index": 0})
    cluster = _cluster().get("cluster", {})
    return task["type"] == "chief" or ("chief" not in cluster and task["index"] == 0)


def _cluster() -> dict[str, Any]:
    """Parse `TF_CONFIG`; empty when it names no cluster."""
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
        "TF_CONFIG must name a cluster and this computer's place in it, in JSON such as "
        '{"cluster": {"worker": ["host:port", "host:port"]}, "task": {"type": "worker", '
        '"index": 0}}.'
    )


def strategy() -> tf.distribute.Strategy:
    """Return the way to spread the work; made before anything else is done with TensorFlow.

    With a cluster it waits until all of its workers are there.

    Raises:
        DigitLabError: the cluster cannot be joined.
    """
    cluster = _cluster()
    if not cluster:
        return tf.distribute.MirroredStrategy()
    try:
        return tf.distribute.MultiWorkerMirroredStrategy()
    except (tf.errors.OpError, RuntimeError, ValueError) as error:
        raise DigitLabError(
            "The cluster in TF_CONFIG cannot be joined. Check that each address is free on its own "
            "computer and can be reached from the others, and start all workers together."
        ) from error


class SharedEngine(Engine):
    """Runs the steps of one training on all devices of a strategy together.

    Each step takes one batch of `batch_size` pictures, divided among the devices, so that the run
    is the one that a single device would do. Every worker trains with the same settings and
    pictures, and ends with the same weights; all stop when one of them is stopped.
    """

    is_shared = True

    def __init__(self, strategy: tf.distribute.Strategy) -> None:
        """Spread the work as `strategy` does, see `strategy()`."""
        self._strategy = strategy
        self._is_stop_agreed = False

    def take(self, model: keras.Model, config: TrainingConfig, steps: int) -> keras.Model:
        """Make a copy ready to learn on all devices; the network itself stays where it is.

        Raises:
            DigitLabError: the batch cannot be divided evenly, or the precision is not 32 bits.
        """
        _require_fitting(config, self._strategy.num_replicas_in_sync)
        with self._strategy.scope():
            self._learner = compilation.compile_model(cloning.copy(model), config, steps)
        self._step, self._steps = _step(self._strategy, self._learner, config), steps
        return self._learner

    def fit(
        self, batches: tf.data.Dataset, epochs: range, callbacks: Callbacks, wish: Wish
    ) -> None:
        """Train with all others; see `Engine.fit`."""
        observers = keras.callbacks.CallbackList(callbacks, model=self._learner)
        self._learner.stop_training = False
        with _plain_words():
            observers.on_train_begin()
            rest = iter(batches)
            for epoch in epochs:
                observers.on_epoch_begin(epoch)
                logs = self._learn(itertools.islice(rest, self._steps), observers, wish)
                _agree(self._strategy, self._learner)
                observers.on_epoch_end(epoch, logs)
                if self._learner.stop_training:
                    break
            observers.on_train_end()

    def _learn(
        self, batches: Iterator[Any], observers: keras.callbacks.CallbackList, wish: Wish
    ) -> dict[str, float]:
        """Do the steps of an epoch, until a callback stops it; gives what is logged of them."""
        sums, logs = np.zeros(3), {}
        for done, batch in enumerate(batches, start=1):
            found = self._step(_divided(self._strategy, batch), wish()).numpy()
            sums += found[:3]
            self._is_stop_agreed = bool(found[3] > 0)
            loss, right, answered = map(float, sums)
            logs = {"loss": loss / done, "accuracy": right / max(answered, 1)}
            observers.on_train_batch_end(done - 1, logs)
            if self._learner.stop_training:
                break
        return logs

    def agrees_to_stop(self, wish: bool) -> bool:
        """Return only what all learned in a step: who stops alone leaves the others waiting."""
        return self._is_stop_agreed

    def mean(self, value: float) -> float:
        """Return the mean of what all workers found, so that all decide alike."""
        with _plain_words():
            (mean,) = _means(self._strategy, lambda: [tf.constant(value, tf.float32)])
        return float(mean)


def _require_fitting(config: TrainingConfig, devices: int) -> None:
    if config.batch_size % devices:
        raise DigitLabError(
            f"A batch of {config.batch_size} cannot be shared equally among {devices} devices. "
            f"Set --batch-size to a multiple of {devices}."
        )
    if config.precision != "float32":
        raise DigitLabError("Training on several devices needs --precision float32.")


def _divided(strategy: tf.distribute.Strategy, batch: tuple[tf.Tensor, tf.Tensor]) -> Any:
    """Divide a batch of pictures and answers among the devices.

    All workers draw the same batches.
    """

    def part(context: Any) -> tuple[tf.Tensor, tf.Tensor]:
        size = len(batch[0]) // context.num_replicas_in_sync
        start = context.replica_id_in_sync_group * size
        pictures, answers = batch
        return pictures[start : start + size], answers[start : start + size]

    return strategy.experimental_distribute_values_from_function(part)


def _step(
    strategy: tf.distribute.Strategy, model: keras.Model, config: TrainingConfig
) -> Callable[[Any, bool], tf.Tensor]:
    """Compile one step on all devices: it returns loss, right answers, questions and stop votes."""
    losses = keras.losses.CategoricalCrossentropy(
        label_smoothing=config.label_smoothing, reduction="sum"
    )

    def on_one_device(pictures: tf.Tensor, targets: tf.Tensor, stops: tf.Tensor) -> tf.Tensor:
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

    def together(batch: Any, stops: tf.Tensor) -> tf.Tensor:
        return strategy.reduce("SUM", strategy.run(on_one_device, (*batch, stops)), axis=None)

    compiled = tf.function(together)
    return lambda batch, stops: compiled(batch, tf.constant(float(stops)))


def _agree(strategy: tf.distribute.Strategy, model: keras.Model) -> None:
    """Make what each device counted for itself, as batch normalisation does, the mean of all."""
    counted = [
        variable for variable in model.non_trainable_variables if "float" in str(variable.dtype)
    ]
    means = _means(strategy, lambda: [variable.value for variable in counted])
    for variable, mean in zip(counted, means, strict=True):
        variable.assign(mean)


def _means(
    strategy: tf.distribute.Strategy, values: Callable[[], list[tf.Tensor]]
) -> list[tf.Tensor]:
    """Return the mean over all devices of each value."""
    of_devices = strategy.run(lambda: [tf.identity(value) for value in values()])
    return [strategy.reduce("MEAN", value, axis=None) for value in of_devices]


@contextmanager
def _plain_words() -> Iterator[None]:
    try:
        yield
    except (tf.errors.UnavailableError, tf.errors.AbortedError, tf.errors.CancelledError) as error:
        raise DigitLabError(
            "Another worker of the cluster was lost. Start all of them again."
        ) from error
