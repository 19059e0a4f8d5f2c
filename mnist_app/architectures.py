"""The networks, one function each, in one table.

Each maps (n, 28, 28, 1) in 0..1 to (n, classes) probabilities. Keras is imported when one is built.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import keras

INPUT_SHAPE = (28, 28, 1)


def build(name: str, classes: int = 10) -> "keras.Model":
    """Build the network called `name`, untrained.

    Raises:
        KeyError: there is no such network.
    """
    return _BUILDERS[name](classes)


def _dense(classes: int) -> "keras.Model":
    """The baseline: it knows nothing of neighbouring pixels."""
    from keras import Sequential, layers

    return Sequential(
        [
            layers.Input(INPUT_SHAPE),
            layers.Flatten(),
            layers.Dense(128, activation="relu"),
            layers.Dense(classes, activation="softmax"),
        ],
        name="dense",
    )


def _simple_cnn(classes: int) -> "keras.Model":
    from keras import Sequential, layers

    return Sequential(
        [
            layers.Input(INPUT_SHAPE),
            layers.Conv2D(16, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(64, activation="relu"),
            layers.Dense(classes, activation="softmax"),
        ],
        name="simple_cnn",
    )


def _deep_cnn(classes: int) -> "keras.Model":
    """Three pairs of convolutions as in VGG (Simonyan and Zisserman, 2014), each normalised
    (Ioffe and Szegedy, 2015), averaged over the field instead of flattened (Lin et al., 2013)."""
    from keras import Sequential, layers

    def convolution(filters: int) -> list["keras.Layer"]:
        return [
            layers.Conv2D(filters, 3, padding="same", use_bias=False),
            layers.BatchNormalization(),
            layers.ReLU(),
        ]

    return Sequential(
        [
            layers.Input(INPUT_SHAPE),
            *convolution(16),
            *convolution(32),
            layers.MaxPooling2D(),
            *convolution(64),
            *convolution(64),
            layers.MaxPooling2D(),
            *convolution(96),
            *convolution(128),
            layers.GlobalAveragePooling2D(),
            layers.Dropout(0.3),
            layers.Dense(classes, activation="softmax"),
        ],
        name="deep_cnn",
    )


def _residual_cnn(classes: int) -> "keras.Model":
    """Convolutions that add to what they were given (He et al., "Deep residual learning for image
    recognition", 2015). The first takes half the steps: most of the work is done where a pixel
    already stands for a piece of a stroke."""
    from keras import Input, Model, layers

    def convolution(field: Any, filters: int, size: int = 3, strides: int = 1) -> Any:
        field = layers.Conv2D(
            filters, size, strides=strides, padding="same", use_bias=False,
            kernel_initializer="he_normal",
        )(field)  # fmt: skip
        return layers.BatchNormalization()(field)

    def block(field: Any, filters: int) -> Any:
        change = layers.ReLU()(convolution(field, filters))
        return layers.ReLU()(layers.Add()([field, convolution(change, filters)]))

    image = Input(INPUT_SHAPE)
    field = layers.ReLU()(convolution(image, 32, size=5, strides=2))
    field = layers.ReLU()(convolution(field, 64))
    field = block(field, 64)
    field = layers.ReLU()(convolution(field, 128, strides=2))
    field = block(block(field, 128), 128)
    field = layers.Dropout(0.3)(layers.GlobalAveragePooling2D()(field))
    answer = layers.Dense(classes, activation="softmax")(field)
    return Model(image, answer, name="residual_cnn")


_BUILDERS: dict[str, Callable[[int], "keras.Model"]] = {
    "dense": _dense,
    "simple_cnn": _simple_cnn,
    "deep_cnn": _deep_cnn,
    "residual_cnn": _residual_cnn,
}
