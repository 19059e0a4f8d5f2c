"""A network of one's own: parsed from a line of text and summarised without Keras.

"conv 32 3, pool, dropout 0.5, dense 64" names the layers between the picture and the answer:
convolutions by filters and kernel size, pooling, dropout by the fraction left out, dense layers by
units. Convolutions stay within the picture, so each makes it a little smaller; pooling halves it.
"""

import math
from dataclasses import dataclass, replace
from typing import Any

from mnist_app.core.errors import DigitLabError
from mnist_app.core.ink import SIDE

DEFAULT = "conv 32 3, pool, conv 64 3, pool, dropout 0.5"
MOST_LAYERS = 16
# More would not be learned on one machine in a time that anybody waits.
MOST_WEIGHTS = 3_000_000
_GRAMMAR = "conv FILTERS SIZE, pool, dropout FRACTION or dense UNITS"


@dataclass(frozen=True)
class Layer:
    """One layer: its word, and the numbers after it."""

    word: str
    numbers: tuple[float, ...] = ()

    def __str__(self) -> str:
        return " ".join([self.word, *(f"{number:g}" for number in self.numbers)])


@dataclass(frozen=True)
class LayerSummary:
    """One layer in the summary of a network.

    Attributes:
        layer: what it is, for people.
        shape: of its output, without the number of pictures.
        parameter_count: how many numbers it learns.
    """

    layer: str
    shape: tuple[int, ...]
    parameter_count: int


@dataclass(frozen=True)
class Number:
    """A number that a layer needs.

    Attributes:
        label: what it is, for a field.
        what: the same in a sentence.
        help: what it does, in one sentence for beginners.
        low, high: its range, inclusive.
        is_fraction: whether it need not be whole.
    """

    label: str
    what: str
    help: str
    low: float
    high: float
    is_fraction: bool = False


# The numbers that follow each word, in this order.
NUMBERS: dict[str, tuple[Number, ...]] = {
    "conv": (
        Number("Filters", "filters", "How many patterns the layer learns to look for.", 1, 256),
        Number(
            "Kernel size",
            "a kernel size",
            "The width and height, in pixels, of the window that each filter looks through.",
            1,
            11,
        ),
    ),
    "pool": (),
    "dropout": (
        Number(
            "Share left out",
            "the fraction left out",
            "How much of what comes in is ignored at each step of training; 0.5 is half.",
            0,
            0.9,
            is_fraction=True,
        ),
    ),
    "dense": (
        Number(
            "Units",
            "units",
            "How many sums the layer works out. Each takes in everything from the layer before.",
            1,
            1024,
        ),
    ),
}
# A new layer of each word.
_NEW = {
    "conv": Layer("conv", (32, 3)),
    "pool": Layer("pool"),
    "dropout": Layer("dropout", (0.25,)),
    "dense": Layer("dense", (64,)),
}
# What needs a picture, which a dense layer does not leave.
_ON_PICTURES = ("conv", "pool")


def parse(text: str) -> tuple[Layer, ...]:
    """Read the layers of a network that can be built.

    Raises:
        DigitLabError: as `read` and `summary` do.
    """
    layers = read(text)
    summary(layers)
    return layers


def read(text: str) -> tuple[Layer, ...]:
    """Read the layers, whether or not they can follow each other.

    Raises:
        DigitLabError: a word is unknown, a number is missing or out of range, or there are too many
            layers.
    """
    words = [part.split() for part in text.lower().split(",")]
    if len(words) > MOST_LAYERS:
        raise DigitLabError(f"A network can have at most {MOST_LAYERS} layers here. Remove some.")
    return tuple(_layer(number, part) for number, part in enumerate(words, start=1))


def as_text(layers: tuple[Layer, ...]) -> str:
    """Write layers in the one canonical way."""
    return ", ".join(map(str, layers))


def added(layers: tuple[Layer, ...], word: str) -> tuple[Layer, ...]:
    """Return the layers with a new one at the first place that allows it.

    A convolution or pooling comes after the last of these, all others at the end.
    """
    place = len(layers)
    if word in _ON_PICTURES:
        places = [place for place, layer in enumerate(layers) if layer.word in _ON_PICTURES]
        place = max(places, default=-1) + 1
    return (*layers[:place], _NEW[word], *layers[place:])


def moved(layers: tuple[Layer, ...], place: int, by: int) -> tuple[Layer, ...]:
    """Return the layers with the one at `place`, from 0, moved by up to `by` places."""
    rest = without(layers, place)
    target = min(max(place + by, 0), len(rest))
    return (*rest[:target], layers[place], *rest[target:])


def without(layers: tuple[Layer, ...], place: int) -> tuple[Layer, ...]:
    """Return the layers without the one at `place`, from 0."""
    return (*layers[:place], *layers[place + 1 :])


def with_number(
    layers: tuple[Layer, ...], place: int, index: int, number: float
) -> tuple[Layer, ...]:
    """Return the layers with one number changed: `index` in the layer at `place`, both from 0."""
    numbers = list(layers[place].numbers)
    numbers[index] = number
    changed = replace(layers[place], numbers=tuple(numbers))
    return (*layers[:place], changed, *layers[place + 1 :])


