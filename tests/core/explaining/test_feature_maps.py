from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from mnist_app.core.errors import DigitLabError
from mnist_app.core.explaining.feature_maps import (
    Convolution,
    FeatureMaps,
    first_convolution,
    layer_outputs,
    map_size,
    mosaic,
    responses,
    step,
)
from mnist_app.core.explaining.layer_sentences import describe_layer
from mnist_app.core.models import layer_list, model_store
from mnist_app.core.models.layer_list import LayerConfig
from mnist_app.core.recognition.classifier import Classifier, as_network_input
from mnist_app.lab.networks import architectures
from mnist_app.lab.networks.keras_classifier import KerasClassifier
from mnist_app.lab.networks.litert import to_litert

IMAGE = np.random.default_rng(0).integers(0, 256, (28, 28), dtype=np.uint8)


def listed(model: keras.Model, folder: Path) -> tuple[LayerConfig, ...]:
    model.save(folder / "listed.keras")
    return layer_list.read_layers(folder / "listed.keras")


def seen(model: keras.Model, folder: Path) -> tuple[tuple[FeatureMaps, ...], Convolution | None]:
    """Return what a network makes of `IMAGE`, and its first convolution."""
    inside = Classifier(to_litert(model)).inside(IMAGE / np.float32(255))
    known = listed(model, folder)
    return layer_outputs(IMAGE, inside, known), first_convolution(inside, known)


def told(layer: keras.Layer, folder: Path) -> str:
    """Return the sentences about a layer."""
    *_, known = listed(keras.Sequential([layers.Input((28, 28, 1)), layer]), folder)
    return describe_layer(known)


@pytest.mark.parametrize("name", ["residual_cnn", "lenet5", "keras_example"])
def test_layers_lead_from_the_picture_to_the_answer(name: str, tmp_path: Path) -> None:
    model = architectures.build(name)
    maps, _ = seen(model, tmp_path)
    np.testing.assert_allclose(maps[0].values[..., 0], IMAGE / 255, atol=1e-6)
    np.testing.assert_allclose(
        maps[-1].values, KerasClassifier(model).probabilities(IMAGE[None])[0], atol=1e-4
    )
    inside = [layer for layer in model.layers if type(layer).__name__ != "InputLayer"]
    assert [each.name for each in maps[1:]] == [layer.name for layer in inside]
    assert [each.kind for each in maps[1:]] == [type(layer).__name__ for layer in inside]
    assert not [each.sentence for each in maps if "cannot explain" in each.sentence]


def test_the_layers_of_the_shipped_model_follow_from_each_other(shipped: Classifier) -> None:
    inside = shipped.inside(IMAGE / np.float32(255))
    maps = layer_outputs(IMAGE, inside, layer_list.read_layers(model_store.SHIPPED))
    relu = next(number for number, each in enumerate(maps) if each.kind == "ReLU")
    expected = np.maximum(maps[relu - 1].values, 0)
    np.testing.assert_allclose(maps[relu].values, expected, atol=1e-5)


def test_what_a_layer_does_is_told_of_its_own_numbers(tmp_path: Path) -> None:
    assert told(layers.Conv2D(2, 3), tmp_path).endswith("pattern is found.")
    assert "in steps of 2" in told(layers.Conv2D(2, 3, strides=2), tmp_path)
    bent = told(layers.Conv2D(2, 3, activation="tanh"), tmp_path)
    assert bent.endswith("Each number is squeezed between -1 and 1.")
    assert "by the function “gelu”" in told(layers.Dense(2, activation="gelu"), tmp_path)
    assert "“ELU”" in told(layers.ELU(), tmp_path)


@pytest.mark.parametrize(
    "settings", [{}, {"kernel_size": 3, "filters": 2}, {"kernel_size": ["a", None]}]
)
def test_a_layer_with_odd_settings_is_named(settings: dict[str, Any]) -> None:
    assert "“Conv2D”" in describe_layer(LayerConfig("it", "Conv2D", settings))
    assert "“Tomorrow”" in describe_layer(LayerConfig("it", "Tomorrow", settings))


