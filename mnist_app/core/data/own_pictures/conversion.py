"""Two conversions of a picture of any size and colour to the 28 x 28 that networks read."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from PIL import Image

from mnist_app.core.errors import DigitLabError
from mnist_app.core.ink import SIDE
from mnist_app.core.ink.extraction import extract_ink
from mnist_app.core.ink.raster import raster_to_input
from mnist_app.core.ink.stroke_width import normalise_stroke_width

# How bright red, green and blue are to the eye (ITU-R BT.601).
BRIGHTNESS = (0.299, 0.587, 0.114)
# Writing is on an even ground, and its lines are thin: their width as a fraction of the longer side
# of what is written.
EVEN_GROUND = 0.1
THIN = 0.35
NO_INK = "There is no ink in it."


class Method(StrEnum):
    """A method to bring a picture to 28 x 28."""

    INK = "ink"
    RESIZED = "resized"


@dataclass(frozen=True)
class Conversion:
    """The conversion of all pictures of a data set.

    Attributes:
        method: as ink, cut out and centred like a drawing, or resized as they are.
        is_light: whether they are on a light ground, so that resized ones are inverted.
    """

    method: Method
    is_light: bool

    def __call__(self, colours: np.ndarray) -> np.ndarray:
        """Return a picture, float (height, width, channels) in 0..1, as uint8 (28, 28).

        Raises:
            DigitLabError: there is no ink in it.
        """
        if self.method is Method.RESIZED:
            return _resized(1 - _grey(colours) if self.is_light else _grey(colours))
        image = raster_to_input(normalise_stroke_width(extract_ink(colours)))
        if not image.any():
            raise DigitLabError(NO_INK)
        return image

    def by(self, method: Method) -> "Conversion":
        """Return the same by another method."""
        return replace(self, method=method)


def proposed(samples: Sequence[np.ndarray]) -> Conversion:
    """Return the conversion that suits pictures, float (height, width, channels) in 0..1.

    Thin lines on an even ground are writing. What is on a dark ground and 28 x 28 already is left
    as it is.
    """
    greys = [_grey(colours) for colours in samples]
    is_light = float(np.median([_ground(grey) for grey in greys])) > 0.5
    is_ready = not is_light and all(grey.shape == (SIDE, SIDE) for grey in greys)
    is_writing = sum(map(_is_writing, samples)) > len(samples) / 2
    return Conversion(Method.INK if is_writing and not is_ready else Method.RESIZED, is_light)


def _grey(colours: np.ndarray) -> np.ndarray:
    return colours[..., 0] if colours.shape[2] == 1 else colours @ BRIGHTNESS


def _border(grey: np.ndarray) -> np.ndarray:
    return np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])


def _ground(grey: np.ndarray) -> float:
    return float(np.median(_border(grey)))


def _is_writing(colours: np.ndarray) -> bool:
    from scipy import ndimage

    ground = _border(_grey(colours))
    ink = extract_ink(colours) > 0.5
    if np.subtract(*np.percentile(ground, [90, 10])) > EVEN_GROUND or not ink.any():
        return False
    extent = max(np.ptp(places) + 1 for places in np.nonzero(ink))
    thickness = 2 * float(ndimage.distance_transform_edt(np.pad(ink, 1)).max())
    return bool(thickness <= THIN * extent)


def _resized(grey: np.ndarray) -> np.ndarray:
    """Fit a picture, float (height, width) in 0..1, into 28 x 28 on its own ground."""
    height, width = grey.shape
    longer = max(height, width)
    top, left = (longer - height) // 2, (longer - width) // 2
    field = np.full((longer, longer), _ground(grey), dtype=np.float32)
    field[top : top + height, left : left + width] = grey
    # A true average when it shrinks, bicubic when it grows.
    resampling = Image.Resampling.BOX if longer > SIDE else Image.Resampling.BICUBIC
    small = np.asarray(Image.fromarray(field).resize((SIDE, SIDE), resampling))
    return np.round(np.clip(small, 0, 1) * 255).astype(np.uint8)
