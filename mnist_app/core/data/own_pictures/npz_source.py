"""An .npz file in the layout of Keras' own data sets."""

import io
import math
import zipfile

import numpy as np

from mnist_app.core import zip_files
from mnist_app.core.data.own_pictures.source import (
    SAMPLED,
    Source,
    label_text,
    require_few,
    scaled,
    spread,
    square_shape,
    value_range,
)
from mnist_app.core.errors import DigitLabError
from mnist_app.core.files import DAMAGED

# A bound on what a file from anybody may make a reader look through.
MOST_ARRAYS = 1000
# Of one picture: a thousand by a thousand.
MOST_PIXELS = 1_000_000
READERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
# Of pictures and labels, to learn from and to test with; other collections have other names.
NAMES = (
    (("x_train", "train_images"), ("y_train", "train_labels")),
    (("x_test", "test_images"), ("y_test", "test_labels")),
)
NO_ARRAYS = (
    "This .npz file has no x_train or no y_train. Save your pictures and labels under these "
    "names, and any test pictures and labels as x_test and y_test."
)
NO_PICTURES = (
    "x_train and x_test must hold pictures in grey or in colour. Save them in "
    "the shape (number, height, width)."
)
NO_LABELS = "y_train and y_test must hold one label for each picture. Save both again."
TOO_LARGE = (
    f"A picture can have {MOST_PIXELS:,} pixels here, and these have more. Make them smaller."
)
DAMAGED_FILE = "This .npz file is damaged, or holds more than numbers and text. Save it again."


def npz_source(data: bytes) -> Source:
    """Read pictures of any size, grey or in colour, and their labels, numbers or texts.

    Raises:
        DigitLabError: it is damaged, too large, or has other arrays than these.
    """
    archive = zip_files.open_zip(data, MOST_ARRAYS)
    zip_files.require_small(archive, MOST_ARRAYS)
    training, test = (_part(archive, *names) for names in NAMES)
    if training is None:
        raise DigitLabError(NO_ARRAYS)
    parts = [training] if test is None else [training, test]
    images, answers = zip(*parts, strict=True)
    named = _array(archive, ("class_names",))
    labels = [_label(answer, named) for part in answers for answer in part.tolist()]
    known = np.concatenate([part[spread(len(part), SAMPLED)].ravel() for part in images])
    limits, first_test = value_range(known), len(images[0])

    def colours(number: int) -> np.ndarray:
        is_test = number >= first_test
        return scaled(images[is_test][number - is_test * first_test], limits)

    numbers = np.arange(len(labels))
    names = [f"picture {number + 1}" for number in numbers]
    return Source(labels, names, colours, numbers >= first_test)


def _part(
    archive: zipfile.ZipFile, images: tuple[str, ...], labels: tuple[str, ...]
) -> tuple[np.ndarray, np.ndarray] | None:
    """Return pictures (n, height, width, channels) and labels (n,); None if there are none."""
    values, answers = _array(archive, images), _array(archive, labels)
    if values is None or answers is None or not len(values):
        return None
    # Before anything is made of them.
    require_few(len(values))
    if answers.ndim == 2 and answers.shape[1] > 1:
        # One-hot, as networks learn them.
        answers = answers.argmax(axis=1)
    if answers.size != len(values):
        raise DigitLabError(NO_LABELS)
    return _pictures(values), answers.ravel()


def _pictures(values: np.ndarray) -> np.ndarray:
    """Bring pictures to the shape (n, height, width, channels)."""
    if values.dtype.kind not in "buif":
        raise DigitLabError(NO_PICTURES)
    if values.ndim == 2:
        shape = square_shape(values.shape[1])
        values = values.reshape(len(values), *shape) if shape else values
    if values.ndim == 3:
        values = values[..., None]
    if values.ndim == 4 and values.shape[1] in (1, 3) and values.shape[3] not in (1, 3, 4):
        values = np.moveaxis(values, 1, 3)
    if values.ndim != 4 or values.shape[3] not in (1, 3, 4) or not values[0].size:
        raise DigitLabError(NO_PICTURES)
    if values.shape[1] * values.shape[2] > MOST_PIXELS:
        raise DigitLabError(TOO_LARGE)
    return values[..., :3]


def _label(answer: object, named: np.ndarray | None) -> str:
    text = label_text(answer.decode(errors="replace") if isinstance(answer, bytes) else answer)
    is_place = named is not None and text.isdecimal() and int(text) < named.size
    return label_text(named.ravel()[int(text)]) if named is not None and is_place else text


def _array(archive: zipfile.ZipFile, names: tuple[str, ...]) -> np.ndarray | None:
    """Return the first of these arrays that is there; what it says of its size is not believed.

    Raises:
        DigitLabError: it is damaged, or would have to run code.
    """
    items = {item.filename: item for item in archive.infolist()}
    item = next((items[f"{name}.npy"] for name in names if f"{name}.npy" in items), None)
    if item is None:
        return None
    try:
        packed = zip_files.content(archive, item)
        file = io.BytesIO(packed)
        read = READERS[np.lib.format.read_magic(file)]
        shape, is_fortran, dtype = read(file)
        values = np.frombuffer(packed, dtype, math.prod(shape), file.tell())
        return values.reshape(shape, order="F" if is_fortran else "C")
    except DAMAGED as error:
        raise DigitLabError(DAMAGED_FILE) from error
