"""Work out beforehand what the shipped model makes of MNIST: a host then shows it at once.

`python -m mnist_app.core.evaluation.shipped_analysis` does it, see docs/shipped-model.md. The file
names the model and the pictures that it is about, and holds neither a picture nor a label: each
answer is told as so many classes after the correct one, which only the data set knows.
"""

import hashlib
import json
import zipfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mnist_app.core import file_hashes
from mnist_app.core.data import datasets
from mnist_app.core.data.datasets import Dataset
from mnist_app.core.evaluation.metrics import ClassScores, EvaluationReport, evaluate
from mnist_app.core.evaluation.neighbours import Examples
from mnist_app.core.evaluation.projection import PictureMap, neighbour_map, picture_map
from mnist_app.core.files import atomic_write
from mnist_app.core.models import model_store

DATASET = "mnist"
# Training pictures kept for each test picture.
ALIKE = 8
# Answers less sure than this are kept to the last digit.
SURE = 0.99
MEASURES = ("accuracy", "loss", "binary_crossentropy", "top_2")
THREADS = 2


@dataclass(frozen=True, eq=False)
class ShippedAnalysis:
    """A model's report, maps and most similar pictures for a data set's n test pictures.

    Attributes:
        report: its measures, ready without scikit-learn, which takes seconds to import.
        widest: the map by the largest differences; of its directions only the two that are shown.
        neighbours: places on the map of neighbours, float32 (n, 2).
        alike: numbers of the training pictures most like each one, nearest first, int64 (n, m).
        searched: the number of training pictures among which these were found.
    """

    report: EvaluationReport
    widest: PictureMap
    neighbours: np.ndarray
    alike: np.ndarray
    searched: int


def load(model: Path, dataset: Dataset) -> ShippedAnalysis | None:
    """Return what was shipped about the model at `model` and a data set; None if nothing was."""
    try:
        with np.load(place_of(model), allow_pickle=False) as kept:
            if (str(kept["model"]), str(kept["pictures"])) != _subject(model, dataset):
                return None
            return ShippedAnalysis(
                report=_report(kept, dataset.test_labels),
                widest=PictureMap(kept["widest"].astype(np.float32), float(kept["fraction"])),
                neighbours=kept["neighbours"].astype(np.float32),
                alike=kept["alike"].astype(np.int64),
                searched=int(kept["searched"]),
            )
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile):
        return None


def make(model: Path, dataset: Dataset) -> Path:
    """Work out and write down what `load` returns; takes minutes.

    Raises:
        DigitLabError: the model cannot be loaded, or the place cannot be written.
    """
    classifier = model_store.classifier(model, THREADS)
    images = dataset.test_images
    report = evaluate(classifier, images, dataset.test_labels)
    widest = picture_map(classifier, images)
    examples = Examples(classifier, dataset.train_images)
    analysed_model, pictures = _subject(model, dataset)
    parts = {
        "model": analysed_model,
        "pictures": pictures,
        **_packed(report),
        "widest": widest.places.astype(np.float16),
        "fraction": widest.fraction,
        "neighbours": neighbour_map(widest.directions).astype(np.float16),
        "alike": examples.like(images, ALIKE).astype(np.uint16),
        "searched": len(examples.numbers),
    }
    with atomic_write(place_of(model)) as draft, draft.open("wb") as file:
        np.savez_compressed(file, **parts)
    return place_of(model)


def place_of(model: Path) -> Path:
    """Return where the analysis of the model at `model` lies, if anywhere."""
    return model.with_suffix(".analysis")


def _subject(model: Path, dataset: Dataset) -> tuple[str, str]:
    """Return a hash of the model, and of the test pictures and the order of all labels."""
    digest = hashlib.sha256(dataset.test_images.tobytes())
    for labels in (dataset.test_labels, dataset.train_labels):
        digest.update(labels.astype(np.uint8).tobytes())
    return file_hashes.of_file(model) or "", digest.hexdigest()


def _packed(report: EvaluationReport) -> dict[str, Any]:
    """Return a report in few bytes: nearly all answers are sure of the correct class.

    What is left for the other classes is small, and 16 bits tell it well; the first is the rest.
    """
    probabilities = _shifted(report.probabilities, report.labels)
    rows, first = np.arange(len(probabilities)), probabilities.argmax(axis=1)
    others = probabilities.astype(np.float16)
    others[rows, first] = 0
    unsure = np.flatnonzero(probabilities[rows, first] < SURE)
    return {
        "first": first.astype(np.uint8),
        "others": others,
        "unsure": unsure.astype(np.uint16),
        "exact": probabilities[unsure],
        "confusion": report.confusion_matrix,
        "measures": json.dumps({name: getattr(report, name) for name in MEASURES}),
        "scores": json.dumps(
            [asdict(of) for of in (report.macro, report.weighted, *report.per_class)]
        ),
    }


def _report(kept: np.lib.npyio.NpzFile, labels: np.ndarray) -> EvaluationReport:
    """Return the report again; labels are int64 (n,)."""
    shifted = kept["others"].astype(np.float32)
    rows = np.arange(len(shifted))
    shifted[rows, kept["first"]] = 1 - shifted.sum(axis=1)
    shifted[kept["unsure"]] = kept["exact"]
    probabilities = _shifted(shifted, -labels)
    macro, weighted, *per_class = (ClassScores(**of) for of in json.loads(str(kept["scores"])))
    return EvaluationReport(
        **json.loads(str(kept["measures"])),
        macro=macro,
        weighted=weighted,
        per_class=tuple(per_class),
        confusion_matrix=kept["confusion"],
        labels=labels,
        predictions=probabilities.argmax(axis=1),
        probabilities=probabilities,
        seconds=0.0,
    )


def _shifted(probabilities: np.ndarray, by: np.ndarray) -> np.ndarray:
    """Return each row of (n, classes) so many places to the left, round the end."""
    classes = probabilities.shape[1]
    return np.take_along_axis(probabilities, (np.arange(classes) + by[:, None]) % classes, axis=1)


if __name__ == "__main__":
    print(f"Wrote {make(model_store.SHIPPED, datasets.load(DATASET))}")
