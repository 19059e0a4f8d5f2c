"""Augmentation: small random changes of a picture that leave it the same digit.

Nearly all are one warp of the picture (Simard, Steinkraus, Platt, "Best practices for
convolutional neural networks applied to visual document analysis", 2003), one change of its
stroke width, and spots rubbed out of it (after Zhong et al., "Random erasing data augmentation",
2017). Mirroring, for clothes and for seeing what goes wrong, does not leave every digit what
it was.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from keras import ops

from mnist_app.core.jobs.run_control import RunControl
from mnist_app.core.recognition.classifier import as_network_input
from mnist_app.core.settings import SETTINGS, TrainingConfig

# Elastic distortion is random on this coarse a grid, and smooth between its points.
ELASTIC_GRID = 6
# What is rubbed out follows a rougher one: spots of two or three pixels, which break thin strokes.
ERASING_GRID = 10
# How quickly ink fades at the edge of a spot.
ERASING_CONTRAST = 5.0


def is_on(config: TrainingConfig) -> bool:
    """Return True when any augmentation is asked for."""
    return any(getattr(config, row.name) for row in SETTINGS if row.group == "Augmentation")


def examples(
    images: np.ndarray,
    seed: int,
    configs: Sequence[TrainingConfig],
    *,
    report: Callable[[Any], None],
    control: RunControl,
) -> list[np.ndarray]:
    """Return a changed copy of each picture, uint8 (n, 28, 28), by each of `configs`.

    Args:
        images: uint8 (n, 28, 28).
        seed: the same one makes the same changes.
    """
    inputs = tf.constant(as_network_input(images))
    return [
        np.round(augment(inputs, tf.constant([seed, 0]), config)[..., 0] * 255).astype(np.uint8)
        for config in configs
    ]


def augment(images: tf.Tensor, seed: tf.Tensor, config: TrainingConfig) -> tf.Tensor:
    """Change each image at random, within the limits of `config`.

    Args:
        images: float32 (n, height, width, 1) in 0..1.
        seed: int32 or int64 (2,); the same seed makes the same changes.

    Returns:
        float32 of the same shape and range.
    """
    seeds = tf.unstack(tf.random.split(tf.cast(seed, tf.int32), 5))
    changed = _mirror(images, seeds[3], config.flip) if config.flip else images
    changed = _warp(changed, seeds[0], seeds[1], config)
    if config.thickness:
        changed = _thicken(changed, seeds[2], config.thickness)
    return _erase(changed, seeds[4], config.erasing) if config.erasing else changed


def _mirror(images: tf.Tensor, seed: tf.Tensor, fraction: float) -> tf.Tensor:
    chosen = tf.random.stateless_uniform((tf.shape(images)[0], 1, 1, 1), seed) < fraction
    return tf.where(chosen, tf.reverse(images, [2]), images)


def _warp(
    images: tf.Tensor, affine_seed: tf.Tensor, elastic_seed: tf.Tensor, config: TrainingConfig
) -> tf.Tensor:
    """Rotate, shear, zoom, shift and bend each image."""
    count, height, width = tf.unstack(tf.shape(images)[:3])
    centre_y = (tf.cast(height, tf.float32) - 1) / 2
    centre_x = (tf.cast(width, tf.float32) - 1) / 2
    chance = tf.random.stateless_uniform((6, count), affine_seed, -1, 1)
    angle = chance[0] * math.radians(config.rotation)
    shear = tf.tan(chance[1] * math.radians(config.shear))
    stretch_y = 1 / (1 + chance[2] * config.zoom)
    stretch_x = 1 / (1 + chance[3] * config.zoom)
    sine, cosine = tf.sin(angle), tf.cos(angle)
    y_from_y, y_from_x = (cosine - sine * shear) * stretch_y, -sine * stretch_y
    x_from_y, x_from_x = (sine + cosine * shear) * stretch_x, cosine * stretch_x
    start_y = centre_y * (1 - y_from_y) - centre_x * y_from_x + chance[4] * config.shift
    start_x = centre_x * (1 - x_from_x) - centre_y * x_from_y + chance[5] * config.shift
    parts = [x_from_x, x_from_y, start_x, y_from_x, y_from_y, start_y]
    if config.elastic:
        return _resample(images, parts, elastic_seed, config)
    # The same by a kernel of TensorFlow's own, ten times as fast.
    nothing = tf.zeros_like(angle)
    return tf.raw_ops.ImageProjectiveTransformV3(
        images=images,
        transforms=tf.stack([*parts, nothing, nothing], axis=1),
        output_shape=[height, width],
        fill_value=0.0,
        interpolation="BILINEAR",
    )


def _resample(
    images: tf.Tensor, parts: list[tf.Tensor], seed: tf.Tensor, config: TrainingConfig
) -> tf.Tensor:
    """Warp as `_warp` does, with elastic distortion.

    Args:
        parts: of each image what x and then y of its origin take from x, from y and for
            themselves, six of float32 (n,).
    """
    count, height, width = tf.unstack(tf.shape(images)[:3])
    rows, columns = tf.meshgrid(
        tf.range(height, dtype=tf.float32), tf.range(width, dtype=tf.float32), indexing="ij"
    )
    x_from_x, x_from_y, start_x, y_from_x, y_from_y, start_y = (
        part[:, None, None] for part in parts
    )
    coarse = tf.random.stateless_uniform(
        (count, ELASTIC_GRID, ELASTIC_GRID, 2), seed, -config.elastic, config.elastic
    )
    displacement = tf.image.resize(coarse, (height, width), method="bicubic")
    source_y = y_from_x * columns + y_from_y * rows + start_y + displacement[..., 0]
    source_x = x_from_x * columns + x_from_y * rows + start_x + displacement[..., 1]
    which = tf.broadcast_to(
        tf.range(count, dtype=tf.float32)[:, None, None], (count, height, width)
    )
    coordinates = tf.stack([which, source_y, source_x])
    moved = ops.image.map_coordinates(images[..., 0], coordinates, order=1)
    return tf.reshape(moved, tf.shape(images))


def _thicken(images: tf.Tensor, seed: tf.Tensor, most: float) -> tf.Tensor:
    """Blend each image with its thickest or thinnest neighbour pixel, by up to `most` pixels."""
    amount = tf.random.stateless_uniform((tf.shape(images)[0], 1, 1, 1), seed, -most, most)
    thick = tf.nn.max_pool2d(images, 3, 1, "SAME")
    thin = -tf.nn.max_pool2d(-images, 3, 1, "SAME")
    towards = tf.where(amount > 0, thick, thin)
    return images + tf.abs(amount) * (towards - images)


def _erase(images: tf.Tensor, seed: tf.Tensor, most: float) -> tf.Tensor:
    """Rub out spots that cover up to about the fraction `most` of each image."""
    count, height, width = tf.unstack(tf.shape(images)[:3])
    spots, fractions = tf.unstack(tf.random.split(seed, 2))
    rough = tf.random.stateless_uniform((count, ERASING_GRID, ERASING_GRID, 1), spots)
    smooth = tf.image.resize(rough, (height, width), method="bicubic")
    fraction = tf.random.stateless_uniform((count, 1, 1, 1), fractions, 0, most)
    return images * tf.clip_by_value(1 + ERASING_CONTRAST * (smooth - fraction), 0, 1)
