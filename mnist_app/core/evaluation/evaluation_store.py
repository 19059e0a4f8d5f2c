"""A network's answers to the test pictures, kept on disk for the next start."""

import contextlib
from collections.abc import Callable
from itertools import accumulate
from pathlib import Path

import numpy as np

from mnist_app.core import file_hashes
from mnist_app.core.data.datasets import Dataset
from mnist_app.core.errors import DigitLabError
from mnist_app.core.evaluation.metrics import EvaluationReport, score
from mnist_app.core.files import atomic_write
from mnist_app.core.models import model_store

# Of 10,000 pictures each takes 400 kB, of somebody's own up to 24 MB.
MOST_KEPT, MOST_BYTES = 50, 50_000_000
# Probabilities of 16 bits do not add up to 1 exactly.
_TOLERANCE = 0.02


def folder() -> Path:
    """Return the folder of kept evaluations."""
    return model_store.folder() / "evaluations"


def stored_report(
    model: Path, dataset: Dataset, evaluate: Callable[[], EvaluationReport]
) -> EvaluationReport:
    """Return the kept report of a model on a data set, or make and keep one.

    A kept one is of the same model and the same pictures, byte by byte; one that is broken is made
    anew. Nothing is kept where nothing can be written.

    Args:
        model: a model file.
        evaluate: makes a new report.

    Raises:
        What `evaluate` raises.
    """
    model_hash = file_hashes.of_file(model)
    if model_hash is None:
        return evaluate()
    pictures = file_hashes.of_bytes(dataset.test_images.tobytes())
    place = folder() / f"{dataset.name}-{model_hash}-{pictures}.npz"
    report = _read(place, dataset)
    if report is None:
        report = evaluate()
        with contextlib.suppress(DigitLabError):
            with atomic_write(place) as draft:
                np.savez(draft, probabilities=report.probabilities, seconds=report.seconds)
            _forget_oldest()
    return report


def _read(place: Path, dataset: Dataset) -> EvaluationReport | None:
    """Read the report at `place`; None unless it is whole and fits the data set."""
    try:
        with np.load(place, allow_pickle=False) as kept:
            probabilities, seconds = kept["probabilities"], float(kept["seconds"])
    except Exception:  # A broken file may raise anything.
        return None
    fits = (
        probabilities.shape == (len(dataset.test_labels), len(dataset.class_names))
        and probabilities.dtype == np.float32
        # Also refuses what is no number.
        and (probabilities >= 0).all()
        and np.isclose(probabilities.sum(1), 1, atol=_TOLERANCE).all()
    )
    return score(probabilities, dataset.test_labels, seconds) if fits else None


def _forget_oldest() -> None:
    # Another server may be at it in the same folder.
    with contextlib.suppress(OSError):
        files = [(path.stat(), path) for path in folder().glob("*.npz")]
        files.sort(key=lambda file: file[0].st_mtime, reverse=True)
        sizes = accumulate(about.st_size for about, _ in files)
        for number, (size, (_, path)) in enumerate(zip(sizes, files, strict=True)):
            if number >= MOST_KEPT or size > MOST_BYTES:
                path.unlink(missing_ok=True)
