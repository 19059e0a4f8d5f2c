"""The input pipeline: which pictures are learned from, in what order and variation."""

from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf
from sklearn.model_selection import train_test_split

from mnist_app.core.data import distractors
from mnist_app.core.data.datasets import Dataset
from mnist_app.core.errors import DigitLabError
from mnist_app.core.settings import TrainingConfig, has_effect
from mnist_app.lab.training import augmentation


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
    indices = np.random.default_rng(config.seed).permutation(len(dataset.train_labels))
    wanted = round(len(indices) * config.train_share)
    indices = indices[: min(wanted, config.limit or wanted)]
    kept = round(len(indices) * config.validation_share)
    if len(indices) - kept < config.batch_size:
        raise DigitLabError(
            f"Only {len(indices) - kept} pictures are left to train on, fewer than one batch. "
            "Use more of the training set or a smaller batch."
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


def training_examples(
    config: TrainingConfig,
    parts: Split,
    classes: int,
    extra_images: np.ndarray | None = None,
    extra_labels: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Return what is learned from: pictures uint8 (n, 28, 28), answers float (n, classes)."""
    images, labels = parts.images, parts.labels
    if extra_images is not None and extra_labels is not None:
        images = np.concatenate([images, extra_images])
        labels = np.concatenate([labels, extra_labels])
    targets = keras.utils.to_categorical(labels, classes)
    if config.distractors and has_effect("distractors", config.as_dict()):
        none = distractors.make(round(len(images) * config.distractors), config.seed)
        images = np.concatenate([images, none])
        targets = np.concatenate([targets, np.full((len(none), classes), 1 / classes)])
    return images, targets


class InputPipeline:
    """Batches of training pictures, whole ones only.

    Their order and variation follow from the seed and the epoch alone, so a run can continue from
    any epoch.

    Attributes:
        steps: how many batches an epoch has.
    """

    def __init__(self, images: np.ndarray, targets: np.ndarray, config: TrainingConfig) -> None:
        """Feed pictures, uint8 (n, 28, 28), with their answers, float (n, classes)."""
        self.steps = len(images) // config.batch_size
        self._config = config
        # One byte a pixel stays in memory; batches become floats one at a time.
        self._pixels, self._answers = tf.constant(images), tf.constant(targets, tf.float32)

    def batches(self, first: int = 0) -> tf.data.Dataset:
        """Return the batches of all epochs from `first` on, without end."""
        epochs = tf.data.Dataset.counter(first)
        batches = epochs.flat_map(self._epoch).map(self._batch, num_parallel_calls=2)
        return batches.prefetch(2).with_options(without_autotuning())

    def _epoch(self, epoch: tf.Tensor) -> tf.data.Dataset:
        """Return the indices of each batch of an epoch, and its number in the whole run."""
        size = self._config.batch_size
        chance = tf.random.stateless_uniform((len(self._pixels),), [self._config.seed, epoch])
        order = tf.argsort(chance)[: self.steps * size]
        numbers = epoch * self.steps + tf.range(self.steps, dtype=tf.int64)
        chosen = tf.reshape(order, (self.steps, size))
        return tf.data.Dataset.from_tensor_slices((chosen, numbers))

    def _batch(self, indices: tf.Tensor, number: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        floats = tf.cast(tf.gather(self._pixels, indices), tf.float32)[..., None] / 255
        if augmentation.is_on(self._config):
            seed = tf.stack([self._config.seed, number])
            floats = augmentation.augment(floats, seed, self._config)
        return floats, tf.gather(self._answers, indices)


def without_autotuning() -> tf.data.Options:
    """Return options without tuning.

    Its thread, asleep for up to a minute, would be waited for at each end.
    """
    options = tf.data.Options()
    options.autotune.enabled = False
    return options
