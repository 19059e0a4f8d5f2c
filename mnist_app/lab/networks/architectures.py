"""The networks, one function each, in one table.

Each maps (n, 28, 28, 1) in 0..1 to (n, classes) probabilities.
"""

from collections.abc import Callable
from typing import Any

import keras
from keras import Input, Model, Sequential, layers

from mnist_app.core import custom_network

INPUT_SHAPE = (28, 28, 1)


def build(
    name: str, classes: int = 10, dropout: float = 0.0, layers: str = custom_network.DEFAULT
) -> keras.Model:
    """Build the network called `name`, untrained.

    Args:
        dropout: the fraction of what the last layer sees that is left out at each training step,
            0..1; 0 keeps what the network has of its own.
        layers: of the network "custom", see `custom_network`.

    Raises:
        KeyError: there is no such network.
        DigitLabError: `layers` cannot be built.
    """
    if name == "custom":
        return _custom(classes, dropout, layers)
    return _BUILDERS[name](classes, dropout)


def _answer(classes: int, dropout: float) -> list[keras.Layer]:
    left_out = [layers.Dropout(dropout)] if dropout else []
    return [*left_out, layers.Dense(classes, activation="softmax")]


def _stacked(name: str, hidden: list[keras.Layer], classes: int, dropout: float) -> keras.Model:
    """Stack the picture, the hidden layers and the answer."""
    return Sequential([layers.Input(INPUT_SHAPE), *hidden, *_answer(classes, dropout)], name=name)


def _pooled(filters: int) -> list[keras.Layer]:
    """Return a convolution followed by pooling."""
    return [layers.Conv2D(filters, 3, activation="relu"), layers.MaxPooling2D()]


def _custom(classes: int, dropout: float, text: str) -> keras.Model:
    hidden: list[Any] = []
    is_flat = False
    for layer in custom_network.parse(text):
        if layer.word == "conv":
            filters, size = map(int, layer.numbers)
            hidden.append(layers.Conv2D(filters, size, activation="relu"))
        elif layer.word == "pool":
            hidden.append(layers.MaxPooling2D())
        elif layer.word == "dropout":
            hidden.append(layers.Dropout(layer.numbers[0]))
        else:
            if not is_flat:
                hidden.append(layers.Flatten())
            is_flat = True
            hidden.append(layers.Dense(int(layer.numbers[0]), activation="relu"))
    if not is_flat:
        hidden.append(layers.Flatten())
    return _stacked("custom", hidden, classes, dropout)


def _dense(classes: int, dropout: float) -> keras.Model:
    """Build the baseline, which knows nothing of neighbouring pixels."""
    hidden = [layers.Flatten(), layers.Dense(128, activation="relu")]
    return _stacked("dense", hidden, classes, dropout)


def _simple_cnn(classes: int, dropout: float) -> keras.Model:
    hidden = [*_pooled(16), *_pooled(32), layers.Flatten(), layers.Dense(64, activation="relu")]
    return _stacked("simple_cnn", hidden, classes, dropout)


def _normalised(
    filters: int, size: int = 3, strides: int = 1, padding: str = "same"
) -> list[keras.Layer]:
    """Return a convolution with batch normalisation (Ioffe and Szegedy, 2015)."""
    return [
        layers.Conv2D(filters, size, strides=strides, padding=padding, use_bias=False),
        # Keras' own 0.99 lags behind a network that learns this fast.
        layers.BatchNormalization(momentum=0.95),
        layers.ReLU(),
    ]


def _fast_cnn(classes: int, dropout: float) -> keras.Model:
    """Build convolutions with strides in place of pooling, which would discard part of their work
    (Springenberg et al., "Striving for simplicity", 2014)."""
    hidden = [
        *_normalised(16, size=5, strides=2, padding="valid"),
        *_normalised(32, strides=2),
        *_normalised(96, strides=2),
        layers.Flatten(),
    ]
    return _stacked("fast_cnn", hidden, classes, dropout)


