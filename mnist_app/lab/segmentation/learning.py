"""Make the segmentation network: `python -m mnist_app.lab.segmentation.learning`."""

import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from pathlib import Path

import click
import keras
import numpy as np
import tensorflow as tf

from mnist_app.core import files
from mnist_app.core.data import composed_numbers, datasets, pen_digits
from mnist_app.core.errors import DigitLabError
from mnist_app.core.recognition.segmentation.network import HEIGHT, SEGMENTATION, evened
from mnist_app.lab.segmentation.architecture import build, to_litert

SHAPE = (48, 160)
# Heights of digits that it learns from, as multiples of the one that it is asked with.
HEIGHTS = (0.68, 1.5)
COMPOSITIONS = 40_000
CHUNK = 500
KEPT_ASIDE = 1_000
EPOCHS = 8
BATCH = 32
LEARNING_RATE = 2e-3
WEIGHT_DECAY = 1e-4
# Whether a pixel belongs to a character is easier than where its centre is.
BELONGING_WEIGHT = 0.5
# Paler pixels are not asked about.
FAINT = 0.1


@click.command()
@click.option("--compositions", type=click.IntRange(CHUNK), default=COMPOSITIONS)
@click.option("--epochs", type=click.IntRange(1), default=EPOCHS)
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), default=SEGMENTATION)
def main(compositions: int, epochs: int, output: Path) -> None:
    """Compose numbers, learn to segment them, and write the LiteRT form."""
    try:
        pictures, targets = composed(compositions + KEPT_ASIDE)
    except DigitLabError as error:
        raise click.ClickException(str(error)) from error
    model = learned(pictures, targets, epochs)
    with files.atomic_write(output) as draft:
        draft.write_bytes(to_litert(model))


def composed(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Compose numbers of writers who may be trained on, in all cores.

    Returns:
        The ink, uint8 (count, height, width), and what the network should say of it, float16
        (count, height, width, 3): 1 where it belongs to a character, else 0, and how many heights
        of a digit below and right of each pixel the character's centre is.

    Raises:
        DigitLabError: MNIST or the pen strokes are missing.
    """
    _writing()
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        chunks = list(pool.map(_composed, range(-(-count // CHUNK))))
    pictures, targets = (np.concatenate(parts)[:count] for parts in zip(*chunks, strict=True))
    return pictures, targets


def learned(pictures: np.ndarray, targets: np.ndarray, epochs: int) -> keras.Model:
    """Learn from compositions; the last ones are kept aside and only measured."""
    model = build()
    steps = epochs * ((len(pictures) - KEPT_ASIDE) // BATCH)
    rate = keras.optimizers.schedules.CosineDecay(
        LEARNING_RATE / 20, steps, warmup_target=LEARNING_RATE, warmup_steps=min(200, steps // 4)
    )
    model.compile(
        keras.optimizers.AdamW(rate, weight_decay=WEIGHT_DECAY, clipnorm=1.0), segmentation_loss
    )
    model.fit(
        _batches(pictures[:-KEPT_ASIDE], targets[:-KEPT_ASIDE]),
        validation_data=_batches(pictures[-KEPT_ASIDE:], targets[-KEPT_ASIDE:]),
        epochs=epochs,
        shuffle=False,
        verbose=2,
    )
    return model


def segmentation_loss(targets: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
    """Weigh cross-entropy of belonging, and the distance to the centre, by the ink.

    Args:
        targets: float32 (n, h, w, 4), as `composed` gives them, and the weight of each pixel.
        outputs: float32 (n, h, w, 3).
    """
    belongs, offsets, weights = targets[..., 0], targets[..., 1:3], targets[..., 3]
    doubt = tf.nn.sigmoid_cross_entropy_with_logits(labels=belongs, logits=outputs[..., 0])
    missed = tf.reduce_sum(tf.abs(outputs[..., 1:] - offsets), axis=-1)
    return BELONGING_WEIGHT * _mean(doubt, weights) + _mean(missed, weights * belongs)


def _mean(values: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
    return tf.reduce_sum(values * weights) / tf.maximum(tf.reduce_sum(weights), 1.0)


def _batches(pictures: np.ndarray, targets: np.ndarray) -> tf.data.Dataset:
    def prepared(picture: tf.Tensor, target: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        ink = tf.cast(picture, tf.float32)[..., None] / 255
        weights = tf.where(ink > FAINT, tf.sqrt(ink), 0)
        return ink, tf.concat([tf.cast(target, tf.float32), weights], axis=-1)

    chosen = tf.data.Dataset.from_generator(
        lambda: _shuffled(len(pictures)), output_signature=tf.TensorSpec((None,), tf.int64)
    )
    count = len(pictures) // BATCH
    return (
        chosen.map(lambda indices: _taken(pictures, targets, indices))
        .map(prepared)
        .prefetch(2)
        .apply(tf.data.experimental.assert_cardinality(count))
    )


def _shuffled(count: int) -> Iterator[np.ndarray]:
    order = np.random.default_rng().permutation(count)
    yield from order[: count // BATCH * BATCH].reshape(-1, BATCH)


def _taken(
    pictures: np.ndarray, targets: np.ndarray, indices: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    picture, target = tf.numpy_function(
        lambda chosen: (pictures[chosen], targets[chosen]), [indices], (tf.uint8, tf.float16)
    )
    picture.set_shape((BATCH, *SHAPE))
    target.set_shape((BATCH, *SHAPE, 3))
    return picture, target


def _composed(chunk: int) -> tuple[np.ndarray, np.ndarray]:
    chance = np.random.default_rng(chunk)
    pictures, targets = [], []
    for _ in range(CHUNK):
        height = HEIGHT * np.exp(chance.uniform(*np.log(HEIGHTS)))
        composition = composed_numbers.compose(_writing(), height, SHAPE, chance)
        pictures.append(np.round(evened(composition.ink) * 255).astype(np.uint8))
        targets.append(_target(composition))
    return np.stack(pictures), np.stack(targets)


def _target(composition: composed_numbers.Composition) -> np.ndarray:
    belongs = composition.owners >= 0
    target = np.zeros((*belongs.shape, 3), np.float16)
    target[belongs, 0] = 1
    centres = composition.centres[composition.owners[belongs]]
    target[belongs, 1:] = (centres - np.argwhere(belongs)) / HEIGHT
    return target


@cache
def _writing() -> composed_numbers.Writing:
    """Read those who may be trained on."""
    mnist = datasets.load("mnist", allow_download=False)
    strokes = Path(os.environ.get("MNIST_APP_DATA", "")) / pen_digits.PEN_STROKES
    hands = pen_digits.hands(strokes, held_out=False)
    return composed_numbers.Writing(hands, mnist.train_images, mnist.train_labels)


if __name__ == "__main__":
    main(prog_name="python -m mnist_app.lab.segmentation.learning")
