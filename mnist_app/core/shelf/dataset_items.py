"""Data sets on the shelf: arrays in one compressed file, in the layout of Keras' own."""

import functools
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mnist_app.core.data.datasets import Dataset
from mnist_app.core.errors import DigitLabError
from mnist_app.core.files import DAMAGED
from mnist_app.core.shelf import shelf
from mnist_app.core.shelf.shelf import Item, Kind

FILE = "pictures.npz"
GONE = "These pictures were deleted, or they are not shared. Choose others."


@dataclass(frozen=True)
class DatasetSummary:
    """The summary of a data set: its classes, and its pictures to learn from and to test with."""

    class_names: tuple[str, ...]
    training: int
    test: int


def keep(dataset: Dataset, visitor: str, title: str) -> str:
    """Put a data set on the visitor's shelf, and return its id.

    Raises:
        DigitLabError: there is no room for it.
    """
    with shelf.adding(visitor, Kind.DATASET, title) as (item_id, folder):
        np.savez_compressed(
            folder / FILE,
            x_train=dataset.train_images,
            y_train=dataset.train_labels,
            x_test=dataset.test_images,
            y_test=dataset.test_labels,
            class_names=np.array(dataset.class_names),
            way=np.array(str(dataset.conversion_method)),
        )
    return item_id


def find(name: str, visitor: str) -> Item | None:
    """Return the data set of this name that the visitor may use, if there is one."""
    item = shelf.find(name, visitor)
    return item if item is not None and item.kind is Kind.DATASET else None


def load(item: Item) -> Dataset:
    """Open a data set.

    Raises:
        DigitLabError: it is gone or damaged.
    """
    try:
        with np.load(item.folder / FILE, allow_pickle=False) as arrays:
            names, way = tuple(map(str, arrays["class_names"])), str(arrays["way"])
            training, test = (
                (arrays[f"x_{part}"], arrays[f"y_{part}"]) for part in ("train", "test")
            )
    except DAMAGED as error:
        raise DigitLabError(GONE) from error
    return Dataset(item.id, names, *training, *test, "the shelf", item.title, way)


def contents(item: Item) -> DatasetSummary:
    """Return what is in a data set, without opening its pictures.

    Raises:
        DigitLabError: it is gone or damaged.
    """
    try:
        return _contents(item.folder / FILE)
    except DAMAGED as error:
        raise DigitLabError(GONE) from error


@functools.lru_cache(maxsize=200)
def _contents(path: Path) -> DatasetSummary:
    with np.load(path, allow_pickle=False) as arrays:
        names = tuple(str(name) for name in arrays["class_names"])
        return DatasetSummary(names, len(arrays["y_train"]), len(arrays["y_test"]))
