"""Maps of test pictures in two dimensions, from the outputs of a network's last layer."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mnist_app.core.evaluation.embedding import (
    ROUNDS,
    embeddings,
    neighbourhoods,
    principal_components,
)
from mnist_app.core.recognition.classifier import Classifier

# What the last layer of a trained network tells fits into few directions: 99.5 % with the shipped
# model; and t-SNE need not look at more.
DIRECTIONS = 30


@dataclass(frozen=True)
class PictureMap:
    """The places of pictures on a map.

    Attributes:
        directions: float32 (n, k), k <= `DIRECTIONS`, the widest first.
        fraction: of all variance that the first two show, 0..1.
    """

    directions: np.ndarray
    fraction: float

    @property
    def places(self) -> np.ndarray:
        """Return the two widest directions, float32 (n, 2)."""
        return self.directions[:, :2]


@dataclass(frozen=True)
class Round:
    """A map of neighbours in the making.

    Attributes:
        places: float32 (n, 2).
        stage: how many rounds are done, 1..`ROUNDS`.
    """

    places: np.ndarray
    stage: int

    @property
    def fraction(self) -> float:
        """Return the fraction of the work that is done, 0..1."""
        return self.stage / ROUNDS


def picture_map(
    classifier: Classifier,
    images: np.ndarray,
    report: Callable[[float], None] = lambda fraction: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> PictureMap:
    """Lay pictures out by the widest directions of a network's last layer.

    Args:
        images: uint8 (n, 28, 28), n >= 2.
        report: called with the fraction done, 0..1.
        should_stop: asked between batches.

    Raises:
        DigitLabError: there are too few pictures.
        Stopped: it was asked to stop.
    """
    places = embeddings(classifier, images, report, should_stop)
    directions, fractions = principal_components(places, DIRECTIONS)
    return PictureMap(directions, float(fractions[:2].sum()))


def neighbour_map(
    directions: np.ndarray,
    report: Callable[[Round], None] = lambda done: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> np.ndarray:
    """Lay pictures out so that what is near stays near, by t-SNE: see `neighbourhoods`.

    Args:
        directions: float32 (n, k), n >= 4.
        report: told after each round.
        should_stop: asked between rounds.

    Returns:
        Places, float32 (n, 2).

    Raises:
        DigitLabError: there are too few pictures.
        Stopped: it was asked to stop.
    """
    places = directions[:, :2]
    for stage, places in enumerate(neighbourhoods(directions, should_stop), 1):
        report(Round(places, stage))
    return places


def border(
    places: np.ndarray, labels: np.ndarray, one: int, other: int, most: int = 60
) -> np.ndarray:
    """Find the pictures nearest to one of the other class on a map.

    Args:
        places: float (n, 2).
        labels: int64 (n,).
        one, other: two classes.
        most: how many at most, half of them of each class.

    Returns:
        Their numbers, int64 (m,), rising; none when either class has none.
    """
    from sklearn.neighbors import NearestNeighbors

    sides = [np.flatnonzero(labels == label) for label in (one, other)]
    if not all(len(side) for side in sides):
        return np.zeros(0, dtype=np.int64)
    found = []
    for own, others in (sides, sides[::-1]):
        gaps, _ = NearestNeighbors(n_neighbors=1).fit(places[others]).kneighbors(places[own])
        found.append(own[np.argsort(gaps[:, 0], kind="stable")[: most // 2]])
    return np.sort(np.concatenate(found))
