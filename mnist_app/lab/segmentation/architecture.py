"""The layers of the segmentation network, and its LiteRT form."""

from typing import Any

import keras
import tensorflow as tf

from mnist_app.core.recognition.segmentation.network import STRIDE
from mnist_app.lab.temporary_folder import temporary_folder

# For each pixel: how surely it belongs to a character, and how far below and right its centre is.
OUTPUTS = 3


class PixelShuffle(keras.layers.Layer):
    """Makes a picture twice as large out of four times as many channels.

    Unlike an upsampling it works in LiteRT for pictures of any size (Shi et al., "Real-time single
    image and video super-resolution using an efficient sub-pixel convolutional neural network",
    2016).
    """

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Map (n, h, w, 4 c) to (n, 2 h, 2 w, c)."""
        return tf.nn.depth_to_space(inputs, 2)

    def compute_output_shape(self, shape: Any) -> Any:
        """Return the shape of the larger picture."""
        count, height, width, channels = shape
        return (count, height and 2 * height, width and 2 * width, channels // 4)


def build() -> keras.Model:
    """Build a small U-Net (Ronneberger, Fischer, Brox, 2015) of 250,000 weights.

    It maps ink, float32 (n, h, w, 1) in 0..1, h and w multiples of `STRIDE`, to (n, h, w, 3).
    """
    ink = keras.Input((None, None, 1))
    half = _convolved(_convolved(ink, 16, size=5, strides=2), 24)
    quarter = _convolved(_convolved(_convolved(half, 48, strides=2), 48), 48)
    eighth = _convolved(quarter, 64, strides=2)
    for _ in range(3):
        eighth = _convolved(eighth, 64)
    quarter = _convolved(keras.layers.add([_enlarged(eighth, 48), quarter]), 48)
    half = _convolved(keras.layers.add([_enlarged(quarter, 24), half]), 24)
    outputs = keras.layers.Conv2D(4 * OUTPUTS, 3, padding="same")(half)
    return keras.Model(ink, PixelShuffle()(outputs))


def to_litert(model: keras.Model) -> bytes:
    """Convert a segmentation network to LiteRT, with weights of 16 bits."""
    shape = [tf.TensorSpec((1, 2 * STRIDE, 2 * STRIDE, 1), tf.float32, name="ink")]
    archive = keras.export.ExportArchive()
    archive.track(model)
    archive.add_endpoint("serve", lambda ink: model(ink, training=False), shape)
    with temporary_folder() as folder:
        archive.write_out(str(folder), verbose=False)
        converter = tf.lite.TFLiteConverter.from_saved_model(str(folder))
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.target_spec.supported_types = [tf.float16]
        return bytes(converter.convert())


def _convolved(inputs: Any, filters: int, size: int = 3, strides: int = 1) -> Any:
    convolution = keras.layers.Conv2D(
        filters, size, strides=strides, padding="same", use_bias=False
    )
    return keras.layers.ReLU()(keras.layers.BatchNormalization()(convolution(inputs)))


def _enlarged(inputs: Any, filters: int) -> Any:
    return PixelShuffle()(_convolved(inputs, 4 * filters, size=1))
