"""The networks in plain Keras.

A network is the layers between the picture, (28, 28, 1) in 0..1, and the answer, a function each. A
script of a run takes the source of its network along, see `core.runs.network_script`: these
functions use nothing but Keras and each other.
"""

from collections.abc import Callable

import keras
from keras import layers

from mnist_app.core import custom_network
from mnist_app.core.settings import OWN_DROPOUT

INPUT_SHAPE = (28, 28, 1)


def dense() -> list[keras.Layer]:
    """Return the baseline, which knows nothing of neighbouring pixels."""
    return [layers.Flatten(), layers.Dense(128, activation="relu")]


def pooled(filters: int) -> list[keras.Layer]:
    """Return a convolution followed by pooling."""
    return [layers.Conv2D(filters, 3, activation="relu"), layers.MaxPooling2D()]


def simple_cnn() -> list[keras.Layer]:
    """Return two convolutions, which look for strokes, and a dense layer."""
    return [*pooled(16), *pooled(32), layers.Flatten(), layers.Dense(64, activation="relu")]


def keras_example() -> list[keras.Layer]:
    """Return the "Simple MNIST convnet" of Keras' own examples, by Francois Chollet."""
    return [*pooled(32), *pooled(64), layers.Flatten()]


def lenet5() -> list[keras.Layer]:
    """Return LeNet-5 (LeCun, Bottou, Bengio, Haffner, "Gradient-based learning applied to document
    recognition", 1998); a softmax takes the place of its radial units."""
    return [
        layers.Conv2D(6, 5, padding="same", activation="tanh"),
        layers.AveragePooling2D(2),
        layers.Conv2D(16, 5, activation="tanh"),
        layers.AveragePooling2D(2),
        layers.Flatten(),
        layers.Dense(120, activation="tanh"),
        layers.Dense(84, activation="tanh"),
    ]


def normalised(
    filters: int, size: int = 3, strides: int = 1, padding: str = "same"
) -> list[keras.Layer]:
    """Return a convolution with batch normalisation (Ioffe and Szegedy, 2015)."""
    return [
        layers.Conv2D(filters, size, strides=strides, padding=padding, use_bias=False),
        # Keras' own 0.99 lags behind a network that learns this fast.
        layers.BatchNormalization(momentum=0.95),
        layers.ReLU(),
    ]


def fast_cnn() -> list[keras.Layer]:
    """Return convolutions with strides in place of pooling, which would discard part of their work
    (Springenberg et al., "Striving for simplicity", 2014)."""
    return [
        *normalised(16, size=5, strides=2, padding="valid"),
        *normalised(32, strides=2),
        *normalised(96, strides=2),
        layers.Flatten(),
    ]


def deep_cnn() -> list[keras.Layer]:
    """Return three pairs of convolutions as in VGG (Simonyan and Zisserman, 2014), averaged over
    the field instead of flattened (Lin et al., 2013)."""
    return [
        *normalised(16),
        *normalised(32),
        layers.MaxPooling2D(),
        *normalised(64),
        *normalised(64),
        layers.MaxPooling2D(),
        *normalised(96),
        *normalised(128),
        layers.GlobalAveragePooling2D(),
    ]


def plain_cnn() -> list[keras.Layer]:
    """Return convolutions without padding, after the M3 of An, Lee, Park, Yang, So, "An ensemble of
    simple convolutional neural network models for MNIST digit recognition" (2020). It is slow, and
    errs elsewhere than a residual network, so it can teach one."""
    widths = range(32, 177, 16)
    convolutions = [layer for filters in widths for layer in normalised(filters, padding="valid")]
    return [*convolutions, layers.Flatten()]


def convolution(field: keras.KerasTensor, filters: int, strides: int = 1) -> keras.KerasTensor:
    """Return what a normalised convolution makes of a field."""
    field = layers.Conv2D(
        filters, 3, strides=strides, padding="same", use_bias=False, kernel_initializer="he_normal"
    )(field)
    return layers.BatchNormalization()(field)


def block(field: keras.KerasTensor, filters: int) -> keras.KerasTensor:
    """Return a field with the change added that two convolutions make of it."""
    change = layers.ReLU()(convolution(field, filters))
    return layers.ReLU()(layers.Add()([field, convolution(change, filters)]))


def residual_cnn(image: keras.KerasTensor) -> keras.KerasTensor:
    """Return what residual blocks (He et al., "Deep residual learning for image recognition", 2015)
    make of a picture. Only the thin first convolution sees every pixel: most of the work is done on
    smaller maps."""
    field = layers.ReLU()(convolution(image, 16))
    field = layers.ReLU()(convolution(field, 32, strides=2))
    field = layers.ReLU()(convolution(field, 64))
    field = block(field, 64)
    field = layers.ReLU()(convolution(field, 128, strides=2))
    field = block(block(field, 128), 128)
    return layers.GlobalAveragePooling2D()(field)


_STACKS: dict[str, Callable[[], list[keras.Layer]]] = {
    each.__name__: each
    for each in (dense, simple_cnn, fast_cnn, deep_cnn, plain_cnn, lenet5, keras_example)
}


def build(
    name: str, classes: int = 10, dropout: float = 0.0, own_layers: str = custom_network.DEFAULT
) -> keras.Model:
    """Build the network called `name`, untrained, from (n, 28, 28, 1) to (n, classes).

    Args:
        dropout: the fraction of what the last layer sees that is left out at each training step,
            0..1; 0 keeps what the network has of its own.
        own_layers: of the network "custom", see `custom_network`.

    Raises:
        KeyError: there is no such network.
        DigitLabError: `own_layers` cannot be built.
    """
    dropout = dropout or OWN_DROPOUT.get(name, 0.0)
    image = layers.Input(INPUT_SHAPE)
    if name == "residual_cnn":
        field = residual_cnn(image)
        for layer in _answer(classes, dropout):
            field = layer(field)
        return keras.Model(image, field, name=name)
    if name == "custom":
        rows = custom_network.keras_layers(own_layers)
        hidden = [getattr(layers, kind)(**settings) for kind, settings in rows]
    else:
        hidden = _STACKS[name]()
    return keras.Sequential([image, *hidden, *_answer(classes, dropout)], name=name)


def _answer(classes: int, dropout: float) -> list[keras.Layer]:
    left_out = [layers.Dropout(dropout)] if dropout else []
    return [*left_out, layers.Dense(classes, activation="softmax")]
