"""Feature maps: each layer's output for a picture, and one step of a convolution."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, sqrt

import numpy as np

from mnist_app.core.errors import DigitLabError
from mnist_app.core.explaining.layer_sentences import describe_layer, pair
from mnist_app.core.models.layer_list import LayerConfig
from mnist_app.core.recognition.classifier import Inside, as_network_input

CONVOLUTIONS = ("Conv2D", "DepthwiseConv2D", "SeparableConv2D", "Conv2DTranspose")
INPUT = (
    "The picture as the network gets it: a number for each pixel, from 0 for black (no ink) to 1 "
    "for white (ink)."
)


@dataclass(frozen=True)
class FeatureMaps:
    """The output of one layer for one picture.

    Attributes:
        name: the layer's own.
        kind: its class in Keras, such as "Conv2D"; "Input" for the picture itself.
        sentence: what it does, for people who never heard of a network.
        values: float32 (height, width, maps), or (numbers,) where there is no place any more; maps
            along a line are 1 wide.
    """

    name: str
    kind: str
    sentence: str
    values: np.ndarray


def layer_outputs(
    image: np.ndarray, inside: Inside, listed: Sequence[LayerConfig]
) -> tuple[FeatureMaps, ...]:
    """Return what each layer makes of an image: the input first, the answer last.

    Args:
        image: uint8 (28, 28), 255 is full ink.
        inside: what the network makes of it.
        listed: the network's layers; one that is not among them has no words.
    """
    known = {layer.name: layer for layer in listed}
    last = next(reversed(inside.layers), "")
    found = [FeatureMaps("input", "Input", INPUT, as_network_input(image))]
    for name, values in inside.layers.items():
        layer = known.get(name, LayerConfig(name, "Layer", {}))
        sentence = describe_layer(layer, name == last)
        found.append(FeatureMaps(name, layer.kind, sentence, _as_maps(values)))
    return tuple(found)


def _as_maps(values: np.ndarray) -> np.ndarray:
    """Shape a layer's output as `FeatureMaps.values`."""
    if values.ndim == 2:
        return values[:, None]
    return values if values.ndim == 3 else values.reshape(-1)


def mosaic(values: np.ndarray) -> np.ndarray:
    """Lay all maps of a layer side by side in one picture.

    Args:
        values: float (height, width, maps) or (numbers,).

    Returns:
        float32 (rows, columns) in -1..1, as fractions of the layer's strongest; NaN in the gaps
        of one pixel between the maps and where the last row has none.
    """
    maps = np.moveaxis(values.reshape(1, 1, -1) if values.ndim == 1 else values, 2, 0)
    count, height, width = maps.shape
    gap = 1 if values.ndim > 1 else 0
    columns = min(count, ceil(sqrt(count * height / width)))
    rows = ceil(count / columns)
    fractions = maps / (np.abs(maps).max() or 1)
    cells = np.full((rows * columns, height + gap, width + gap), np.nan, dtype=np.float32)
    cells[:count, :height, :width] = fractions
    grid = cells.reshape(rows, columns, height + gap, width + gap).swapaxes(1, 2)
    picture = grid.reshape(rows * (height + gap), columns * (width + gap))
    return picture[: len(picture) - gap, : picture.shape[1] - gap]


@dataclass(frozen=True)
class Convolution:
    """The first convolution of a network, which looks at the picture itself.

    Attributes:
        kernels: float32 (height, width, filters), what each filter multiplies with.
        biases: float32 (filters,), what each adds.
        strides: rows and columns from one place to the next.
        padding: "same" or "valid", as in Keras.
    """

    kernels: np.ndarray
    biases: np.ndarray
    strides: tuple[int, int]
    padding: str


@dataclass(frozen=True)
class ConvolutionStep:
    """One filter at one place.

    Attributes:
        top, left: where the patch begins in the picture; below 0 where it reaches over the edge.
        patch: float32 (height, width) in 0..1, what lies under the filter; 0 beyond the edge.
        kernel: float32 (height, width), the filter.
        product: float32 (height, width), both multiplied.
        bias: what is added.
        total: the sum of the product and the bias: one pixel of the filter's map.
    """

    top: int
    left: int
    patch: np.ndarray
    kernel: np.ndarray
    product: np.ndarray
    bias: float
    total: float


def first_convolution(inside: Inside, listed: Sequence[LayerConfig]) -> Convolution | None:
    """Return the convolution that looks at the picture itself; None when the network has none."""
    layer = next((layer for layer in listed if layer.kind == "Conv2D"), None)
    if layer is None or inside.kernels is None or inside.biases is None:
        return None
    strides, padding = pair(layer, "strides"), str(layer.settings["padding"])
    return Convolution(inside.kernels, inside.biases, strides, padding)


def map_size(convolution: Convolution) -> tuple[int, int]:
    """Return the rows and columns of each map of a 28 x 28 picture."""
    rows, columns = (
        ceil((28 if convolution.padding == "same" else 29 - size) / stride)
        for size, stride in zip(convolution.kernels.shape, convolution.strides, strict=False)
    )
    return rows, columns


def step(
    convolution: Convolution, image: np.ndarray, kernel: int, row: int, column: int
) -> ConvolutionStep:
    """Return one step of a convolution: how one pixel of one map is computed.

    Args:
        image: uint8 (28, 28), 255 is full ink.
        kernel: which filter.
        row, column: which pixel of its map.

    Raises:
        DigitLabError: there is no such filter or pixel.
    """
    rows, columns = map_size(convolution)
    filters = len(convolution.biases)
    if not (0 <= kernel < filters and 0 <= row < rows and 0 <= column < columns):
        raise DigitLabError(
            f"Choose a filter from 0 to {filters - 1}, a row from 0 to {rows - 1} and a column "
            f"from 0 to {columns - 1}."
        )
    weights = convolution.kernels[:, :, kernel]
    top, left = (
        place * stride - _margins(convolution, axis)[0]
        for axis, (place, stride) in enumerate(zip((row, column), convolution.strides, strict=True))
    )
    patch = _patches(convolution, image)[row, column]
    product = patch * weights
    bias = float(convolution.biases[kernel])
    return ConvolutionStep(top, left, patch, weights, product, bias, float(product.sum()) + bias)


def responses(convolution: Convolution, image: np.ndarray) -> np.ndarray:
    """Convolve an image, uint8 (28, 28), with all filters.

    Returns:
        float32 (rows, columns, filters), before what the layer may do to each pixel afterwards.
    """
    return np.tensordot(_patches(convolution, image), convolution.kernels, 2) + convolution.biases


def _patches(convolution: Convolution, image: np.ndarray) -> np.ndarray:
    """Return the patch under the filter at each place: float32 (rows, columns, height, width)."""
    field = as_network_input(image)[..., 0]
    padded = np.pad(field, [_margins(convolution, axis) for axis in (0, 1)])
    every = np.lib.stride_tricks.sliding_window_view(padded, convolution.kernels.shape[:2])
    down, right = convolution.strides
    return every[::down, ::right]


def _margins(convolution: Convolution, axis: int) -> tuple[int, int]:
    """Return TensorFlow's padding before and after; the first is never the larger."""
    if convolution.padding == "valid":
        return 0, 0
    places = map_size(convolution)[axis]
    covered = (places - 1) * convolution.strides[axis] + convolution.kernels.shape[axis]
    missing = max(covered - 28, 0)
    return missing // 2, missing - missing // 2
