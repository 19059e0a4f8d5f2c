import numpy as np
import pytest

from mnist_app.core.data.datasets import Dataset
from mnist_app.core.errors import DigitLabError, Stopped
from mnist_app.core.evaluation.embedding import (
    Neighbours,
    embeddings,
    neighbourhoods,
    principal_components,
)
from mnist_app.core.recognition.classifier import BATCH, Classifier


@pytest.fixture(scope="module")
def vectors(classifier: Classifier, digits: Dataset) -> np.ndarray:
    return embeddings(classifier, digits.test_images)


def test_many_images_are_reported_and_can_be_stopped(classifier: Classifier) -> None:
    images = np.zeros((BATCH + 1, 28, 28), dtype=np.uint8)
    fractions: list[float] = []
    assert len(embeddings(classifier, images, report=fractions.append)) == BATCH + 1
    assert fractions == [BATCH / (BATCH + 1), 1.0]
    with pytest.raises(Stopped):
        embeddings(classifier, images, should_stop=lambda: True)


def test_near_in_the_last_layer_is_mostly_the_same_class(
    vectors: np.ndarray, classifier: Classifier, digits: Dataset
) -> None:
    known = Neighbours(embeddings(classifier, digits.train_images))
    distances, indices = known.nearest(vectors, 3)
    assert (np.diff(distances, axis=1) >= 0).all()
    same = digits.train_labels[indices[:, 0]] == digits.test_labels
    assert same.mean() > 0.8


def test_an_image_is_its_own_nearest_and_no_more_are_given_than_there_are(
    vectors: np.ndarray,
) -> None:
    _, indices = Neighbours(vectors[:4]).nearest(vectors[2:3], 9)
    assert indices.shape == (1, 4)
    assert indices[0, 0] == 2


def test_principal_components_show_the_widest_directions() -> None:
    chance = np.random.default_rng(0)
    cloud = (chance.normal(size=(200, 5)) * [0.1, 9, 0.1, 3, 0.1]).astype(np.float32)
    places, fractions = principal_components(cloud)
    assert abs(np.corrcoef(places[:, 0], cloud[:, 1])[0, 1]) > 0.99
    assert abs(np.corrcoef(places[:, 1], cloud[:, 3])[0, 1]) > 0.99
    assert fractions[0] > fractions[1]
    assert fractions.sum() > 0.99
    more, _ = principal_components(cloud, most=30)
    assert more.shape == (200, 5)
    np.testing.assert_allclose(np.abs(more[:, :2]), np.abs(places), atol=1e-3)
    with pytest.raises(DigitLabError, match="two"):
        principal_components(cloud[:1])


def test_neighbourhoods_can_be_stopped_and_need_a_few() -> None:
    cloud = np.random.default_rng(0).normal(size=(20, 3)).astype(np.float32)
    stops = iter([False, True])
    rounds = neighbourhoods(cloud, should_stop=lambda: next(stops))
    assert next(rounds).shape == (20, 2)
    with pytest.raises(Stopped):
        next(rounds)
    with pytest.raises(DigitLabError, match="four"):
        next(neighbourhoods(cloud[:3]))
