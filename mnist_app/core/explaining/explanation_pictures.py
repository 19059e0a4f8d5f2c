"""Explanations drawn as pictures, light on dark as the drawing is."""

import functools

import numpy as np

from mnist_app.core.explaining.feature_maps import mosaic
from mnist_app.core.images.pictures import ABOVE, BELOW

# Of a pixel whose ink is to change, with room for the sign in it.
CELL = 9
# Below this fraction of full ink a change is shown by its colour alone.
LEAST_SIGNED = 0.25
# How bright the ink is under a colour that must stand out from it.
DIMMED = 0.6
# Below 1, so that what is faint beside the strongest can still be seen.
EASE = 0.65
# On either side of black.
TONES = 127


def sheet(values: np.ndarray) -> np.ndarray:
    """Draw all maps of a layer side by side, with transparent gaps.

    Args:
        values: float (height, width, maps) or (numbers,), as in `FeatureMaps`.

    Returns:
        uint8 (rows, columns, 4).
    """
    return tinted(mosaic(values))


def tinted(fractions: np.ndarray) -> np.ndarray:
    """Map numbers to light: black is zero, blue to white above, orange to white below.

    Args:
        fractions: float (height, width) in -1..1, NaN where there is nothing.

    Returns:
        uint8 (height, width, 4).
    """
    known = np.isfinite(fractions)
    colours = _palette()[np.round(np.where(known, fractions, 0) * TONES).astype(int) + TONES]
    colours[~known] = 0
    return colours


@functools.cache
def _palette() -> np.ndarray:
    """Return the colours of -1..1 in steps of 1 / `TONES`: uint8 (2 * `TONES` + 1, 4)."""
    fractions = np.linspace(-1, 1, 2 * TONES + 1)[:, None]
    end = np.where(fractions > 0, ABOVE, BELOW)
    # Up to 1 from black to the colour, from there to white.
    strength = 2 * np.abs(fractions) ** EASE
    colours = np.where(strength < 1, strength * end, end + (strength - 1) * (255.0 - end))
    opaque = np.full((len(fractions), 1), 255)
    palette = np.round(np.concatenate([colours, opaque], axis=1)).astype(np.uint8)
    palette.setflags(write=False)
    return palette


def attributed(image: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Draw over a picture what supports its answer, blue, and what opposes it, orange.

    Args:
        image: uint8 (28, 28), 255 is full ink.
        values: float (28, 28), see `saliency`.

    Returns:
        uint8 (28, 28, 3).
    """
    fractions = values / max(float(np.abs(values).max()), 1e-12)
    return _over(_dimmed(image), fractions)


def marked(image: np.ndarray, difference: np.ndarray) -> np.ndarray:
    """Draw over a picture the ink to add, blue with a plus, and to remove, orange with a minus.

    Args:
        image: uint8 (28, 28), what is changed.
        difference: int16 (28, 28) in -255..255, as in `Counterfactual`.

    Returns:
        uint8 (28 * `CELL`, 28 * `CELL`, 3).
    """
    fractions = difference / 255
    large = np.kron(_over(_dimmed(image), fractions), np.ones((CELL, CELL, 1), dtype=np.uint8))
    middle, arm = CELL // 2, slice(2, CELL - 2)
    cells = large.reshape(28, CELL, 28, CELL, 3).swapaxes(1, 2)
    is_signed = np.abs(fractions) >= LEAST_SIGNED
    rows, columns = np.nonzero(is_signed)
    cells[rows, columns, middle, arm] = 255
    rows, columns = np.nonzero(is_signed & (fractions > 0))
    cells[rows, columns, arm, middle] = 255
    return large


def _dimmed(image: np.ndarray) -> np.ndarray:
    return np.repeat(image[..., None] * DIMMED, 3, axis=-1)


def _over(colours: np.ndarray, fractions: np.ndarray) -> np.ndarray:
    """Return colours tinted blue above zero and orange below, as strongly as the value."""
    opacity = np.abs(fractions[..., None]) ** EASE
    tint = np.where(fractions[..., None] > 0, ABOVE, BELOW)
    return np.round(colours + opacity * (tint - colours)).astype(np.uint8)
