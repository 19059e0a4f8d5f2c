import gzip
import os
import struct
import urllib.request
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mnist_app.core.data import dataset_downloads, datasets
from mnist_app.core.data.datasets import availability, load, store_download
from mnist_app.core.errors import DigitLabError
from mnist_app.core.settings import DATASETS
from tests.support.origin import Origin
from tests.support.samples import blocks, in_a_process_of_its_own


def arrays(**changes: np.ndarray) -> dict[str, np.ndarray]:
    train_images, train_labels = blocks(30)
    test_images, test_labels = blocks(10)
    return {
        "x_train": train_images,
        "y_train": train_labels.astype(np.uint8),
        "x_test": test_images,
        "y_test": test_labels.astype(np.uint8),
        **changes,
    }


def write_npz(folder: Path, **changes: np.ndarray) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(folder / "mnist.npz", allow_pickle=True, **arrays(**changes))
    return folder / "mnist.npz"


def idx(array: np.ndarray) -> bytes:
    head = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
    return head + array.astype(np.uint8).tobytes()


def write_idx(folder: Path, packed: bool) -> None:
    folder.mkdir(parents=True)
    stems = datasets._IDX_FILES.values()
    parts = [arrays()[key] for key in ("x_train", "y_train", "x_test", "y_test")]
    for stem, part in zip(stems, parts, strict=True):
        if packed:
            (folder / f"{stem}.gz").write_bytes(gzip.compress(idx(part)))
        else:
            (folder / stem).write_bytes(idx(part))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The folder that MNIST_APP_DATA names."""
    folder = tmp_path / "data"
    folder.mkdir()
    return folder


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """Keras' own cache of data sets."""
    return tmp_path / "keras" / "datasets"


def test_optdigits_is_always_here() -> None:
    digits = load("optdigits")
    assert len(digits.train_labels) + len(digits.test_labels) == 1797
    assert digits.train_images.shape[1:] == (28, 28)
    assert digits.train_images.dtype == np.uint8
    assert set(digits.test_labels) == set(range(10))
    assert digits.title == "optdigits"
    assert availability("optdigits").place == "scikit-learn"
    assert load("optdigits") is digits


def test_mnist_is_read_from_the_own_folder(data: Path) -> None:
    write_npz(data)
    found = load("mnist")
    assert found.train_images.shape == (30, 28, 28)
    assert found.test_labels.dtype == np.int64
    assert found.class_names == tuple("0123456789")
    assert found.source == str(data / "mnist.npz")
    assert load("mnist") is found


def test_the_own_folder_comes_before_the_cache(data: Path, cache: Path) -> None:
    write_npz(cache)
    assert load("mnist").source == str(cache / "mnist.npz")
    write_npz(data)
    assert load("mnist").source == str(data / "mnist.npz")


def test_a_file_that_changed_is_read_anew(data: Path) -> None:
    path = write_npz(data)
    before = load("mnist")
    write_npz(data, x_train=255 - arrays()["x_train"])
    os.utime(path, (1, 1))
    assert not np.array_equal(load("mnist").train_images, before.train_images)


@pytest.mark.parametrize("packed", [True, False])
def test_fashion_mnist_is_read_from_idx_files(data: Path, packed: bool) -> None:
    write_idx(data / "fashion-mnist", packed)
    found = load("fashion_mnist")
    np.testing.assert_array_equal(found.train_images, arrays()["x_train"])
    np.testing.assert_array_equal(found.test_labels, arrays()["y_test"])
    assert found.class_names[9] == "Ankle boot"
    assert availability("fashion_mnist").place == str(data / "fashion-mnist")


def test_a_folder_without_all_four_files_is_no_data_set(data: Path) -> None:
    write_idx(data / "fashion-mnist", packed=True)
    (data / "fashion-mnist" / "t10k-labels-idx1-ubyte.gz").unlink()
    assert availability("fashion_mnist").place is None


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"\0\0\x08",
        b"\0\0\x08\x03\0\0",
        b"no idx at all",
        idx(np.zeros((3, 28, 28)))[:-1],
        b"\0\0\x08\0",
        b"\0\0\x08\xff" + b"\xff" * 1100,
    ],
)
@pytest.mark.parametrize("packed", [True, False])
def test_broken_idx_files_are_refused(data: Path, broken: bytes, packed: bool) -> None:
    write_idx(data / "fashion-mnist", packed)
    path = next((data / "fashion-mnist").glob("train-images*"))
    path.write_bytes(gzip.compress(broken) if packed else broken)
    with pytest.raises(DigitLabError, match="damaged or incomplete"):
        load("fashion_mnist")
    path.write_bytes(gzip.compress(idx(arrays()["x_train"]))[:-20])
    with pytest.raises(DigitLabError, match="damaged or incomplete"):
        load("fashion_mnist")


def test_a_half_downloaded_npz_is_refused_and_named(data: Path) -> None:
    path = write_npz(data)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(DigitLabError, match=r"mnist\.npz, .* is damaged or incomplete") as refused:
        load("mnist")
    assert str(data) not in str(refused.value), "visitors are shown no paths of the server"


