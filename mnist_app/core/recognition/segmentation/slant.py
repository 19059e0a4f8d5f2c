"""The slant of handwriting, and how to remove it."""

import numpy as np

SLANTS = np.linspace(-0.8, 0.8, 17)
# How fine the profile is that tells the slant, and how much an upright hand is expected.
PROFILE_BIN = 0.05
UPRIGHT_BONUS = 0.1


def slant_of(points: np.ndarray, height: float) -> float:
    """Return by how much x must grow with y for the ink, points (n, 2), to stand upright.

    The profile of upright writing has the sharpest peaks (Vinciarelli and Luettin, "A new
    normalization technique for cursive handwritten words", 2001).
    """
    x, y = (points / (PROFILE_BIN * height)).T
    sharpness = []
    for slant in SLANTS:
        upright = x + slant * y
        columns = np.floor(upright - upright.min()).astype(int)
        sharpness.append(float((np.bincount(columns) ** 2.0).sum()))
    weighed = np.array(sharpness) * (1 - UPRIGHT_BONUS * np.abs(SLANTS))
    return float(SLANTS[int(weighed.argmax())])


def set_upright(points: np.ndarray, slant: float) -> np.ndarray:
    """Undo a slant, points (n, 2)."""
    return np.column_stack([points[:, 0] + slant * points[:, 1], points[:, 1]])
