"""Counterfactuals: ink to add or remove until a network reads another class."""

from dataclasses import dataclass

import numpy as np

from mnist_app.core.errors import DigitLabError
from mnist_app.core.recognition.logits import GradientSource, LogitSource, margin

# With `STEP`, far more than it takes to draw any digit anew.
STEPS = 40
# No pixel changes by more than this fraction of full ink in a step.
STEP = 0.2
# Pixels whose gradient is below this fraction of the steepest rest in that step.
LEAST_GRADIENT = 0.3
# Pictures of the other class that show the way, and among how many they are looked for.
GUIDES = 6
MOST_COMPARED = 2000
# The search goes this far beyond the flip, as rounding to 256 greys must not undo it.
MARGIN = 0.1
# How finely the change that was found is then thinned.
FRACTIONS = np.linspace(0.3, 1, 8)
TRIMS = np.linspace(0, 0.7, 8)
# The second one thins what the first one left.
THINNINGS = 2


@dataclass(frozen=True)
class Counterfactual:
    """A change of a picture that makes the network read it as another class.

    Attributes:
        answer, target: the classes that are read before and after.
        image: uint8 (28, 28), the changed picture.
        difference: int16 (28, 28) in -255..255, above 0 ink to add, below 0 ink to remove.
        probability: of `target` in the changed picture, 0..1.
        is_guided: every pixel moves towards a real picture of the class, so that the change is one
            of pen strokes; else only the network's gradients were followed.
    """

    answer: int
    target: int
    image: np.ndarray
    difference: np.ndarray
    probability: float
    is_guided: bool

    @property
    def ink(self) -> float:
        """Return the amount of changed ink, in pixels of full ink."""
        return float(np.abs(self.difference).sum()) / 255

    @property
    def added(self) -> float:
        """Return the amount of added ink, in pixels of full ink."""
        return float(self.difference.clip(min=0).sum()) / 255


def smallest_change(
    network: GradientSource,
    image: np.ndarray,
    target: int | None = None,
    guides: np.ndarray | None = None,
) -> Counterfactual | None:
    """Look for the least ink that must be added or removed until a class is read.

    Projected steps along the smoothed gradient of the class's log odds, few pixels at a time, then
    what is not needed is dropped. Of several ways the first to arrive is taken: a small change, not
    provably the smallest. Free steps end in faint specks that no pen draws, as in
    Szegedy et al., "Intriguing properties of neural networks", 2013; towards pictures of the class
    they stay strokes: Goyal et al., "Counterfactual visual explanations", 2019, and Van Looveren,
    Klaise, "Interpretable counterfactual explanations guided by prototypes", 2019.

    Args:
        image: uint8 (28, 28), 255 is full ink.
        target: index of the class to be read; the second most probable by default.
        guides: uint8 (n, 28, 28), pictures of that class, such as those it was trained on.

    Returns:
        None when no change was found in `STEPS` steps.

    Raises:
        DigitLabError: there is no such class, or it is read already.
    """
    ink = image.astype(np.float32) / 255
    order = np.argsort(-network.logits(ink[None])[0], kind="stable").tolist()
    target = order[1] if target is None else target
    if target not in order[1:]:
        raise DigitLabError(
            f"Choose a digit other than {target} that this model knows and does not already read "
            "here."
        )
    if guides is not None and len(guides):
        near = _nearest(ink, guides[:MOST_COMPARED])
        found = _search(network, ink, target, np.minimum(ink, near), np.maximum(ink, near))
        if found is not None:
            return _change(network, image, found, order[0], target, is_guided=True)
    paper = np.zeros_like(ink)[None]
    found = _search(network, ink, target, paper, paper + 1)
    if found is None:
        return None
    return _change(network, image, found, order[0], target, is_guided=False)


def _nearest(ink: np.ndarray, guides: np.ndarray) -> np.ndarray:
    """Return the guides that overlap a picture most: float32 (`GUIDES`, 28, 28) in 0..1."""
    rows = guides.reshape(len(guides), -1).astype(np.float32) / 255
    # The picture's own square is the same for all.
    distances = (rows * rows).sum(axis=1) - 2 * rows @ ink.ravel()
    return rows[np.argsort(distances, kind="stable")[:GUIDES]].reshape(-1, *ink.shape)


def _search(
    network: GradientSource, ink: np.ndarray, target: int, low: np.ndarray, high: np.ndarray
) -> np.ndarray | None:
    """Walk from one picture within several boxes until one way is at the class.

    Args:
        ink: float32 (28, 28) in 0..1.
        low, high: float32 (ways, 28, 28), between which each pixel stays.

    Returns:
        The thinned picture, uint8 (28, 28), of the first way there; None if none got there.
    """
    fields = np.broadcast_to(ink, low.shape)
    for _ in range(STEPS):
        logits, gradients = network.gradients(fields, target)
        arrived = margin(logits, target) > MARGIN
        if arrived.any():
            amounts = np.where(arrived, np.abs(fields - ink).sum(axis=(1, 2)), np.inf)
            return _thinned(network, ink, fields[int(np.argmin(amounts))], target)
        fields = _moved(fields, gradients, low, high)
    return None


def _moved(
    fields: np.ndarray, gradients: np.ndarray, low: np.ndarray, high: np.ndarray
) -> np.ndarray:
    """Take one step: move the steepest pixels within their bounds, and their neighbours."""
    from scipy import ndimage

    smooth = ndimage.gaussian_filter(gradients, sigma=(0, 1, 1), mode="constant")
    room = np.where(smooth > 0, high - fields, fields - low)
    free = np.where(room > 0, smooth, 0)
    steepest = np.abs(free).max(axis=(1, 2), keepdims=True)
    fractions = free / np.where(steepest > 0, steepest, 1)
    steps = np.where(np.abs(fractions) >= LEAST_GRADIENT, STEP * fractions, 0)
    return np.clip(fields + steps, low, high)


def _thinned(
    network: LogitSource, ink: np.ndarray, field: np.ndarray, target: int
) -> np.ndarray | None:
    """Return the least part of a change that still suffices, uint8 (28, 28), or None.

    Parts are the change without its faintest pixels, then a fraction of that; all read at once.
    """
    best = None
    for _ in range(THINNINGS):
        change = field - ink
        size = np.abs(change)
        kept = np.where(size >= TRIMS[:, None, None] * size.max(), change, 0)
        parts = (FRACTIONS[:, None, None, None] * kept).reshape(-1, *ink.shape)
        images = np.round((ink + parts) * 255).astype(np.uint8)
        pictures = images.astype(np.float32) / 255
        enough = margin(network.logits(pictures), target) > 0
        if not enough.any():
            break
        amounts = np.abs(pictures - ink).sum(axis=(1, 2))
        best = images[int(np.argmin(np.where(enough, amounts, np.inf)))]
        field = best.astype(np.float32) / 255
    return best


def _change(
    network: LogitSource,
    image: np.ndarray,
    changed: np.ndarray,
    answer: int,
    target: int,
    is_guided: bool,
) -> Counterfactual:
    logits = network.logits(changed[None].astype(np.float32) / 255)[0].astype(np.float64)
    probability = float(np.exp(logits[target] - np.logaddexp.reduce(logits)))
    difference = changed.astype(np.int16) - image
    return Counterfactual(answer, target, changed, difference, probability, is_guided)