@pytest.mark.parametrize(
    "content", [b"", b"garbage", b"PK\x03\x04", b"\x93NUMPY\x01\0", "a single array"]
)
def test_what_is_no_npz_is_refused(data: Path, content: bytes | str) -> None:
    with (data / "mnist.npz").open("wb") as file:
        if isinstance(content, bytes):
            file.write(content)
        else:
            np.save(file, np.zeros(3))
    with pytest.raises(DigitLabError, match="damaged"):
        load("mnist")


class Bomb:
    def __reduce__(self) -> Any:
        return (pytest.fail, ("a pickle was executed",))


@pytest.mark.parametrize(
    "changes",
    [
        {"x_train": np.zeros((30, 28, 28))},
        {"x_train": np.zeros((30, 8, 8), dtype=np.uint8)},
        {"x_train": np.zeros((29, 28, 28), dtype=np.uint8)},
        {"y_train": np.full(30, 10)},
        {"y_train": np.full(30, -1)},
        {"y_train": np.array(["seven"] * 30)},
        {"y_train": np.zeros((30, 1), dtype=np.uint8)},
        {"y_test": np.array(3)},
        {"x_test": np.zeros((0, 28, 28), dtype=np.uint8), "y_test": np.zeros(0)},
        {"y_test": np.array([Bomb()], dtype=object)},
    ],
    ids=lambda changes: "+".join(changes),
)
def test_arrays_that_are_no_labelled_pictures_are_refused(
    data: Path, changes: dict[str, np.ndarray]
) -> None:
    write_npz(data, **changes)
    with pytest.raises(DigitLabError, match="damaged"):
        load("mnist")


@given(st.lists(st.tuples(st.integers(0), st.integers(0, 255)), min_size=1, max_size=5))
@settings(deadline=None, max_examples=200)
def test_damage_anywhere_in_an_npz_gives_a_data_set_or_a_sentence(
    damage: list[tuple[int, int]],
) -> None:
    path = Path(os.environ["MNIST_APP_DATA"]) / "mnist.npz"
    content = bytearray(write_npz(path.parent).read_bytes())
    for place, value in damage:
        content[place % len(content)] = value
    path.write_bytes(content)
    try:
        assert load("mnist").train_images.shape == (30, 28, 28)
    except DigitLabError:
        return


def test_an_unknown_name_is_refused_with_the_known_ones() -> None:
    with pytest.raises(DigitLabError, match="mnist, fashion_mnist, optdigits"):
        load("cifar10")


@pytest.mark.parametrize("name", ["mnist", "fashion_mnist"])
def test_nothing_is_downloaded_when_it_must_not(name: str) -> None:
    with pytest.raises(DigitLabError, match="MNIST_APP_DATA"):
        load(name, allow_download=False)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["mnist", "fashion_mnist"])
def test_without_a_network_one_sentence_says_so_and_nothing_is_left(name: str, cache: Path) -> None:
    with pytest.raises(DigitLabError, match=r"could not be downloaded\. Check the network"):
        load(name)
    assert list(cache.glob("*")) == []
    assert availability(name).place is None


def test_what_was_downloaded_enters_the_cache(tmp_path: Path, cache: Path) -> None:
    write_idx(tmp_path / "server", packed=True)
    files = {path.name: path.read_bytes() for path in (tmp_path / "server").iterdir()}
    assert store_download("fashion_mnist", files) == cache / "fashion-mnist"
    assert len(load("fashion_mnist", allow_download=False).train_labels) == 30
    broken = {name: data[:-20] for name, data in files.items()}
    with pytest.raises(DigitLabError, match="damaged"):
        store_download("fashion_mnist", broken)
    assert len(load("fashion_mnist", allow_download=False).train_labels) == 30, "it stays"


def test_opening_what_is_there_never_imports_keras(data: Path) -> None:
    write_npz(data)
    program = (
        "import sys\nfrom mnist_app.core.data.datasets import load\nload('mnist')\n"
        "print([name for name in ('keras', 'tensorflow') if name in sys.modules])"
    )
    assert in_a_process_of_its_own(program).communicate()[0] == "[]\n"


def test_a_download_enters_the_cache_whole(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_idx(tmp_path / "origin", packed=True)
    write_npz(tmp_path / "origin")
    served = {path.name: path.read_bytes() for path in (tmp_path / "origin").iterdir()}
    monkeypatch.setattr(dataset_downloads, "_SHA256", {})
    monkeypatch.setattr(urllib.request, "urlopen", Origin(served))
    assert len(load("mnist").train_labels) == 30
    assert len(load("fashion_mnist").train_labels) == 30
    assert sorted(os.listdir(cache)) == ["fashion-mnist", "mnist.npz"]
    # From now on it is at hand.
    assert load("mnist", allow_download=False).source == str(cache / "mnist.npz")


@pytest.mark.parametrize("name", ["mnist", "fashion_mnist"])
def test_a_download_of_something_else_leaves_nothing(
    name: str, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A page of the network's own, such as one to log in.
    served = dict.fromkeys(datasets.files_of(name), b"<html>")
    monkeypatch.setattr(urllib.request, "urlopen", Origin(served))
    with pytest.raises(DigitLabError, match=r"could not be downloaded|damaged"):
        load(name)
    assert list(cache.glob("*")) == []


@pytest.mark.parametrize("name", DATASETS)
def test_availability_needs_no_data(name: str) -> None:
    found = availability(name)
    assert found.name == name
    assert found.megabytes > 0
    assert found.place == ("scikit-learn" if name == "optdigits" else None)