def test_a_network_within_a_network_is_one_layer(tmp_path: Path) -> None:
    inner = keras.Sequential([layers.Input((28, 28, 1)), layers.Flatten(), layers.Dense(5)])
    image = keras.Input((28, 28, 1))
    answer = layers.Dense(10, activation="softmax")(inner(layers.ReLU()(image)))
    model = keras.Model(image, answer)
    maps, _ = seen(model, tmp_path)
    assert [each.values.shape for each in maps] == [(28, 28, 1), (28, 28, 1), (5,), (10,)]
    expected = np.asarray(model(as_network_input(IMAGE[None])))[0]
    np.testing.assert_allclose(maps[-1].values, expected, atol=1e-5)


def test_values_that_are_no_pictures_become_lines_or_numbers(tmp_path: Path) -> None:
    model = keras.Sequential(
        [
            layers.Input((28, 28, 1)),
            layers.Reshape((784, 1)),
            layers.Conv1D(4, 5, strides=4),
            layers.Reshape((13, 3, 5, 4)),
            layers.Flatten(),
            layers.Dense(10, activation="softmax"),
        ]
    )
    maps, _ = seen(model, tmp_path)
    shapes = [(28, 28, 1), (784, 1, 1), (195, 1, 4), (780,), (780,), (10,)]
    assert [each.values.shape for each in maps] == shapes
    np.testing.assert_allclose(maps[1].values[:, 0, 0], IMAGE.reshape(-1) / 255, atol=1e-6)
    np.testing.assert_array_equal(maps[3].values, maps[2].values.reshape(-1))
    assert mosaic(maps[2].values).shape == (195, 7), "long maps stand side by side"


def test_a_mosaic_holds_every_map_in_rows() -> None:
    values = np.stack([np.full((2, 3), number) for number in (1.0, -4.0, 2.0)], axis=-1)
    picture = mosaic(values)
    assert picture.shape == (5, 7)
    assert picture[0, 0] == 0.25
    assert picture[0, 4] == -1
    assert picture[3, 0] == 0.5
    assert np.isnan(picture[2]).all()
    assert np.isnan(picture[3:, 4:]).all()


def test_a_mosaic_of_numbers_has_no_gaps() -> None:
    picture = mosaic(np.array([0.0, 2.0, 1.0, 0.0]))
    np.testing.assert_allclose(picture, np.array([[0, 1], [0.5, 0]]))
    assert not mosaic(np.zeros((2, 2, 1))).any()


@pytest.mark.parametrize(
    ("size", "strides", "padding"),
    [(3, 1, "valid"), (3, 1, "same"), (5, 2, "same"), (4, 3, "same"), (4, 3, "valid")],
)
def test_steps_make_up_the_map(size: int, strides: int, padding: str, tmp_path: Path) -> None:
    layer = layers.Conv2D(2, size, strides=strides, padding=padding, bias_initializer="ones")
    ending = [layers.Flatten(), layers.Dense(10, activation="softmax")]
    maps, convolution = seen(
        keras.Sequential([layers.Input((28, 28, 1)), layer, *ending]), tmp_path
    )
    expected = maps[1].values[..., 1]
    assert convolution is not None
    rows, columns = map_size(convolution)
    steps = [
        [step(convolution, IMAGE, 1, row, column) for column in range(columns)]
        for row in range(rows)
    ]
    totals = np.array([[each.total for each in row] for row in steps])
    np.testing.assert_allclose(totals, expected, atol=1e-4)
    np.testing.assert_allclose(responses(convolution, IMAGE)[..., 1], expected, atol=1e-4)
    middle = steps[rows // 2][columns // 2]
    under = IMAGE[middle.top : middle.top + size, middle.left : middle.left + size] / 255
    np.testing.assert_allclose(middle.patch, under, atol=1e-6)
    np.testing.assert_allclose(middle.product.sum() + middle.bias, middle.total, rtol=1e-5)


def test_a_place_outside_the_map_is_refused(tmp_path: Path) -> None:
    assert seen(architectures.build("dense"), tmp_path)[1] is None, "it has no map at all"
    _, convolution = seen(architectures.build("simple_cnn"), tmp_path)
    assert convolution is not None
    with pytest.raises(DigitLabError, match="row from 0 to 25"):
        step(convolution, IMAGE, 0, 26, 0)
