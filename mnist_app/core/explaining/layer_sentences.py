"""A sentence for a learner about each kind of layer that this app's networks have."""

from collections.abc import Callable

from mnist_app.core.models.layer_list import LayerConfig


def describe_layer(layer: LayerConfig, is_last: bool = False) -> str:
    """Describe a layer in one plain sentence or two."""
    if is_last:
        return "The answer: how likely each digit is, as ten numbers that add up to 1."
    try:
        return _SENTENCES[layer.kind](layer)
    except (KeyError, TypeError, ValueError):
        # No network of this app has that layer, or that setting.
        return (
            f"A step that this page cannot explain (“{layer.kind}”): the numbers made so far go "
            "in, those shown here come out."
        )


def pair(layer: LayerConfig, name: str) -> tuple[int, int]:
    """Read a setting of rows and columns."""
    rows, columns = layer.settings[name]
    return int(rows), int(columns)


def _convolution(layer: LayerConfig) -> str:
    height, width = pair(layer, "kernel_size")
    filters = layer.settings["filters"]
    seen = f"{filters} filters of {height} x {width} slide over what came before"
    if (step := max(pair(layer, "strides"))) > 1:
        seen += f" in steps of {step}"
    return f"{seen}. Each makes a picture, bright where its pattern is found.{_activation(layer)}"


def _dense(layer: LayerConfig) -> str:
    return (
        f"{layer.settings['units']} sums. Each adds up all the numbers from the step before, with "
        f"weights of its own.{_activation(layer)}"
    )


def _activation(layer: LayerConfig) -> str:
    """Describe a layer's activation in the sentence that follows."""
    name = str(layer.settings["activation"])
    if name == "linear":
        return ""
    return _ACTIVATIONS.get(name, f" Each number is changed by itself, by the function “{name}”.")


def _pooling(what: str) -> Callable[[LayerConfig], str]:
    def sentence(layer: LayerConfig) -> str:
        height, width = pair(layer, "pool_size")
        return (
            f"Of every {height} x {width} pixels only {what} is kept: the pictures shrink, and "
            "small shifts matter less."
        )

    return sentence


def _always(sentence: str) -> Callable[[LayerConfig], str]:
    return lambda layer: sentence


_ACTIVATIONS = {
    "relu": " What falls below zero becomes zero.",
    "tanh": " Each number is squeezed between -1 and 1.",
}
_SENTENCES: dict[str, Callable[[LayerConfig], str]] = {
    "Conv2D": _convolution,
    "Dense": _dense,
    "MaxPooling2D": _pooling("the strongest"),
    "AveragePooling2D": _pooling("the mean"),
    "BatchNormalization": _always(
        "All pictures are put on the same scale, so that none drowns out the others."
    ),
    "ReLU": _always("What doesn't fit becomes zero, so only what was found is passed on."),
    "Add": _always("What was just found is added to what was found a few layers earlier."),
    "GlobalAveragePooling2D": _always(
        "Each picture becomes one number: how much of its pattern there is, no matter where."
    ),
    "Flatten": _always("All pictures are laid out in one long row; no number changes."),
    "Dropout": _always(
        "Nothing happens here now. In training, some numbers are left out at random."
    ),
}
