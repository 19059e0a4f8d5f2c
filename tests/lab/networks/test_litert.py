import keras
import numpy as np
import pytest
from keras import layers

from mnist_app.core.data.datasets import Dataset
from mnist_app.core.errors import DigitLabError
from mnist_app.core.models.model_store import SHIPPED
from mnist_app.core.recognition.classifier import Classifier, as_network_input
from mnist_app.lab.networks import model_files
from mnist_app.lab.networks.architectures import build
from mnist_app.lab.networks.keras_classifier import KerasClassifier
from mnist_app.lab.networks.litert import to_litert
from tests.support.networks import as_if_learned, saved


@pytest.fixture(scope="module")
def images(digits: Dataset) -> np.ndarray:
    """1,000 pictures, every second of them of nothing."""
    known = digits.train_images[:1000].copy()
    known[::2] = np.random.default_rng(0).integers(0, 256, (500, 28, 28), dtype=np.uint8)
    return known


@pytest.mark.parametrize("name", ["dense", "simple_cnn", "fast_cnn", "residual_cnn", "lenet5"])
def test_a_litert_form_answers_as_keras_does(name: str, images: np.ndarray) -> None:
    compare(as_if_learned(build(name)), images)


def test_the_shipped_litert_form_answers_as_keras_does(images: np.ndarray) -> None:
    compare(model_files.load(SHIPPED), images, SHIPPED.with_suffix(".tflite").read_bytes())


def compare(model: keras.Model, images: np.ndarray, form: bytes = b"") -> None:
    classifier = Classifier(form or to_litert(model))
    inputs = as_network_input(images)
    expected = model.predict(inputs, batch_size=100, verbose=0)
    answers = classifier.answers(inputs[..., 0])
    np.testing.assert_allclose(answers.probabilities, expected, atol=1e-4)
    np.testing.assert_array_equal(answers.probabilities.argmax(axis=1), expected.argmax(axis=1))
    fractions = np.exp(answers.logits - np.logaddexp.reduce(answers.logits, axis=1, keepdims=True))
    np.testing.assert_allclose(fractions, expected, atol=1e-4)
    # What the last layer makes of the features is the answer.
    from_features = np.asarray(model.layers[-1](answers.features))
    np.testing.assert_allclose(from_features, expected, atol=1e-4)


def odd_networks() -> dict[str, keras.Model]:
    """Networks of other apps, built in ways that this app never builds one."""
    image, other, third = (keras.Input((28, 28, 1)) for _ in range(3))
    inner = keras.Model(image, layers.Conv2D(4, 3)(image))
    twice = layers.Conv2D(1, 3, padding="same")
    ending = keras.Sequential([layers.Flatten(), layers.Dense(10, activation="softmax")])
    head = layers.Dense(10, activation="softmax")
    return {
        "a network within": keras.Model(other, head(layers.Flatten()(inner(other)))),
        "a layer used twice": keras.Model(third, ending(twice(twice(third)))),
        "no softmax": keras.Sequential(
            [layers.Input((28, 28, 1)), layers.Flatten(), layers.Dense(10)]
        ),
        "other layers": keras.Sequential(
            [
                layers.Input((28, 28, 1)),
                layers.RandomRotation(0.1),
                layers.GroupNormalization(1),
                layers.SeparableConv2D(4, 3),
                layers.PReLU(),
                layers.Conv2DTranspose(2, 3),
                layers.UpSampling2D(),
                layers.Flatten(),
                layers.Dense(10),
                layers.Softmax(),
            ]
        ),
    }


@pytest.mark.parametrize(
    "name", ["a network within", "a layer used twice", "no softmax", "other layers"]
)
def test_networks_of_other_apps_answer_alike(name: str, dataset: Dataset) -> None:
    model = odd_networks()[name]
    classifier = Classifier(to_litert(model))
    expected = KerasClassifier(model).probabilities(dataset.test_images)
    found = classifier.probabilities(dataset.test_images)
    np.testing.assert_allclose(found, expected, atol=1e-4)
    inside = classifier.inside(dataset.test_images[0].astype(np.float32) / 255)
    last = list(inside.layers.values())[-1]
    np.testing.assert_allclose(last, expected[0], atol=1e-4)


def test_recurrent_networks_of_other_apps_answer_alike(dataset: Dataset) -> None:
    model = keras.Sequential(
        [
            layers.Input((28, 28, 1)),
            layers.Reshape((28, 28)),
            layers.Bidirectional(layers.LSTM(3, return_sequences=True)),
            layers.GRU(4),
            layers.Dense(10, activation="softmax"),
        ]
    )
    inputs = as_network_input(dataset.test_images)
    expected = model.predict(inputs, batch_size=100, verbose=0)
    classifier = Classifier(to_litert(model_files.load_bytes(saved(model), "theirs.keras")))
    answers = classifier.probabilities(dataset.test_images)
    np.testing.assert_allclose(answers, expected, atol=1e-4)


def test_a_network_of_sixteen_bits_answers_in_full(dataset: Dataset) -> None:
    keras.mixed_precision.set_global_policy("mixed_bfloat16")
    try:
        model = build("simple_cnn")
    finally:
        keras.mixed_precision.set_global_policy("float32")
    found = Classifier(to_litert(model)).probabilities(dataset.test_images)
    expected = KerasClassifier(model).probabilities(dataset.test_images)
    np.testing.assert_allclose(found, expected, atol=0.02)


def test_a_network_without_a_litert_form_is_refused() -> None:
    name = "not a name for TensorFlow"
    model = keras.Sequential(
        [layers.Input((28, 28, 1)), layers.Flatten(name=name), layers.Dense(10)]
    )
    with pytest.raises(DigitLabError, match="LiteRT cannot run"):
        to_litert(model)
