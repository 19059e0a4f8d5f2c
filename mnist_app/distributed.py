"""Training on more than one device: the GPUs of one machine, or several machines.

`model.fit` of Keras 3 fails under `MultiWorkerMirroredStrategy` (keras-team/keras issue 20585), so
the training step here is one of its own; all else of a run is as in `training`.
"""

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mnist_app import limits, training
from mnist_app.architectures import build
from mnist_app.datasets import Dataset
from mnist_app.errors import DigitLabError
from mnist_app.feeding import Feed, split
from mnist_app.progress import Progress
from mnist_app.settings import TrainingConfig
from mnist_app.steering import Steering
from mnist_app.training import TrainingResult
from mnist_app.watching import Watcher

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
    steering: Steering | None = None,
    extra_images: np.ndarray | None = None,
    extra_labels: np.ndarray | None = None,
    *,
    watch: bool = True,
    drawing: np.ndarray | None = None,
    checkpoint_folder: Path | None = None,
    resume_from: Path | None = None,
) -> TrainingResult:
    """Train a network on all devices of `strategy` together; see `training.train`.

    Each step takes one batch of `config.batch_size` pictures, divided among the devices, so that
    the run is the one that a single device would do. Every worker calls this with the same
    settings and pictures, and ends with the same model; all stop when one of them is told to,
    which is all that they can be told.

    Raises:
        DigitLabError: the batch cannot be divided evenly, the precision is not 32 bits, a
            checkpoint is asked for, a worker was lost; or as `training.train` does.
    """
    import keras

    _require_fitting(config, strategy.num_replicas_in_sync)
    if checkpoint_folder is not None or resume_from is not None:
        raise DigitLabError("On more than one device no checkpoints are kept: leave them out.")
    run_until = time.monotonic() + 60 * limits.most_minutes()
    keras.utils.set_random_seed(config.seed)
    parts = split(dataset, config)
    classes = len(dataset.class_names)
    feed = Feed(*training.lessons(config, parts, classes, extra_images, extra_labels), config)
    with strategy.scope():
        model = build(config.architecture, classes, config.dropout, config.layers)
        limits.require_weights(model.count_params())
        run = _Run(
            config,
            model,
            feed,
            parts,
            Watcher(model, dataset, drawing),
            report,
            steering or Steering(),
            run_until,
            watch,
            None,
        )
    run.share(strategy)
    started = time.perf_counter()
    with _plain_words():
        stopped = run.go()
    return TrainingResult(_own(model), run.progress, time.perf_counter() - started, stopped)


class _Run(training._Run):
    """A run of which each device does a part of every step."""

    def share(self, strategy: "tf.distribute.Strategy") -> None:
        """Divide the work as `strategy` does; called once, before it goes."""
        self._strategy = strategy
        self._step = _step(strategy, self._learner, self._config)
        self._is_told_to_stop = False

    def _learn(self) -> None:
        standing = self._standing
        self._before = (0, 0.0, 0.0)
        self._resumed = time.perf_counter()
        sums = np.zeros(3)
        try:
            for steps, batch in enumerate(self._feed.batches(standing.epoch), start=1):
                found = self._step(_divided(self._strategy, batch), self._wants_to_stop()).numpy()
                sums += found[:3]
                self._is_told_to_stop = bool(found[3] > 0)
                loss, right, answered = sums
                self.after_step(steps, loss / steps, right / max(answered, 1))
        except training._Stopped:
            _agree(self._strategy, self._learner)
            raise
        _agree(self._strategy, self._learner)

    def _wants_to_stop(self) -> bool:
        return self._steering.should_stop() or time.monotonic() >= self._run_until

    def _obey(self) -> None:
        self._stop_if_told()

    def _stop_if_told(self) -> None:
        # Only what all were told in a step: who stops alone leaves the others waiting.
        if self._is_told_to_stop:
            super()._stop_if_told()
            raise training._Stopped

    def _compare(self, loss: float) -> None:
        """By the mean of what all workers found, so that all decide alike."""
        import tensorflow as tf

        (mean,) = _means(self._strategy, lambda: [tf.constant(loss, tf.float32)])
        super()._compare(float(mean))


def _require_fitting(config: TrainingConfig, devices: int) -> None:
    if config.batch_size % devices:
        raise DigitLabError(
            f"A batch of {config.batch_size} cannot be divided evenly among {devices} devices: "
            f"set batch_size to a multiple of {devices}."
        )
    if config.precision != "float32":
        raise DigitLabError("On more than one device set precision to float32.")


def _divided(strategy: "tf.distribute.Strategy", batch: tuple["tf.Tensor", "tf.Tensor"]) -> Any:
    """A batch of pictures and answers, of which each device has its own part.

    All workers draw the same batches.
    """

    def part(context: "tf.distribute.ValueContext") -> tuple["tf.Tensor", "tf.Tensor"]:
        size = len(batch[0]) // context.num_replicas_in_sync
        start = context.replica_id_in_sync_group * size
        pictures, answers = batch
        return pictures[start : start + size], answers[start : start + size]

    return strategy.experimental_distribute_values_from_function(part)


def _step(
    strategy: "tf.distribute.Strategy", model: "keras.Model", config: TrainingConfig
) -> Callable[[Any, bool], "tf.Tensor"]:
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
    return lambda batch, stops: compiled(batch, tf.constant(float(stops)))


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
