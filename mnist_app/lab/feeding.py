"""The pictures of a run: which ones are learned from, and in what order and variation."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mnist_app import distractors
from mnist_app.datasets import Dataset
from mnist_app.errors import DigitLabError
from mnist_app.lab import augmentation
from mnist_app.settings import TrainingConfig

if TYPE_CHECKING:
    import tensorflow as tf


@dataclass(frozen=True)
class Split:
    """Pictures uint8 (n, 28, 28) and labels int64 (n,) to learn from and to check with.

    `validation_indices`, int64 (n,), are the latter's places in the data set's training pictures.
    """

    images: np.ndarray
    labels: np.ndarray
    validation_images: np.ndarray
    validation_labels: np.ndarray
    validation_indices: np.ndarray


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
        checked,
    )


def lessons(
    config: TrainingConfig,
    parts: Split,
    classes: int,
    extra_images: np.ndarray | None = None,
    extra_labels: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """All that is learned from: pictures uint8 (n, 28, 28), and answers, float (n, classes)."""
    import keras

    images, labels = parts.images, parts.labels
    if extra_images is not None and extra_labels is not None:
        images = np.concatenate([images, extra_images])
        labels = np.concatenate([labels, extra_labels])
    targets = keras.utils.to_categorical(labels, classes)
    if config.distractors:
        none = distractors.make(round(len(images) * config.distractors), config.seed)
        images = np.concatenate([images, none])
        targets = np.concatenate([targets, np.full((len(none), classes), 1 / classes)])
    return images, targets


class Feed:
    """Batches of training pictures, whole ones only.

    Their order and variation follow from the seed and the epoch alone, so a run can be taken up at
    any step.

    Attributes:
        pictures: how many there are.
        steps: how many batches an epoch has.
    """

    def __init__(
        self,
        images: np.ndarray,
        targets: np.ndarray,
        config: TrainingConfig,
    ) -> None:
        """Feed pictures, uint8 (n, 28, 28), with their answers, float (n, classes)."""
        import tensorflow as tf

        self.pictures, self.steps = len(images), len(images) // config.batch_size
        # Where data are read, also on a machine with a GPU.
        with tf.device("CPU:0"):
            self._epoch = tf.Variable(0, dtype=tf.int64, trainable=False)
            self._start = tf.Variable(0, dtype=tf.int64, trainable=False)
        self._batches = self._pipeline(images, targets, config)

    def batches(self, epoch: int, start: int = 0) -> "tf.data.Dataset":
        """The batches of an epoch from step `start` on; one epoch at a time."""
        self._epoch.assign(epoch)
        self._start.assign(start)
        return self._batches

    def _pipeline(
        self, images: np.ndarray, targets: np.ndarray, config: TrainingConfig
    ) -> "tf.data.Dataset":
        import tensorflow as tf

        # One byte a pixel stays in memory; batches become floats one at a time.
        pixels, answers = tf.constant(images), tf.constant(targets, tf.float32)

        def epoch(_: "tf.Tensor") -> "tf.data.Dataset":
            chance = tf.random.stateless_uniform((len(images),), [config.seed, self._epoch])
            order = tf.argsort(chance)[: self.steps * config.batch_size]
            chosen = tf.reshape(order, (self.steps, config.batch_size))
            numbers = self._epoch * self.steps + tf.range(self.steps, dtype=tf.int64)
            return tf.data.Dataset.from_tensor_slices((chosen, numbers)).skip(self._start)

        def batch(indices: "tf.Tensor", number: "tf.Tensor") -> tuple["tf.Tensor", "tf.Tensor"]:
            floats = tf.cast(tf.gather(pixels, indices), tf.float32)[..., None] / 255
            if augmentation.is_on(config):
                floats = augmentation.augment(floats, tf.stack([config.seed, number]), config)
            return floats, tf.gather(answers, indices)

        batches = tf.data.Dataset.range(1).flat_map(epoch).map(batch, num_parallel_calls=2)
        return batches.prefetch(2).with_options(_untuned())


def _untuned() -> "tf.data.Options":
    """No tuning while it runs: its thread, asleep for up to a minute, is waited for at each end."""
    import tensorflow as tf

    options = tf.data.Options()
    options.autotune.enabled = False
    return options
