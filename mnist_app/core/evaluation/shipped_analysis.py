"""What the shipped model makes of MNIST, worked out beforehand: a fresh host shows it at once.

`python -m mnist_app.core.evaluation.shipped_analysis` makes it anew, see docs/shipped-model.md. The
file names the model and the pictures that it is about, and holds none of them.
"""

import hashlib
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mnist_app.core import file_hashes
from mnist_app.core.data import datasets
from mnist_app.core.data.datasets import Dataset
from mnist_app.core.evaluation.metrics import evaluate
from mnist_app.core.evaluation.neighbours import Examples
from mnist_app.core.evaluation.projection import PictureMap, neighbour_map, picture_map
from mnist_app.core.files import atomic_write
from mnist_app.core.models import model_store

DATASET = "mnist"
FOLDER = model_store.SHIPPED.parent / "analyses"
# Training pictures kept for each test picture.
ALIKE = 8
# Answers less sure than this are kept to the last digit.
SURE = 0.99
THREADS = 2


@dataclass(frozen=True, eq=False)
class ShippedAnalysis:
    """What a model makes of a data set's n test pictures.

    Attributes:
        probabilities: float32 (n, classes).
        widest: the map by the largest differences; of its directions only the two that are shown.
        neighbours: places on the map of neighbours, float32 (n, 2).
        alike: numbers of the training pictures most like each one, nearest first, int64 (n, m).
        searched: the number of training pictures among which these were found.
    """

    probabilities: np.ndarray
    widest: PictureMap
    neighbours: np.ndarray
    alike: np.ndarray
    searched: int


def load(model: Path, dataset: Dataset) -> ShippedAnalysis | None:
    """Return what was shipped about the model at `model` and a data set; None if nothing was."""
    place = _place(model, dataset.name)
    try:
        with np.load(place, allow_pickle=False) as kept:
            if str(kept["pictures"]) != _digest(dataset):
                return None
            return ShippedAnalysis(
                probabilities=_unpacked(kept),
                widest=PictureMap(kept["widest"].astype(np.float32), float(kept["fraction"])),
                neighbours=kept["neighbours"].astype(np.float32),
                alike=kept["alike"].astype(np.int64),
                searched=int(kept["searched"]),
            )
    except (OSError, ValueError, KeyError, zipfile.BadZipFile):
        return None


def make(model: Path, dataset: Dataset) -> Path:
    """Work out and write down what `load` returns; takes minutes.

    Raises:
        DigitLabError: the model cannot be loaded, or the place cannot be written.
    """
    classifier = model_store.classifier(model, THREADS)
    images = dataset.test_images
    answers = evaluate(classifier, images, dataset.test_labels).probabilities
    widest = picture_map(classifier, images)
    examples = Examples(classifier, dataset.train_images)
    place = _place(model, dataset.name)
    with atomic_write(place) as draft:
        np.savez_compressed(
            draft,
            pictures=_digest(dataset),
            **_packed(answers),
            widest=widest.places.astype(np.float16),
            fraction=widest.fraction,
            neighbours=neighbour_map(widest.directions).astype(np.float16),
            alike=examples.like(images, ALIKE).astype(np.uint16),
            searched=len(examples.numbers),
        )
    return place


def _place(model: Path, dataset: str) -> Path:
    return FOLDER / f"{dataset}-{(file_hashes.of_file(model) or 'none')[:12]}.npz"


def _digest(dataset: Dataset) -> str:
    """Return a hash of the test pictures and of the training pictures' order."""
    digest = hashlib.sha256(dataset.test_images.tobytes())
    digest.update(dataset.train_labels.astype(np.uint8).tobytes())
    return digest.hexdigest()


def _packed(probabilities: np.ndarray) -> dict[str, Any]:
    """Return answers, float32 (n, classes), in few bytes: nearly all are sure of one class.

    What is left for the other classes is small, and 16 bits tell it well; the first is the rest.
    """
    rows, first = np.arange(len(probabilities)), probabilities.argmax(axis=1)
    others = probabilities.astype(np.float16)
    others[rows, first] = 0
    unsure = np.flatnonzero(probabilities[rows, first] < SURE)
    return {
        "first": first.astype(np.uint8),
        "others": others,
        "unsure": unsure.astype(np.uint16),
        "exact": probabilities[unsure],
    }


def _unpacked(kept: np.lib.npyio.NpzFile) -> np.ndarray:
    """Return the answers again, float32 (n, classes)."""
    probabilities = kept["others"].astype(np.float32)
    rows = np.arange(len(probabilities))
    probabilities[rows, kept["first"]] = 1 - probabilities.sum(axis=1)
    probabilities[kept["unsure"]] = kept["exact"]
    return probabilities


if __name__ == "__main__":
    made = make(model_store.SHIPPED, datasets.load(DATASET))
    for outdated in set(FOLDER.glob(f"{DATASET}-*.npz")) - {made}:
        outdated.unlink()
    print(f"Wrote {made}")
