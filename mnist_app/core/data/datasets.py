"""Named data sets: found on this machine, or downloaded, or carried by scikit-learn.

A data set is looked for in the folder that `MNIST_APP_DATA` names, then in Keras' own cache, and is
then downloaded into that cache. `optdigits` needs none of these.
"""

import functools
import gzip
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mnist_app.core.data.dataset_downloads import download
from mnist_app.core.errors import DigitLabError
from mnist_app.core.files import atomic_write
from mnist_app.core.ink.raster import raster_to_input
from mnist_app.core.settings import DATASETS, short

DIGIT_NAMES = tuple("0123456789")
FASHION_NAMES = tuple(
    "T-shirt,Trousers,Pullover,Dress,Coat,Sandal,Shirt,Sneaker,Bag,Ankle boot".split(",")
)
_IDX_FILES = {
    "train_images": "train-images-idx3-ubyte",
    "train_labels": "train-labels-idx1-ubyte",
    "test_images": "t10k-images-idx3-ubyte",
    "test_labels": "t10k-labels-idx1-ubyte",
}


@dataclass(frozen=True)
class Dataset:
    """Labelled pictures, divided into what is learned from and what is tested with.

    Threads share it: its arrays cannot be written.

    Attributes:
        name: as in `settings.DATASETS`, or of a data set that somebody brought.
        class_names: what each label means.
        train_images, test_images: uint8 (n, 28, 28), 255 is full ink.
        train_labels, test_labels: int64 (n,), indices into `class_names`.
        source: where it came from, in a few words.
        own_title: the name for people of what somebody brought; "" for the others.
        conversion_method: how that became 28 x 28, a value of `own_pictures.conversion.Method`; ""
            for the others.
    """

    name: str
    class_names: tuple[str, ...]
    train_images: np.ndarray
    train_labels: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray
    source: str
    own_title: str = ""
    conversion_method: str = ""

    def __post_init__(self) -> None:
        for array in (self.train_images, self.train_labels, self.test_images, self.test_labels):
            array.setflags(write=False)

    @property
    def title(self) -> str:
        """Return the name for people."""
        return self.own_title or short(DATASETS[self.name])


@dataclass(frozen=True)
class Availability:
    """The place of a data set on this machine; `place` is None when it must be downloaded."""

    name: str
    place: str | None
    megabytes: float


def class_names(name: str) -> tuple[str, ...]:
    """Return the names of a data set's classes, by label; none of one that somebody brought."""
    if name not in DATASETS:
        return ()
    return FASHION_NAMES if name == "fashion_mnist" else DIGIT_NAMES


def availability(name: str) -> Availability:
    """Look whether a data set is at hand, without opening it."""
    if name == "optdigits":
        return Availability(name, "scikit-learn", 0.06)
    found = next(_candidates(name), None)
    if found is None:
        return Availability(name, None, {"mnist": 11.5, "fashion_mnist": 30.9}[name])
    paths = [found] if found.is_file() else list(found.iterdir())
    return Availability(name, str(found), sum(path.stat().st_size for path in paths) / 1e6)


def load(name: str, allow_download: bool = True) -> Dataset:
    """Open a data set, downloading it if it is nowhere on this machine.

    The last one opened of each name is kept, so asking again costs nothing.

    Raises:
        DigitLabError: there is no such data set, its file is broken, or the download failed.
    """
    if name not in DATASETS:
        raise DigitLabError(f"There is no data set {name!r}. Choose one of {', '.join(DATASETS)}.")
    if name == "optdigits":
        return optdigits()
    found = next(_candidates(name), None)
    if found is None:
        if not allow_download:
            raise DigitLabError(
                f"{name} is not on this computer. Download it, or put it in the folder that "
                "MNIST_APP_DATA names."
            )
        found = store_download(name, download(files_of(name)))
    return _opened(name, found, _fingerprint(found))


def store_download(name: str, files: Mapping[str, bytes]) -> Path:
    """Put a downloaded data set into Keras' cache, whole or not at all; return its place.

    Args:
        files: what `downloads.download` gave for `files_of`.

    Raises:
        DigitLabError: it is no such data set, or the cache cannot be written.
    """
    target = _keras_cache() / _leaf(name)
    with atomic_write(target) as draft:
        if name == "mnist":
            draft.write_bytes(files[draft.name])
        else:
            draft.mkdir()
            for leaf in files_of(name):
                (draft / leaf).write_bytes(files[leaf])
        _read(name, draft)
    return target


