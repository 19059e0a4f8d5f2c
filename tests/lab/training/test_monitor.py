import keras
import numpy as np
import pytest

from mnist_app.core.data.datasets import Dataset
from mnist_app.lab.networks import architectures
from mnist_app.lab.networks.keras_classifier import KerasClassifier
from mnist_app.lab.training.monitor import HARDEST, NetworkMonitor, first_filters, validate


@pytest.mark.parametrize("name", ["dense", "lenet5", "residual_cnn"])
def test_the_first_filters_of_each_network_are_pictures(name: str) -> None:
    model = architectures.build(name)
    filters = first_filters(model)
    assert filters.dtype == np.float32
    kernel = next(layer for layer in model.layers if layer.weights).kernel.numpy()
    first = kernel[:, 0].reshape(28, 28) if name == "dense" else kernel[:, :, 0, 0]
    np.testing.assert_array_equal(filters[0], first)


def test_a_network_that_only_pools_has_filters_of_what_is_left() -> None:
    model = architectures.build("custom", own_layers="pool, dropout 0.5")
    assert first_filters(model).shape == (10, 14, 14)


def network() -> KerasClassifier:
    return KerasClassifier(architectures.build("dense"))


def test_it_always_asks_the_same_pictures_of_each_class(dataset: Dataset) -> None:
    looks = [NetworkMonitor(network(), dataset).look() for _ in range(2)]
    views = [view for view, _ in looks]
    assert looks[0][1] == (), "without a drawing there is no opinion"
    assert views[0].labels.tolist() == [label for label in range(10) for _ in range(4)]
    np.testing.assert_array_equal(views[0].indices, views[1].indices)
    np.testing.assert_array_equal(dataset.test_labels[views[0].indices], views[0].labels)


def test_it_sees_how_a_network_changes(dataset: Dataset) -> None:
    classifier = network()
    watcher = NetworkMonitor(classifier, dataset, dataset.test_images[0])
    before, opinion = watcher.look()
    model = classifier.model
    model.set_weights([0 * weights for weights in model.get_weights()])
    after, second = watcher.look()
    assert sum(opinion) == pytest.approx(1, abs=1e-5)
    assert second == pytest.approx([0.1] * 10)
    assert before.filters.any()
    assert not after.filters.any()
    assert set(after.predictions) == {0}


def answers(count: int) -> tuple[np.ndarray, np.ndarray]:
    chance = np.random.default_rng(0)
    return chance.dirichlet(np.ones(4), count).astype(np.float32), chance.integers(0, 3, count)


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_it_judges_as_keras_does(smoothing: float) -> None:
    probabilities, labels = answers(60)
    found = validate(probabilities, labels, np.arange(60), smoothing)
    loss = keras.losses.CategoricalCrossentropy(label_smoothing=smoothing)
    targets = keras.utils.to_categorical(labels, 4)
    assert found.loss == pytest.approx(float(loss(targets, probabilities)), rel=1e-4)
    assert found.accuracy == (probabilities.argmax(axis=1) == labels).mean()


def test_it_judges_each_class_and_names_the_hardest() -> None:
    probabilities, labels = answers(60)
    places = np.arange(60) * 10
    found = validate(probabilities, labels, places)
    assert np.isnan(found.class_accuracy[3])
    of_two = probabilities[labels == 2].argmax(axis=1) == 2
    assert found.class_accuracy[2] == of_two.mean()
    worst = found.hardest[0]
    right = probabilities[np.arange(60), labels]
    assert worst.index == 10 * right.argmin()
    assert worst.loss == pytest.approx(-np.log(right.min()), rel=1e-4)
    assert len(found.hardest) == HARDEST


def test_certainly_wrong_is_no_infinite_loss() -> None:
    found = validate(np.array([[0.0, 1.0]], dtype=np.float32), np.array([0]), np.array([5]))
    assert np.isfinite(found.loss)
