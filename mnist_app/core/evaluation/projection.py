"""Maps of test pictures in two dimensions, from the outputs of a network's last layer."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mnist_app.core.errors import DigitLabError, Stopped
from mnist_app.core.evaluation.neighbours import embeddings
from mnist_app.core.recognition.classifier import Classifier

# What the last layer of a trained network tells fits into few directions: 99.5 % with the shipped
# model; and t-SNE need not look at more.
DIRECTIONS = 30
# scikit-learn's own defaults.
PERPLEXITY = 30.0
EARLY_EXAGGERATION = 12.0
# scikit-learn's t-SNE cannot be asked to stop; so it is given rounds of its fewest steps.
ROUNDS = 4
ROUND_STEPS = 250


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
        report, should_stop: see `embeddings`.

    Raises:
        DigitLabError: there are too few pictures.
        Stopped: it was asked to stop.
    """
    from sklearn.decomposition import PCA

    vectors = embeddings(classifier, images, report, should_stop)
    if min(vectors.shape) < 2:
        raise DigitLabError("A map needs at least two pictures. Choose more.")
    analysis = PCA(min(DIRECTIONS, *vectors.shape), random_state=0)
    directions = analysis.fit_transform(vectors).astype(np.float32)
    fractions = np.nan_to_num(analysis.explained_variance_ratio_)
    return PictureMap(directions, float(fractions[:2].sum()))


def neighbour_map(
    directions: np.ndarray,
    report: Callable[[Round], None] = lambda done: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> np.ndarray:
    """Lay pictures out so that what is near stays near, by t-SNE.

    Van der Maaten, Hinton, "Visualizing data using t-SNE", 2008, by scikit-learn, from the
    principal components on. Distances between far groups, and their sizes, mean nothing.

    Args:
        directions: float32 (n, k), n >= 4, of a `PictureMap`.
        report: told after each round.
        should_stop: asked between rounds.

    Returns:
        Places, float32 (n, 2).

    Raises:
        DigitLabError: there are too few pictures.
        Stopped: it was asked to stop.
    """
    from sklearn.manifold import TSNE
    from sklearn.neighbors import KNeighborsTransformer

    count = len(directions)
    if count < 4:
        raise DigitLabError("A map of neighbours needs at least four pictures. Choose more.")
    perplexity = min(PERPLEXITY, (count - 1) / 3)
    # The usual start: so small that the map can still turn any way.
    places = directions[:, :2] * (1e-4 / (directions[:, 0].std() or 1))
    # Found once for all rounds.
    neighbours = min(count - 1, int(3 * perplexity + 1))
    graph = KNeighborsTransformer(n_neighbors=neighbours).fit_transform(directions)
    for stage in range(1, ROUNDS + 1):
        if should_stop():
            raise Stopped
        rounds = TSNE(
            metric="precomputed",
            init=places,
            perplexity=perplexity,
            early_exaggeration=EARLY_EXAGGERATION if stage == 1 else 1.0,
            # What scikit-learn takes for all of a run, which a round without exaggeration hides.
            learning_rate=max(count / EARLY_EXAGGERATION / 4, 50.0),
            max_iter=ROUND_STEPS,
            random_state=0,
        )
        places = rounds.fit_transform(graph)
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
