"""The networks as plain Keras code, for the script of a run."""

from mnist_app.core import custom_network
from mnist_app.core.settings import TrainingConfig

_MOMENTUM = """
# In a run of few steps, averages over batches must follow quickly.
momentum = min({usual}, max(0.5, 1 - 3 / steps))
"""
_NORMALISED = """
def convolution(filters, size=3, strides=1, padding="same"):
    return [
        layers.Conv2D(filters, size, strides=strides, padding=padding, use_bias=False),
        layers.BatchNormalization(momentum=momentum),
        layers.ReLU(),
    ]
"""
_RESIDUAL = """
def convolution(field, filters, strides=1):
    field = layers.Conv2D(
        filters, 3, strides=strides, padding="same", use_bias=False,
        kernel_initializer="he_normal",
    )(field)
    return layers.BatchNormalization(momentum=momentum)(field)


def block(field, filters):
    change = layers.ReLU()(convolution(field, filters))
    return layers.ReLU()(layers.Add()([field, convolution(change, filters)]))


image = keras.Input((28, 28, 1))
field = layers.ReLU()(convolution(image, 16))
field = layers.ReLU()(convolution(field, 32, strides=2))
field = layers.ReLU()(convolution(field, 64))
field = block(field, 64)
field = layers.ReLU()(convolution(field, 128, strides=2))
field = block(block(field, 128), 128)
field = layers.GlobalAveragePooling2D()(field)
field = layers.Dropout({dropout})(field)
network = keras.Model(image, {answer}(field))
"""
_FLATTEN, _POOL = "layers.Flatten()", "layers.MaxPooling2D()"
_CONVOLUTION = 'layers.Conv2D({}, {}, activation="relu")'
_DENSE = 'layers.Dense({}, activation="relu")'
# The hidden layers of each network that is a row of layers.
_HIDDEN = {
    "dense": (_FLATTEN, _DENSE.format(128)),
    "simple_cnn": (
        _CONVOLUTION.format(16, 3),
        _POOL,
        _CONVOLUTION.format(32, 3),
        _POOL,
        _FLATTEN,
        _DENSE.format(64),
    ),
    "fast_cnn": (
        '*convolution(16, size=5, strides=2, padding="valid")',
        "*convolution(32, strides=2)",
        "*convolution(96, strides=2)",
        _FLATTEN,
    ),
    "deep_cnn": (
        "*convolution(16)",
        "*convolution(32)",
        _POOL,
        "*convolution(64)",
        "*convolution(64)",
        _POOL,
        "*convolution(96)",
        "*convolution(128)",
        "layers.GlobalAveragePooling2D()",
    ),
    "plain_cnn": (
        *(f'*convolution({filters}, padding="valid")' for filters in range(32, 177, 16)),
        _FLATTEN,
    ),
    "lenet5": (
        'layers.Conv2D(6, 5, padding="same", activation="tanh")',
        "layers.AveragePooling2D(2)",
        'layers.Conv2D(16, 5, activation="tanh")',
        "layers.AveragePooling2D(2)",
        _FLATTEN,
        'layers.Dense(120, activation="tanh")',
        'layers.Dense(84, activation="tanh")',
    ),
    "keras_example": (
        _CONVOLUTION.format(32, 3),
        _POOL,
        _CONVOLUTION.format(64, 3),
        _POOL,
        _FLATTEN,
    ),
}
# What a network leaves out before its answer where the settings say nothing.
_OWN_DROPOUT = {"deep_cnn": 0.3, "residual_cnn": 0.3, "keras_example": 0.5}


def network_code(config: TrainingConfig) -> str:
    """Return the code that builds the network of a run."""
    dropout = config.dropout or _OWN_DROPOUT.get(config.architecture, 0)
    exact = "" if config.precision == "float32" else ', dtype="float32"'
    answer = f'layers.Dense(10, activation="softmax"{exact})'
    if config.architecture == "residual_cnn":
        residual = _RESIDUAL.format(dropout=dropout, answer=answer).strip()
        return f"{_MOMENTUM.format(usual=0.99).strip()}\n\n\n{residual}"
    hidden = _custom(config.layers) if config.architecture == "custom" else None
    rows = ["layers.Input((28, 28, 1))", *(hidden or _HIDDEN[config.architecture])]
    rows += [f"layers.Dropout({dropout})"] if dropout else []
    network = f"network = {sequential([*rows, answer])}"
    if "*convolution(" not in network:
        return network
    return f"{_MOMENTUM.format(usual=0.95).strip()}\n\n{_NORMALISED}\n\n{network}"


def _custom(text: str) -> list[str]:
    """Return the hidden layers of a network of one's own, see `custom_network`."""
    rows: list[str] = []
    for layer in custom_network.parse(text):
        if layer.word == "dense":
            rows += [] if _FLATTEN in rows else [_FLATTEN]
            rows.append(_DENSE.format(int(layer.numbers[0])))
        elif layer.word == "conv":
            rows.append(_CONVOLUTION.format(*map(int, layer.numbers)))
        elif layer.word == "dropout":
            rows.append(f"layers.Dropout({layer.numbers[0]:g})")
        else:
            rows.append(_POOL)
    return rows if _FLATTEN in rows else [*rows, _FLATTEN]


def sequential(rows: list[str]) -> str:
    """Return the code of a `keras.Sequential` of these rows."""
    body = "".join(f"        {row},\n" for row in rows)
    return f"keras.Sequential(\n    [\n{body}    ]\n)"
