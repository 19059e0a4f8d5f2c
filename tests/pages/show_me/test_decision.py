from pathlib import Path

import keras
import numpy as np
import pytest

from mnist_app.core.explaining.feature_maps import FeatureMaps, layer_outputs
from mnist_app.core.models import layer_list
from mnist_app.core.recognition.classifier import Classifier
from mnist_app.lab.networks import architectures
from mnist_app.lab.networks.litert import to_litert
from mnist_app.pages.show_me import decision
from mnist_app.pages.show_me.decision import COARSER, LARGER, PARTS, STROKES

IMAGE = np.random.default_rng(0).integers(0, 256, (28, 28), dtype=np.uint8)


def maps(model: keras.Model, folder: Path) -> tuple[FeatureMaps, ...]:
    model.save(folder / "shown.keras")
    inside = Classifier(to_litert(model)).inside(IMAGE / np.float32(255))
    return layer_outputs(IMAGE, inside, layer_list.layers(folder / "shown.keras"))


@pytest.mark.parametrize(
    ("name", "titles"),
    [
        ("dense", []),
        ("simple_cnn", [STROKES, COARSER, PARTS]),
        ("fast_cnn", [STROKES, PARTS, LARGER]),
        ("lenet5", [STROKES, COARSER, PARTS]),
    ],
)
def test_what_is_said_of_the_maps_is_what_their_layers_do(
    name: str, titles: list[str], tmp_path: Path
) -> None:
    layers = maps(architectures.build(name), tmp_path)
    stages = decision.stages(layers)
    assert [title for _, title in stages] == titles
    assert all(layer.values.ndim == 3 for layer, _ in stages)


def test_maps_along_a_line_are_no_pictures_of_what_was_found(tmp_path: Path) -> None:
    line = [keras.layers.Reshape((28, 28)), keras.layers.Conv1D(4, 3), keras.layers.Flatten()]
    model = keras.Sequential([keras.Input((28, 28, 1)), *line, keras.layers.Dense(10)])
    assert decision.stages(maps(model, tmp_path)) == []