def _deep_cnn(classes: int, dropout: float) -> keras.Model:
    """Build three pairs of convolutions as in VGG (Simonyan and Zisserman, 2014), averaged over the
    field instead of flattened (Lin et al., 2013)."""
    hidden = [
        *_normalised(16),
        *_normalised(32),
        layers.MaxPooling2D(),
        *_normalised(64),
        *_normalised(64),
        layers.MaxPooling2D(),
        *_normalised(96),
        *_normalised(128),
        layers.GlobalAveragePooling2D(),
    ]
    return _stacked("deep_cnn", hidden, classes, dropout or 0.3)


def _plain_cnn(classes: int, dropout: float) -> keras.Model:
    """Build convolutions without padding, after the M3 of An, Lee, Park, Yang, So, "An ensemble of
    simple convolutional neural network models for MNIST digit recognition" (2020). It is slow, and
    errs elsewhere than a residual network, so it can teach one."""
    hidden = [
        layer for filters in range(32, 177, 16) for layer in _normalised(filters, padding="valid")
    ]
    return _stacked("plain_cnn", [*hidden, layers.Flatten()], classes, dropout)


def _residual_cnn(classes: int, dropout: float) -> keras.Model:
    """Build residual blocks (He et al., "Deep residual learning for image recognition", 2015). Only
    the thin first convolution sees every pixel: most of the work is done on smaller maps."""

    def convolution(field: Any, filters: int, strides: int = 1) -> Any:
        field = layers.Conv2D(
            filters,
            3,
            strides=strides,
            padding="same",
            use_bias=False,
            kernel_initializer="he_normal",
        )(field)
        return layers.BatchNormalization()(field)

    def block(field: Any, filters: int) -> Any:
        change = layers.ReLU()(convolution(field, filters))
        return layers.ReLU()(layers.Add()([field, convolution(change, filters)]))

    image = Input(INPUT_SHAPE)
    field = layers.ReLU()(convolution(image, 16))
    field = layers.ReLU()(convolution(field, 32, strides=2))
    field = layers.ReLU()(convolution(field, 64))
    field = block(field, 64)
    field = layers.ReLU()(convolution(field, 128, strides=2))
    field = block(block(field, 128), 128)
    answer = layers.GlobalAveragePooling2D()(field)
    for layer in _answer(classes, dropout or 0.3):
        answer = layer(answer)
    return Model(image, answer, name="residual_cnn")


def _lenet5(classes: int, dropout: float) -> keras.Model:
    """Build LeNet-5 (LeCun, Bottou, Bengio, Haffner, "Gradient-based learning applied to document
    recognition", 1998) with a softmax for its radial units."""
    hidden = [
        layers.Conv2D(6, 5, padding="same", activation="tanh"),
        layers.AveragePooling2D(2),
        layers.Conv2D(16, 5, activation="tanh"),
        layers.AveragePooling2D(2),
        layers.Flatten(),
        layers.Dense(120, activation="tanh"),
        layers.Dense(84, activation="tanh"),
    ]
    return _stacked("lenet5", hidden, classes, dropout)


def _keras_example(classes: int, dropout: float) -> keras.Model:
    """Build the "Simple MNIST convnet" of Keras' own examples, by Francois Chollet."""
    hidden = [*_pooled(32), *_pooled(64), layers.Flatten()]
    return _stacked("keras_example", hidden, classes, dropout or 0.5)


_BUILDERS: dict[str, Callable[[int, float], keras.Model]] = {
    "dense": _dense,
    "simple_cnn": _simple_cnn,
    "fast_cnn": _fast_cnn,
    "deep_cnn": _deep_cnn,
    "plain_cnn": _plain_cnn,
    "residual_cnn": _residual_cnn,
    "lenet5": _lenet5,
    "keras_example": _keras_example,
}
