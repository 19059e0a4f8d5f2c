import base64
import io
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image

from mnist_app.core.explaining.layer_pictures import (
    AT_ONCE,
    COARSER,
    LARGER,
    PARTS,
    STROKES,
    LayerPictures,
    layer_pictures,
)
from mnist_app.core.ink.example_digits import example_digit
from mnist_app.core.ink.raster import strokes_to_input
from mnist_app.core.models import layer_list, model_store
from mnist_app.core.recognition.classifier import Classifier
from mnist_app.lab.networks import architectures
from mnist_app.lab.networks.litert import to_litert

BLANK = np.zeros((28, 28), dtype=np.uint8)
TWO = strokes_to_input(example_digit(2))


def pictures(model: keras.Model, folder: Path) -> LayerPictures:
    model.save(folder / "shown.keras")
    return LayerPictures(
        Classifier(to_litert(model)), layer_list.read_layers(folder / "shown.keras")
    )


def light(encoded: str) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(encoded))))


@pytest.mark.parametrize(
    ("name", "titles"),
    [
        ("dense", [AT_ONCE]),
        ("simple_cnn", [STROKES, COARSER, PARTS]),
        ("fast_cnn", [STROKES, PARTS, LARGER]),
        ("lenet5", [STROKES, COARSER, PARTS]),
    ],
)
def test_what_is_said_of_the_maps_is_what_their_layers_do(
    name: str, titles: list[str], tmp_path: Path
) -> None:
    found = pictures(architectures.build(name), tmp_path).of(TWO)
    assert [stage["title"] for stage in found["stages"]] == titles


def test_maps_along_a_line_are_no_pictures_of_what_was_found(tmp_path: Path) -> None:
    line = [keras.layers.Reshape((28, 28)), keras.layers.Conv1D(4, 3), keras.layers.Flatten()]
    model = keras.Sequential([keras.Input((28, 28, 1)), *line, keras.layers.Dense(10)])
    assert pictures(model, tmp_path).of(TWO)["stages"] == [{"title": AT_ONCE, "maps": []}]


def test_a_drawing_lights_up_what_is_found_in_it(shipped: Classifier) -> None:
    shown = layer_pictures(model_store.SHIPPED)
    drawn, blank = shown.of(TWO), shown.of(BLANK)
    assert np.array_equal(light(drawn["image"]), TWO)
    assert np.argmax(drawn["probabilities"]) == 2
    assert sum(drawn["probabilities"]) == pytest.approx(1, abs=0.001)
    for of_drawn, of_blank in zip(drawn["stages"], blank["stages"], strict=True):
        bright, dark = (np.stack([light(one) for one in of["maps"]]) for of in (of_drawn, of_blank))
        assert bright.any(axis=(1, 2)).all()
        assert not dark.any()
    assert [len(stage["maps"]) for stage in shown.of(TWO, 1)["stages"]] == [1, 1, 1]
