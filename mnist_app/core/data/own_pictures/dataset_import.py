"""A file of pictures that somebody brings -> a data set."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePath

import numpy as np

from mnist_app.core.data.datasets import Dataset
from mnist_app.core.data.own_pictures.conversion import Conversion, proposed
from mnist_app.core.data.own_pictures.csv_source import csv_source
from mnist_app.core.data.own_pictures.npz_source import npz_source
from mnist_app.core.data.own_pictures.source import Source, require_few, sorted_names
from mnist_app.core.data.own_pictures.zip_source import zip_source
from mnist_app.core.errors import DigitLabError, Stopped

READERS = {".zip": zip_source, ".npz": npz_source, ".csv": csv_source}
# Pictures that show both methods, and that decide between them.
SAMPLES = 24
# Of a file that does not say which pictures are to test with.
TEST_FRACTION = 0.2
SEED = 0


@dataclass(frozen=True)
class OwnPictures:
    """A data set that was read from a file.

    Attributes:
        dataset: the data set.
        left_out: a sentence about each picture that is not in it.
    """

    dataset: Dataset
    left_out: tuple[str, ...]


@dataclass(frozen=True)
class Sample:
    """A picture as it is, float64 (height, width, channels) in 0..1, and what it shows."""

    label: str
    colours: np.ndarray


def source_of(name: str, data: bytes) -> Source:
    """Look into a file of pictures by the ending of its name, without opening them.

    Raises:
        DigitLabError: it is of another kind, damaged, may do harm, or holds fewer than two classes.
    """
    reader = READERS.get(PurePath(name).suffix.lower())
    if reader is None:
        raise DigitLabError("This is not a .zip, .npz or .csv file. Choose one that is.")
    return reader(data)


def require_allowed(source: Source) -> None:
    """Refuse more pictures or classes than this host allows.

    Raises:
        DigitLabError: there are more.
    """
    require_few(max(int(source.is_test.sum()), int((~source.is_test).sum())))
    require_few(len(set(source.labels)), "dataset_classes")


def samples(source: Source) -> list[Sample]:
    """Open a few pictures, in turn one of each class; broken ones are passed over.

    Raises:
        DigitLabError: none can be opened.
    """
    labels = np.array(source.labels)
    of_class = [np.flatnonzero(labels == name).tolist() for name in sorted_names(source.labels)]
    in_turn = [
        numbers[turn]
        for turn in range(max(map(len, of_class)))
        for numbers in of_class
        if turn < len(numbers)
    ]
    found: list[Sample] = []
    for number in in_turn[: 2 * SAMPLES]:
        if len(found) < SAMPLES:
            try:
                found.append(Sample(source.labels[number], source.colours(number)))
            except DigitLabError:
                continue
    if not found:
        raise DigitLabError("The pictures in this file cannot be opened. Choose another file.")
    return found


def suggestion(found: list[Sample]) -> Conversion:
    """Return the conversion that suits these samples."""
    return proposed([sample.colours for sample in found])


def import_dataset(
    source: Source,
    convert: Conversion,
    name: str,
    title: str,
    report: Callable[[float], None] = lambda fraction: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> OwnPictures:
    """Open all pictures, bring each to 28 x 28, and divide them.

    Args:
        name, title: of the data set.
        report: called with the fraction done, 0..1.

    Raises:
        DigitLabError: fewer than two classes are left, or nothing to test with.
        Stopped: it was asked to stop.
    """
    images, kept, left_out = [], [], list(source.left_out)
    for number, label in enumerate(source.labels):
        if should_stop():
            raise Stopped
        if number % 100 == 0:
            report(number / len(source.labels))
        try:
            images.append(convert(source.colours(number)))
            kept.append(number)
        except DigitLabError as error:
            left_out.append(f"{source.names[number]} ({label}): {error}")
    names = sorted_names(source.labels[number] for number in kept)
    if len(names) < 2:
        raise DigitLabError("Too few of these pictures can be used. Choose another file.")
    place = {name: label for label, name in enumerate(names)}
    labels = np.array([place[source.labels[number]] for number in kept])
    is_test = source.is_test[kept]
    if is_test.all() or not is_test.any():
        is_test = _one_in_five(labels)
    if not is_test.any():
        raise DigitLabError(
            "There is no picture to test with: each class has only one. Add more pictures."
        )
    pictures = np.stack(images)
    training = pictures[~is_test], labels[~is_test]
    dataset = Dataset(
        name, names, *training, pictures[is_test], labels[is_test], "a file", title, convert.method
    )
    return OwnPictures(dataset, tuple(left_out))


def _one_in_five(labels: np.ndarray) -> np.ndarray:
    """Choose a fifth of each class to test with, at least one where there are two: bool (n,)."""
    chance, chosen = np.random.default_rng(SEED), np.zeros(len(labels), dtype=bool)
    for label in np.unique(labels):
        members = chance.permutation(np.flatnonzero(labels == label))
        wanted = max(1, round(TEST_FRACTION * len(members)))
        chosen[members[: min(wanted, len(members) - 1)]] = True
    return chosen
