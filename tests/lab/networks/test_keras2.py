import io
import json
import zipfile

import h5py
import keras
import numpy as np
import pytest
from keras import layers

from mnist_app.lab.networks.model_files import built
from mnist_app.lab.networks.untrusted_files import inspected
from tests.support.networks import as_keras_2, saved

PICTURES = np.random.default_rng(0).random((4, 28, 28, 1), np.float32)


@pytest.fixture(scope="module")
def chain() -> keras.Model:
    keras.utils.set_random_seed(1)
    model = keras.Sequential(
        [
            layers.Input((28, 28, 1)),
            layers.Rescaling(1 / 255),
            layers.Conv2D(4, 3, activation="relu"),
            layers.BatchNormalization(),
            layers.SeparableConv2D(6, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Dropout(0.5),
            layers.GlobalAveragePooling2D(),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.set_weights([np.abs(part) + 0.1 for part in model.get_weights()])
    return model


@pytest.fixture(scope="module")
def graph() -> keras.Model:
    keras.utils.set_random_seed(1)
    pictures = keras.Input((28, 28, 1))
    one = layers.Conv2D(4, 3, activation="relu", padding="same")(pictures)
    both = layers.Add()([one, layers.Conv2D(4, 5, padding="same")(pictures)])
    flat = layers.Flatten()(layers.Concatenate()([both, one]))
    return keras.Model(pictures, layers.Dense(10, activation="softmax")(flat))


def answers(data: bytes) -> np.ndarray:
    return built(data, inspected(data, "theirs"), "theirs").predict(PICTURES, verbose=0)


@pytest.mark.parametrize("network", ["chain", "graph"])
@pytest.mark.parametrize("write", [as_keras_2, lambda model: saved(model, ".h5"), saved])
def test_a_network_answers_as_before_whoever_saved_it(
    network: str, write: object, request: pytest.FixtureRequest
) -> None:
    model = request.getfixturevalue(network)
    assert callable(write)
    np.testing.assert_allclose(answers(write(model)), model.predict(PICTURES, verbose=0), atol=1e-6)


def test_a_late_keras_2_file_keeps_its_weights_elsewhere(chain: keras.Model) -> None:
    """As Keras 2.12 to 2.15 saved a .keras file."""
    with h5py.File(io.BytesIO(as_keras_2(chain))) as file:
        config = json.loads(file.attrs["model_config"])
    config["module"] = "keras.src.engine.sequential"
    data, weights = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(saved(chain))) as new:
        weights.write(new.read("model.weights.h5"))
    with h5py.File(weights, "r+") as file:
        file.move("layers", "_layer_checkpoint_dependencies")
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("metadata.json", json.dumps({"keras_version": "2.13.1"}))
        archive.writestr("config.json", json.dumps(config))
        archive.writestr("model.weights.h5", weights.getvalue())
    expected = chain.predict(PICTURES, verbose=0)
    np.testing.assert_allclose(answers(data.getvalue()), expected, atol=1e-6)