def summary(layers: tuple[Layer, ...], classes: int = 10) -> tuple[LayerSummary, ...]:
    """Return the output shape and the number of weights of each layer.

    Raises:
        DigitLabError: the layers cannot follow each other, or have too many weights.
    """
    rows = [LayerSummary("Picture", (SIDE, SIDE, 1), 0)]
    for number, layer in enumerate(layers, start=1):
        shape = rows[-1].shape
        if layer.word == "dense" and len(shape) > 1:
            rows.append(_flat(shape))
        rows.append(_row(f"Layer {number}, {layer},", layer, rows[-1].shape))
    if len(rows[-1].shape) > 1:
        rows.append(_flat(rows[-1].shape))
    rows.append(LayerSummary("Answer", (classes,), (rows[-1].shape[0] + 1) * classes))
    total = sum(row.parameter_count for row in rows)
    if total > MOST_WEIGHTS:
        raise DigitLabError(
            f"This network has {total:,} weights, but the limit is {MOST_WEIGHTS:,}. "
            "Use fewer filters or units, or pool more."
        )
    return tuple(rows)


def keras_layers(text: str) -> list[tuple[str, dict[str, Any]]]:
    """Return the hidden layers as Keras has them: of each its class and its settings.

    Raises:
        DigitLabError: see `parse`.
    """
    rows: list[tuple[str, dict[str, Any]]] = []
    flatten: tuple[str, dict[str, Any]] = ("Flatten", {})
    for layer in parse(text):
        if layer.word == "conv":
            filters, size = map(int, layer.numbers)
            rows.append(("Conv2D", {"filters": filters, "kernel_size": size, "activation": "relu"}))
        elif layer.word == "pool":
            rows.append(("MaxPooling2D", {}))
        elif layer.word == "dropout":
            rows.append(("Dropout", {"rate": layer.numbers[0]}))
        else:
            rows += [] if flatten in rows else [flatten]
            rows.append(("Dense", {"units": int(layer.numbers[0]), "activation": "relu"}))
    return rows if flatten in rows else [*rows, flatten]


def _layer(number: int, words: list[str]) -> Layer:
    shown = " ".join(words)[:40]
    if not words:
        raise DigitLabError(f"Layer {number} is empty. Use {_GRAMMAR}, separated by commas.")
    wanted = NUMBERS.get(words[0])
    if wanted is None:
        raise DigitLabError(f"Layer {number}, {shown!r}, is unknown. Use {_GRAMMAR}.")
    if len(words) != len(wanted) + 1:
        numbers = "1 number" if len(wanted) == 1 else f"{len(wanted)} numbers"
        raise DigitLabError(f"Layer {number}, {shown!r}, needs {numbers}. Use {_GRAMMAR}.")
    values = []
    for word, rule in zip(words[1:], wanted, strict=True):
        try:
            value = float(word)
        except ValueError:
            value = math.nan
        if not rule.low <= value <= rule.high or not (rule.is_fraction or value.is_integer()):
            noun = "a number" if rule.is_fraction else "a whole number"
            raise DigitLabError(
                f"Layer {number}, {shown!r}, needs {rule.what}, "
                f"{noun} from {rule.low:g} to {rule.high:g}."
            )
        values.append(value)
    return Layer(words[0], tuple(values))


def _flat(shape: tuple[int, ...]) -> LayerSummary:
    return LayerSummary("Flatten", (math.prod(shape),), 0)


def _row(place: str, layer: Layer, shape: tuple[int, ...]) -> LayerSummary:
    if layer.word == "dropout":
        return LayerSummary(f"Dropout {layer.numbers[0]:g}", shape, 0)
    if layer.word == "dense":
        units = int(layer.numbers[0])
        return LayerSummary(f"Dense {units}", (units,), (shape[0] + 1) * units)
    if len(shape) == 1:
        raise DigitLabError(
            f"{place} cannot come after a dense layer, which leaves no picture. Move it up."
        )
    side, channels = shape[0], shape[2]
    size = 2 if layer.word == "pool" else int(layer.numbers[1])
    if size > side:
        raise DigitLabError(
            f"{place} needs {size} x {size} pixels, but only {side} x {side} are left. Pool less, "
            "or use smaller filters before it."
        )
    if layer.word == "pool":
        return LayerSummary("Pooling", (side // 2, side // 2, channels), 0)
    filters = int(layer.numbers[0])
    left = side - size + 1
    count = (size * size * channels + 1) * filters
    return LayerSummary(f"Convolution {filters} of {size} x {size}", (left, left, filters), count)


def parameter_count(name: str, layers: str = DEFAULT) -> int:
    """Return how many weights the network called `name` has for ten classes.

    Raises:
        KeyError: there is no such network.
        DigitLabError: `layers` cannot be built.
    """
    if name == "custom":
        return sum(row.parameter_count for row in summary(parse(layers)))
    return _PARAMETER_COUNTS[name]


# Known beforehand: to build one takes seconds.
_PARAMETER_COUNTS = {
    "dense": 101_770,
    "simple_cnn": 56_714,
    "fast_cnn": 41_882,
    "deep_cnn": 228_826,
    "plain_cnn": 1_126_250,
    "residual_cnn": 765_274,
    "lenet5": 61_706,
    "keras_example": 34_826,
}
