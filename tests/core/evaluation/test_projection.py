import numpy as np
import pytest
from scipy.spatial import KDTree

from mnist_app.core.data.datasets import Dataset
from mnist_app.core.errors import DigitLabError, Stopped
from mnist_app.core.evaluation.projection import (
    DIRECTIONS,
    ROUNDS,
    Round,
    border,
    neighbour_map,
    picture_map,
)
from mnist_app.core.recognition.classifier import Classifier


def test_a_map_draws_classes_apart(classifier: Classifier, digits: Dataset) -> None:
    fractions: list[float] = []
    found = picture_map(classifier, digits.test_images, fractions.append)
    assert fractions[-1] == 1.0
    assert found.directions.shape == (len(digits.test_images), DIRECTIONS)
    assert found.places.shape == (len(digits.test_images), 2)
    spread = found.directions.var(axis=0)
    assert (np.diff(spread) <= 1e-4).all()
    assert 0.1 < found.fraction < 1
    _, nearest = KDTree(found.directions).query(found.directions, 2)
    assert (digits.test_labels[nearest[:, 1]] == digits.test_labels).mean() > 0.75


def test_a_map_can_be_stopped_and_needs_two(classifier: Classifier, digits: Dataset) -> None:
    with pytest.raises(Stopped):
        picture_map(classifier, digits.test_images, should_stop=lambda: True)
    with pytest.raises(DigitLabError, match="two"):
        picture_map(classifier, digits.test_images[:1])


@pytest.mark.slow
def test_a_map_of_neighbours_draws_groups_apart_and_is_told_round_by_round() -> None:
    groups = np.repeat(np.arange(3), 30)
    cloud = np.random.default_rng(0).normal(size=(90, 4)) + 20 * np.eye(4)[groups]
    told: list[Round] = []
    places = neighbour_map(cloud.astype(np.float32), told.append)
    assert [done.stage for done in told] == list(range(1, ROUNDS + 1))
    assert [done.fraction for done in told] == [stage / ROUNDS for stage in range(1, ROUNDS + 1)]
    assert np.array_equal(told[-1].places, places)
    assert places.shape == (90, 2)
    _, nearest = KDTree(places).query(places, 2)
    assert (groups[nearest[:, 1]] == groups).mean() > 0.95


def test_a_map_of_neighbours_can_be_stopped() -> None:
    told: list[Round] = []
    directions = np.random.default_rng(0).normal(size=(20, 3)).astype(np.float32)
    with pytest.raises(Stopped):
        neighbour_map(directions, told.append, should_stop=lambda: len(told) == 1)
    assert len(told) == 1
    with pytest.raises(DigitLabError, match="four"):
        neighbour_map(directions[:3])


def test_a_border_is_where_two_classes_meet() -> None:
    # Two rows of points, far apart at one end and near at the other; a third class between them.
    along = np.arange(50.0)
    places = np.concatenate(
        [
            np.stack([along, along], axis=1),
            np.stack([along, -along], axis=1),
            np.stack([along, 0 * along], axis=1),
        ]
    )
    labels = np.repeat([3, 5, 7], 50)
    assert border(places, labels, 3, 5, most=8).tolist() == [0, 1, 2, 3, 50, 51, 52, 53]
    assert np.array_equal(border(places, labels, 5, 3), border(places, labels, 3, 5))
    assert len(border(places, labels, 3, 7, most=1000)) == 100


def test_a_class_without_pictures_has_no_border() -> None:
    assert border(np.zeros((3, 2)), np.array([1, 1, 2]), 1, 9).tolist() == []
