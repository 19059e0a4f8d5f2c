"""Pictures and troubles that several tests make."""

import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from mnist_app.core.data.datasets import Dataset
from mnist_app.core.evaluation.metrics import evaluate
from mnist_app.core.settings import TrainingConfig

ROOT = Path(__file__).parent.parent.parent


def blocks(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Pictures that are easy to tell apart: label n is a block at the n-th place of two rows."""
    labels = np.arange(count, dtype=np.int64) % 10
    images = np.random.default_rng(0).integers(0, 30, (count, 28, 28), dtype=np.uint8)
    for image, label in zip(images, labels, strict=True):
        top, left = 4 + 12 * (label // 5), 1 + 5 * (label % 5)
        image[top : top + 8, left : left + 5] = 255
    return images, labels


@contextmanager
def nearly_full_disk(free: int = 100) -> Iterator[None]:
    """No file may grow beyond `free` bytes, as the operating system itself sees to."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (free, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def in_a_process_of_its_own(program: str) -> subprocess.Popen:
    """A Python that runs `program` beside the tests; what it prints can be read."""
    return subprocess.Popen(
        [sys.executable, "-c", program], cwd=ROOT, text=True, stdout=subprocess.PIPE
    )


def quick(**values: Any) -> TrainingConfig:
    """The settings of a run of a second or two, but for `values`."""
    few = {"architecture": "dense", "batch_size": 32, "learning_rate": 0.01}
    return TrainingConfig(**{**few, **values})


def accuracy(model: Any, dataset: Dataset) -> float:
    """The fraction of the test pictures that a network reads right."""
    from mnist_app.lab.networks.keras_classifier import KerasClassifier

    return evaluate(KerasClassifier(model), dataset.test_images, dataset.test_labels).accuracy