def files_of(name: str) -> tuple[str, ...]:
    """Return the names of the files that are downloaded for a data set."""
    return ("mnist.npz",) if name == "mnist" else tuple(f"{s}.gz" for s in _IDX_FILES.values())


def _candidates(name: str) -> Iterator[Path]:
    """Yield the places that may hold the data set, best first."""
    own = os.environ.get("MNIST_APP_DATA")
    places = [Path(own).expanduser()] if own else []
    for place in (*places, _keras_cache()):
        path = place / _leaf(name)
        if path.is_file() or _holds_idx_files(path):
            yield path


def _leaf(name: str) -> str:
    return "mnist.npz" if name == "mnist" else "fashion-mnist"


def _keras_cache() -> Path:
    home = os.environ.get("KERAS_HOME")
    return (Path(home) if home else Path.home() / ".keras") / "datasets"


def _holds_idx_files(folder: Path) -> bool:
    return all(_idx_path(folder, stem).exists() for stem in _IDX_FILES.values())


def _idx_path(folder: Path, stem: str) -> Path:
    packed = folder / f"{stem}.gz"
    return packed if packed.exists() else folder / stem


def _fingerprint(path: Path) -> tuple[float, ...]:
    paths = [path] if path.is_file() else sorted(path.iterdir())
    return tuple(part.stat().st_mtime for part in paths)


@functools.lru_cache(maxsize=2)
def _opened(name: str, path: Path, fingerprint: tuple[float, ...]) -> Dataset:
    return _read(name, path)


def _read(name: str, path: Path) -> Dataset:
    try:
        arrays = _read_npz(path) if path.is_file() else _read_idx(path)
        return _dataset(name, arrays, str(path))
    except Exception as error:  # A damaged archive raises whatever its reader trips over.
        raise DigitLabError(
            f"{path.name}, which should hold {name}, is damaged or incomplete. Delete it and try "
            "again."
        ) from error


def _read_npz(path: Path) -> dict[str, np.ndarray]:
    with np.load(path, allow_pickle=False) as archive:
        return {
            "train_images": archive["x_train"],
            "train_labels": archive["y_train"],
            "test_images": archive["x_test"],
            "test_labels": archive["y_test"],
        }


def _read_idx(folder: Path) -> dict[str, np.ndarray]:
    return {key: _read_idx_file(_idx_path(folder, stem)) for key, stem in _IDX_FILES.items()}


def _read_idx_file(path: Path) -> np.ndarray:
    raw = path.read_bytes()
    data = gzip.decompress(raw) if path.suffix == ".gz" else raw
    if data[:3] != b"\0\0\x08":
        raise ValueError(f"{path.name} is not an IDX file of bytes")
    shape = np.frombuffer(data, ">u4", count=data[3], offset=4)
    return np.frombuffer(data, np.uint8, offset=4 + 4 * data[3]).reshape(shape)


def _dataset(name: str, arrays: dict[str, np.ndarray], source: str) -> Dataset:
    names = class_names(name)
    for part in ("train", "test"):
        images, labels = arrays[f"{part}_images"], arrays[f"{part}_labels"]
        count = labels.size
        fits = images.shape == (count, 28, 28) and labels.shape == (count,)
        if images.dtype != np.uint8 or not fits or not count:
            raise ValueError("images must be uint8 (n, 28, 28), with one label each")
        if labels.min() < 0 or labels.max() >= len(names):
            raise ValueError("labels must be 0 to 9")
        arrays[f"{part}_labels"] = labels.astype(np.int64)
    training, test = (
        (arrays[f"{part}_images"], arrays[f"{part}_labels"]) for part in ("train", "test")
    )
    return Dataset(name, names, *training, *test, source)


@functools.lru_cache(maxsize=1)
def optdigits() -> Dataset:
    """Load scikit-learn's 1,797 digits of 8 x 8 pixels in MNIST's frame.

    Alpaydin and Kaynak, "Optical Recognition of Handwritten Digits", UCI, 1998.
    """
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    digits = load_digits()
    images = np.stack([raster_to_input(image / 16) for image in digits.images])
    labels = digits.target.astype(np.int64)
    train_images, test_images, train_labels, test_labels = train_test_split(
        images, labels, test_size=0.2, random_state=0, stratify=labels
    )
    training, test = (train_images, train_labels), (test_images, test_labels)
    return Dataset("optdigits", DIGIT_NAMES, *training, *test, "scikit-learn")
