"""The formats in which networks want their pictures, found by trying.

How a network wants its pictures stands in no file. So labelled digits are shown to it in each of
the usual formats, and the one in which it reads best is taken.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from mnist_app.core.recognition.classifier import SIDE, as_network_input
from mnist_app.lab.networks.logits import LEAST_PROBABILITY

# Pictures that a network reads at once.
BATCH = 50
# Of formats as good as the best but for luck, the one with the lowest loss is taken.
TOLERANCE = 0.02
# A scale and an offset for pixels in 0..1, and what they make of them.
RANGES = (
    (1.0, 0.0, ""),
    (255.0, 0.0, "It wants pixels from 0 to 255."),
    (2.0, -1.0, "It wants pixels from -1 to 1."),
    (1 / 0.3081, -0.1307 / 0.3081, "It wants pixels that are 0 on average."),
)


@dataclass(frozen=True)
class InputFormat:
    """A format of pictures for a network.

    Attributes:
        scale, offset: for pixels in 0..1.
        range: what they make of them, in a sentence.
        is_inverted: dark ink on a light ground.
        is_transposed: with rows and columns exchanged.
    """

    scale: float
    offset: float
    range: str
    is_inverted: bool
    is_transposed: bool


INPUT_FORMATS = tuple(
    InputFormat(*pixels, is_inverted, is_transposed)
    for is_transposed in (False, True)
    for is_inverted in (False, True)
    for pixels in RANGES
)


@dataclass(frozen=True)
class Trial:
    """The answers of a network to digits that are shown to it in one format.

    Attributes:
        right: how many it reads right.
        loss: the mean of -log of the right answers' probabilities.
    """

    form: InputFormat
    right: int
    loss: float


def input_size(model: keras.Model) -> tuple[int, int] | None:
    """Return the side and the channels of the square pictures a network takes; None if of others.

    Pictures in one row are square too where their number of pixels is.
    """
    match [size or SIDE for size in model.input_shape[1:]]:
        case [pixels] if math.isqrt(pixels) ** 2 == pixels:
            return math.isqrt(pixels), 1
        case [height, width] if height == width:
            return height, 1
        case [height, width, (1 | 3) as channels] if height == width:
            return height, channels
    return None


def formatted(pictures: Any, form: InputFormat, model: keras.Model) -> Any:
    """Return pictures, (n, 28, 28, 1) in 0..1, as a network gets them in one format.

    Args:
        pictures: symbolic, or numbers.
        model: with an `input_size`.
    """
    side, channels = input_size(model) or (SIDE, 1)
    scale, offset = form.scale, form.offset
    if form.is_inverted:
        scale, offset = -scale, scale + offset
    if form.is_transposed:
        pictures = layers.Permute((2, 1, 3), name="adapted_sides")(pictures)
    if side != SIDE:
        pictures = layers.Resizing(side, side, name="adapted_size")(pictures)
    if (scale, offset) != (1.0, 0.0):
        pictures = layers.Rescaling(scale, offset, name="adapted_range")(pictures)
    if channels > 1:
        pictures = layers.Concatenate(name="adapted_colours")([pictures] * channels)
    if len(model.input_shape) < 4:
        shape = (side * side,) if len(model.input_shape) == 2 else (side, side)
        pictures = layers.Reshape(shape, name="adapted_shape")(pictures)
    return pictures


def best_format(model: keras.Model, images: np.ndarray, labels: np.ndarray) -> tuple[Trial, bool]:
    """Return how a network reads digits in the best format, and whether it answers in logits.

    Args:
        model: with an `input_size` and ten answers.
        images: uint8 (n, 28, 28), 255 is full ink.
        labels: int64 (n,).
    """
    answer = tf.function(lambda batch: model(batch, training=False), reduce_retracing=True)
    answers = [
        np.concatenate(list(_answers(answer, images, form, model))) for form in INPUT_FORMATS
    ]
    # In a wrong format some give no numbers at all.
    gives_logits = not any(map(_are_probabilities, answers))
    trials = [
        _trial(form, keras.ops.softmax(found).numpy() if gives_logits else found, labels)
        for form, found in zip(INPUT_FORMATS, answers, strict=True)
    ]
    enough = max(trial.right for trial in trials) - TOLERANCE * len(labels)
    best = min((one for one in trials if one.right >= enough), key=lambda one: one.loss)
    return best, gives_logits


def _answers(
    answer: Any, images: np.ndarray, form: InputFormat, model: keras.Model
) -> Iterator[np.ndarray]:
    for start in range(0, len(images), BATCH):
        pictures = as_network_input(images[start : start + BATCH])
        yield np.asarray(answer(formatted(pictures, form, model)), np.float32)


def _are_probabilities(answers: np.ndarray) -> bool:
    return bool((answers >= 0).all() and np.allclose(answers.sum(axis=1), 1, atol=0.01))


def _trial(form: InputFormat, probabilities: np.ndarray, labels: np.ndarray) -> Trial:
    """Count the right answers; what is no number counts as none."""
    known = np.nan_to_num(probabilities)
    chances = np.maximum(known[np.arange(len(labels)), labels], LEAST_PROBABILITY)
    right = int((known.argmax(axis=1) == labels).sum())
    return Trial(form, right, float(-np.log(chances).mean()))
