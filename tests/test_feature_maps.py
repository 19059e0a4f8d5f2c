from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from mnist_app import model_store
from mnist_app.classifier import as_network_input
from mnist_app.errors import DigitLabError
from mnist_app.feature_maps import (
    Layers,
    describe,
    first_convolution,
    map_size,
    mosaic,
    responses,
    step,
)
from mnist_app.lab import architectures, model_files
from mnist_app.lab.architectures import _BUILDERS
from mnist_app.lab.keras_classifier import KerasClassifier

IMAGE = np.random.default_rng(0).integers(0, 256, (28, 28), dtype=np.uint8)


@pytest.mark.parametrize("name", list(_BUILDERS))
def test_layers_lead_from_the_picture_to_the_answer(name: str) -> None:
    model = architectures.build(name)
    maps = Layers(model).of(IMAGE)
    np.testing.assert_allclose(maps[0].values[..., 0], IMAGE / 255, atol=1e-6)
    np.testing.assert_allclose(
        maps[-1].values, KerasClassifier(model).probabilities(IMAGE[None])[0], atol=1e-5
    )
    assert len(maps) == 1 + len([x for x in model.layers if type(x).__name__ != "InputLayer"])
    assert not [each.sentence for each in maps if "no words" in each.sentence]


def test_the_layers_of_the_shipped_model_follow_from_each_other() -> None:
    maps = Layers(model_files.load(model_store.SHIPPED)).of(IMAGE)
    relu = next(number for number, each in enumerate(maps) if each.kind == "ReLU")
    expected = np.maximum(maps[relu - 1].values, 0)
    np.testing.assert_allclose(maps[relu].values, expected, atol=1e-5)


def test_every_layer_that_a_model_may_have_is_told_in_words() -> None:
    names = model_store.SAFE_CLASSES - {"InputLayer"}
    allowed = [getattr(layers, name) for name in sorted(names) if hasattr(layers, name)]
    given: dict[str, tuple[Any, ...]] = {
        "Activation": ("tanh",), "AveragePooling2D": (2,), "Conv1D": (2, 3), "Conv2D": (2, 3),
        "Conv2DTranspose": (2, 3), "Dense": (3,), "DepthwiseConv2D": (3,), "Dropout": (0.5,),
        "GaussianDropout": (0.1,), "GaussianNoise": (0.1,), "MaxPooling2D": (2,),
        "Permute": ((2, 1),), "RandomRotation": (0.1,), "RandomTranslation": (0.1, 0.1),
        "RandomZoom": (0.1,), "Rescaling": (0.5,), "Reshape": ((784,),),
        "SeparableConv2D": (2, 3), "SpatialDropout2D": (0.5,),
    }  # fmt: skip
    told = {kind.__name__: describe(kind(*given.get(kind.__name__, ()))) for kind in allowed}
    assert [name for name, sentence in told.items() if "no words" in sentence] == []
    assert len(told) > 30
    assert all(sentence.endswith(".") for sentence in told.values())


def test_what_a_layer_does_is_told_of_its_own_numbers() -> None:
    told = describe(layers.DepthwiseConv2D(5))
    assert "a filter of its own, 5 x 5; no two maps are mixed" in told
    told = describe(layers.SeparableConv2D(7, 3, activation="relu"))
    assert "then 7 mixtures of all of them" in told
    assert told.endswith("What falls below zero becomes zero.")
    assert "never falls under a lowest value" in describe(layers.ELU())
    assert describe(layers.Activation("tanh")) == "Each number is squeezed between -1 and 1."
    assert "by the function “gelu”" in describe(layers.Activation("gelu"))
    assert describe(layers.Conv2D(2, 3)).endswith("pattern is found.")


def test_an_unknown_layer_is_named() -> None:
    assert "“UnitNormalization”" in describe(layers.UnitNormalization())


def test_a_network_within_a_network_is_one_layer() -> None:
    inner = keras.Sequential([layers.Input((28, 28, 1)), layers.Flatten(), layers.Dense(5)])
    image = keras.Input((28, 28, 1))
    answer = layers.Dense(3, activation="softmax")(inner(layers.ReLU()(image)))
    model = keras.Model(image, answer)
    maps = Layers(model).of(IMAGE)
    assert [each.values.shape for each in maps] == [(28, 28, 1), (28, 28, 1), (5,), (3,)]
    expected = np.asarray(model(as_network_input(IMAGE[None])))[0]
    np.testing.assert_allclose(maps[-1].values, expected, atol=1e-5)


def test_values_that_are_no_pictures_become_lines_or_numbers() -> None:
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
    maps = Layers(model).of(IMAGE)
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
def test_steps_make_up_the_map(size: int, strides: int, padding: str) -> None:
    layer = layers.Conv2D(2, size, strides=strides, padding=padding, bias_initializer="ones")
    model = keras.Sequential([layers.Input((28, 28, 1)), layer])
    expected = np.asarray(model(as_network_input(IMAGE[None])))[0, :, :, 1]
    convolution = first_convolution(model)
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


def test_a_network_without_convolution_has_no_step() -> None:
    assert first_convolution(architectures.build("dense")) is None


def test_a_place_outside_the_map_is_refused() -> None:
    convolution = first_convolution(architectures.build("simple_cnn"))
    assert convolution is not None
    with pytest.raises(DigitLabError, match="row from 0 to 25"):
        step(convolution, IMAGE, 0, 26, 0)
