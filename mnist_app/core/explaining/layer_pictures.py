"""Small pictures of what a network finds in a drawing, quick enough to follow a pen.

Which maps are shown, and how bright, is decided by the ten examples: they stay the same while a
drawing grows, and light up where its ink makes a difference to an empty sheet.
"""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, sqrt
from pathlib import Path
from typing import Any

import numpy as np

from mnist_app.core.explaining.explanation_pictures import EASE
from mnist_app.core.explaining.feature_maps import CONVOLUTIONS
from mnist_app.core.images.pictures import png_base64
from mnist_app.core.ink.example_digits import example_digit
from mnist_app.core.ink.raster import strokes_to_input
from mnist_app.core.models import layer_list, model_cache
from mnist_app.core.models.layer_list import LayerConfig
from mnist_app.core.recognition.classifier import Classifier

FOUND = STROKES, PARTS, LARGER = (
    "It finds small strokes",
    "It combines them into larger parts",
    "Then into even larger ones",
)
COARSER, CHANGED = "It shrinks the picture", "It makes each pattern stronger or weaker"
AT_ONCE = "It weighs all squares at once, with no pictures in between"
# Of each layer, at most.
MOST_MAPS = 4
# A longer row of numbers is no picture that a person can take in.
MOST_NUMBERS = 256


@dataclass(frozen=True)
class ShownLayer:
    """A layer on the way from a drawing to its answer.

    Attributes:
        layer: its name.
        title: what has been found there.
        maps: which of its maps are shown, those that tell the examples' parts best first.
        tops: float32 (maps,), the value of each that is white.
    """

    layer: str
    title: str
    maps: tuple[int, ...]
    tops: np.ndarray


class LayerPictures:
    """A network whose layers can be shown as pictures; safe to use from several threads."""

    def __init__(self, classifier: Classifier, listed: Sequence[LayerConfig]) -> None:
        """Choose what is shown.

        Args:
            listed: the network's layers; see `layer_list.read_layers`.
        """
        self._classifier = classifier
        examples = [classifier.inside(_example(digit)).layers for digit in range(10)]
        outputs = {name: np.stack([one[name] for one in examples]) for name in examples[0]}
        self._blank = classifier.inside(np.zeros((28, 28), dtype=np.float32)).layers
        self.stages = _stages(outputs, self._blank, {layer.name: layer.kind for layer in listed})
        rows = [name for name, values in outputs.items() if values.ndim == 2]
        # The last of them is the answer.
        before = [name for name in rows[:-1] if outputs[name].shape[1] <= MOST_NUMBERS]
        self._row = before[-1] if before else None
        changes = np.abs(outputs[self._row] - self._blank[self._row]) if self._row else np.ones(1)
        self._row_top = max(float(changes.max()), 1e-12)

    def of(self, image: np.ndarray, most: int = MOST_MAPS) -> dict[str, Any]:
        """Return the pictures of an image, ready for JSON; takes a few milliseconds.

        Args:
            image: uint8 (28, 28), 255 is full ink.
            most: maps of each layer, 1..`MOST_MAPS`.

        Returns:
            `image`: what the network gets; `stages`: of each its `title` and its `maps`; `row`: the
            numbers that the answer is made of, None when they are too many; all pictures as PNG in
            base64. `probabilities`: the answer, a number in 0..1 for each class.
        """
        layers = self._classifier.inside(image.astype(np.float32) / 255).layers

        def change(name: str) -> np.ndarray:
            return np.abs(layers[name] - self._blank[name])

        stages = [
            {"title": stage.title, "maps": _maps(change(stage.layer), stage, most)}
            for stage in self.stages
        ]
        row = None if self._row is None else _square(change(self._row) / self._row_top)
        probabilities = next(reversed(layers.values()))
        return {
            "image": png_base64(image),
            "stages": stages or [{"title": AT_ONCE, "maps": []}],
            "row": row,
            "probabilities": [round(probability, 4) for probability in probabilities.tolist()],
        }


def layer_pictures(path: Path) -> LayerPictures:
    """Return the pictures of the model at `path`.

    Raises:
        DigitLabError: see `model_cache.loaded`.
    """
    return _layer_pictures(model_cache.loaded(path), path)


@functools.lru_cache(maxsize=model_cache.REMEMBERED)
def _layer_pictures(classifier: Classifier, path: Path) -> LayerPictures:
    return LayerPictures(classifier, layer_list.read_layers(path))


def _example(digit: int) -> np.ndarray:
    """Return an example as a network gets it, float32 (28, 28) in 0..1."""
    return strokes_to_input(example_digit(digit)).astype(np.float32) / 255


def _stages(
    outputs: dict[str, np.ndarray], blank: dict[str, np.ndarray], kinds: dict[str, str]
) -> list[ShownLayer]:
    """Return up to three layers whose maps show what was found; those without negative values.

    Args:
        outputs, blank: of each layer for the examples, float32 (10, ...), and an empty sheet.
        kinds: the layers' classes in Keras.
    """
    names = list(outputs)
    maps = [
        place
        for place, values in enumerate(outputs.values())
        # Maps along a line are no pictures.
        if values.ndim == 4 and values.shape[2] > 1
    ]
    bright = [place for place in maps if outputs[names[place]].min() >= 0] or maps
    chosen = sorted({bright[len(bright) * third // 3] for third in range(3) if bright})
    found = []
    before, combined = -1, 0
    for place in chosen:
        steps = {kinds.get(name, "") for name in names[before + 1 : place + 1]}
        if steps.intersection(CONVOLUTIONS):
            title = FOUND[combined]
            combined += 1
        else:
            title = COARSER if any("Pooling" in kind for kind in steps) else CHANGED
        name = names[place]
        found.append(_stage(name, title, np.abs(outputs[name] - blank[name])))
        before = place
    return found


def _stage(layer: str, title: str, values: np.ndarray) -> ShownLayer:
    tops = values.max(axis=(1, 2))
    contrasts = (tops - values.mean(axis=(1, 2))).mean(axis=0)
    strongest = np.argsort(-contrasts, kind="stable")[:MOST_MAPS]
    return ShownLayer(layer, title, tuple(strongest.tolist()), tops.mean(axis=0)[strongest])


def _maps(values: np.ndarray, stage: ShownLayer, most: int) -> list[str]:
    shown = stage.maps[:most]
    light = values[..., shown] / np.maximum(stage.tops[: len(shown)], 1e-12)
    return [png_base64(_grey(light[..., place])) for place in range(len(shown))]


def _square(fractions: np.ndarray) -> str:
    """Draw a row of numbers, line by line, as a picture that is about square."""
    columns = ceil(sqrt(len(fractions)))
    filled = np.zeros(ceil(len(fractions) / columns) * columns, dtype=np.float32)
    filled[: len(fractions)] = fractions
    return png_base64(_grey(filled.reshape(-1, columns)))


def _grey(fractions: np.ndarray) -> np.ndarray:
    return np.round(np.clip(fractions, 0, 1) ** EASE * 255).astype(np.uint8)
