"""The space of a network's last layer, where neighbours look alike to the network."""

from collections.abc import Callable, Iterator

import numpy as np

from mnist_app.core.errors import DigitLabError, Stopped
from mnist_app.core.recognition.classifier import BATCH, Classifier

# scikit-learn's own defaults.
PERPLEXITY = 30.0
EARLY_EXAGGERATION = 12.0
# scikit-learn's t-SNE cannot be asked to stop; so it is given rounds of its fewest steps.
ROUNDS = 4
ROUND_STEPS = 250


def embeddings(
    classifier: Classifier,
    images: np.ndarray,
    report: Callable[[float], None] = lambda fraction: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> np.ndarray:
    """Return where images lie in the space of a network's last layer.

    Args:
        images: uint8 (n, 28, 28), 255 is full ink.
        report: called with the fraction done, 0..1.
        should_stop: asked between batches.

    Returns:
        float32 (n, d).

    Raises:
        Stopped: it was asked to stop.
    """
    found = np.zeros((len(images), classifier.dimensions), dtype=np.float32)
    for start in range(0, len(images), BATCH):
        if should_stop():
            raise Stopped
        batch = images[start : start + BATCH].astype(np.float32) / 255
        found[start : start + BATCH] = classifier.answers(batch).features
        report(min(1.0, (start + BATCH) / len(images)))
    return found


class Neighbours:
    """The nearest of many known vectors: an explanation by example."""

    def __init__(self, vectors: np.ndarray) -> None:
        """Keep vectors, float32 (n, d), n >= 1."""
        from sklearn.neighbors import NearestNeighbors

        self._known = len(vectors)
        # In this many dimensions a tree is slower than comparing all.
        self._search = NearestNeighbors(algorithm="brute").fit(vectors)

    def nearest(self, vectors: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
        """Find the nearest known vectors of each query, float32 (n, d), nearest first.

        Returns:
            Distances, float (n, count), and indices, int64 (n, count); fewer if fewer are known.
        """
        distances, indices = self._search.kneighbors(vectors, min(count, self._known))
        return distances, indices


def principal_components(vectors: np.ndarray, most: int = 2) -> tuple[np.ndarray, np.ndarray]:
    """Compute the directions in which vectors differ most; deterministic.

    Args:
        vectors: float32 (n, d), n >= 2 and d >= 2.
        most: how many directions at most.

    Returns:
        Places along k directions, float32 (n, k), the widest first, and the fraction of variance
        that each shows, float (k,) in 0..1; k is at most n and d.

    Raises:
        DigitLabError: there are too few vectors.
    """
    from sklearn.decomposition import PCA

    if min(vectors.shape) < 2:
        raise DigitLabError("A map needs at least two pictures. Choose more.")
    analysis = PCA(min(most, *vectors.shape), random_state=0)
    places = analysis.fit_transform(vectors).astype(np.float32)
    return places, np.nan_to_num(analysis.explained_variance_ratio_)


def neighbourhoods(
    vectors: np.ndarray, should_stop: Callable[[], bool] = lambda: False
) -> Iterator[np.ndarray]:
    """Yield a t-SNE map after each of `ROUNDS` rounds; it keeps neighbours together.

    Van der Maaten, Hinton, "Visualizing data using t-SNE", 2008, by scikit-learn, from the
    principal components on. Distances between far groups, and their sizes, mean nothing.

    Args:
        vectors: float32 (n, d), n >= 4 and d >= 2.
        should_stop: asked between rounds.

    Yields:
        Places, float32 (n, 2), after each round.

    Raises:
        DigitLabError: there are too few vectors.
        Stopped: it was asked to stop.
    """
    from sklearn.manifold import TSNE
    from sklearn.neighbors import KNeighborsTransformer

    if len(vectors) < 4:
        raise DigitLabError("A map of neighbours needs at least four pictures. Choose more.")
    perplexity = min(PERPLEXITY, (len(vectors) - 1) / 3)
    places, _ = principal_components(vectors)
    # The usual start: so small that the map can still turn any way.
    places *= 1e-4 / (places[:, 0].std() or 1)
    # Found once for all rounds.
    count = min(len(vectors) - 1, int(3 * perplexity + 1))
    graph = KNeighborsTransformer(n_neighbors=count).fit_transform(vectors)
    for number in range(ROUNDS):
        if should_stop():
            raise Stopped
        rounds = TSNE(
            metric="precomputed",
            init=places,
            perplexity=perplexity,
            early_exaggeration=EARLY_EXAGGERATION if number == 0 else 1.0,
            # What scikit-learn takes for all of a run, which a round without exaggeration hides.
            learning_rate=max(len(vectors) / EARLY_EXAGGERATION / 4, 50.0),
            max_iter=ROUND_STEPS,
            random_state=0,
        )
        places = rounds.fit_transform(graph)
        yield places
