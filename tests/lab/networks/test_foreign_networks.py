"""Networks of other people; hostile ones are in `test_model_files`."""

from collections.abc import Callable

import keras
import numpy as np
import pytest
from keras import layers

from mnist_app.core.data import datasets
from mnist_app.core.errors import DigitLabError
from mnist_app.core.recognition.classifier import Classifier
from mnist_app.lab.networks import foreign_networks, input_formats
from mnist_app.lab.networks.foreign_networks import adapted
from mnist_app.lab.networks.model_files import load_bytes
from tests.support.networks import as_keras_2, hdf5, learned, network, saved

Change = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]


def for_bytes(first: np.ndarray, bias: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return first / 255, bias


def for_dark_ink(first: np.ndarray, bias: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return -first, bias + first.sum(axis=0)


def for_signs(first: np.ndarray, bias: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return first / 2, bias + first.sum(axis=0) / 2


def transposed(first: np.ndarray, bias: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return first.reshape(28, 28, -1).swapaxes(0, 1).reshape(784, -1), bias


def for_colours(first: np.ndarray, bias: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.repeat(first / 3, 3, axis=0), bias


def for_large(first: np.ndarray, bias: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    wide = first.reshape(28, 28, -1).repeat(2, axis=0).repeat(2, axis=1)
    return wide.reshape(56 * 56, -1) / 4, bias


def probabilities(litert: bytes) -> np.ndarray:
    return Classifier(litert).probabilities(datasets.load("optdigits").test_images)


@pytest.fixture(scope="module")
def expected() -> np.ndarray:
    """The answers of the network that all others are made of."""
    return adapted_answers(network())


def adapted_answers(model: keras.Model, suffix: str = ".keras") -> np.ndarray:
    return probabilities(adapted(saved(model, suffix), f"theirs{suffix}").files.litert)


@pytest.mark.parametrize(
    ("shape", "change", "words"),
    [
        ((28, 28, 1), None, []),
        ((28, 28), None, ["It wants pictures as plain rows of pixels."]),
        ((784,), for_bytes, ["It wants all pixels in one row.", "It wants pixels from 0 to 255."]),
        ((28, 28, 1), for_dark_ink, ["It wants dark ink on a light background."]),
        ((28, 28, 1), for_signs, ["It wants pixels from -1 to 1."]),
        ((28, 28, 1), transposed, ["It wants rows and columns swapped."]),
        ((28, 28, 3), for_colours, ["It wants colour pictures, but gets grey ones."]),
        ((56, 56, 1), for_large, ["It wants pictures of 56 x 56 pixels."]),
    ],
)
def test_the_way_in_which_a_network_wants_its_pictures_is_found(
    shape: tuple[int, ...], change: Change | None, words: list[str]
) -> None:
    model = network(shape, change=change)
    images, labels = foreign_networks._digits()
    best, gives_logits = input_formats.best_format(model, images, labels)
    assert not gives_logits
    assert best.right > 180
    assert list(foreign_networks._changes(model, best.form)) == words
    joined = foreign_networks._joined(model, best.form, gives_logits)
    pictures = images[:20, ..., None] / np.float32(255)
    shown = input_formats.formatted(pictures, best.form, model)
    np.testing.assert_allclose(joined.predict(pictures, verbose=0), model(shown), atol=1e-5)


@pytest.mark.parametrize(
    ("ending", "words"),
    [
        ("linear", "It gives scores. The app turns them into probabilities."),
        ("sigmoid", "It says yes or no to each digit. The app turns that into probabilities."),
    ],
)
def test_answers_become_probabilities(ending: str, words: str, expected: np.ndarray) -> None:
    made = adapted(saved(network(ending=ending)), "theirs.keras")
    np.testing.assert_allclose(probabilities(made.files.litert), expected, atol=1e-4)
    assert words in made.card.training["found"]
    assert made.card.title == "theirs"


def test_a_file_of_keras_2_reads_as_it_did(expected: np.ndarray) -> None:
    made = adapted(as_keras_2(network(change=for_bytes)), "my old.one.h5")
    np.testing.assert_allclose(probabilities(made.files.litert), expected, atol=1e-4)
    assert made.card.versions == {"keras": "2.4.0"}
    assert made.card.title == "my old.one"
    again = adapted(made.files.keras, "again.keras")
    assert again.files.keras == made.files.keras
    assert len(again.card.training["found"]) == 1


def test_a_graph_with_layers_that_only_work_in_training_keeps_its_layers() -> None:
    first, bias, second, last = learned()
    pictures = keras.Input((28, 28))
    rows = layers.Flatten()(layers.RandomRotation(0.1)(layers.Reshape((28, 28, 1))(pictures)))
    hidden = layers.Dense(32, activation="relu", name="hidden")(rows)
    both = layers.Add()([layers.Dropout(0.5)(hidden), layers.GaussianNoise(1.0)(hidden)])
    model = keras.Model(pictures, layers.Dense(10)(layers.BatchNormalization()(both)))
    model.set_weights(
        [first, bias, *(np.ones(32), np.zeros(32), np.zeros(32), np.ones(32)), second / 2, last]
    )
    made = adapted(saved(model, ".h5"), "graph.h5")
    right = (
        probabilities(made.files.litert).argmax(axis=1) == datasets.load("optdigits").test_labels
    )
    assert right.mean() > 0.9
    names = [layer.name for layer in load_bytes(made.files.keras, "It").layers]
    assert "hidden" in names


def test_what_reads_no_digits_says_so() -> None:
    model = network()
    model.set_weights([np.zeros_like(part) for part in model.get_weights()])
    with pytest.raises(DigitLabError, match="at most 20 of 200 digits"):
        adapted(saved(model), "blank.keras")


@pytest.mark.parametrize(
    ("inputs", "units", "words"),
    [
        ((28, 20, 1), 10, "takes pictures of 28 x 20 x 1. The app needs square ones"),
        ((28, 28, 1), 26, "gives 26 answers"),
        ((28, 28, 1), 10**9, "too large a network"),
        ((30_000, 30_000, 1), 10, "too large a network"),
    ],
)
def test_what_is_not_made_for_digits_is_refused_before_it_takes_memory(
    inputs: tuple[int, ...], units: int, words: str
) -> None:
    entry = {"class_name": "InputLayer", "config": {"batch_input_shape": [None, *inputs]}}
    pool = {"class_name": "Flatten", "config": {"name": "flat"}}
    head = {"class_name": "Dense", "config": {"name": "head", "units": units}}
    config = {"class_name": "Sequential", "config": {"layers": [entry, pool, head]}}
    with pytest.raises(DigitLabError, match=words):
        adapted(hdf5(config), "odd.h5")


def test_what_keras_2_wrote_and_nobody_can_open_names_its_version() -> None:
    config = {"class_name": "Sequential", "config": [{"class_name": "Dense", "config": {}}]}
    with pytest.raises(DigitLabError, match=r"Keras 2\.1\.6 wrote odd\.h5"):
        adapted(hdf5(config, "2.1.6"), "odd.h5")
