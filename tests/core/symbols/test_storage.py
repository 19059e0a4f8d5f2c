import shutil
import threading
from pathlib import Path

import numpy as np
import pytest

from mnist_app.core.errors import DigitLabError
from mnist_app.core.models import model_store
from mnist_app.core.models.model_store import ModelFiles
from mnist_app.core.runs.outcomes import UnsavedModel
from mnist_app.core.shelf import shelf
from mnist_app.core.shelf.item_archive import files_of_item, zipped
from mnist_app.core.shelf.model_items import model_of
from mnist_app.core.symbols import storage
from mnist_app.core.symbols.symbols import Symbols, drawn_example
from tests.support.symbols import symbol

VISITOR = "a" * 32


@pytest.fixture(autouse=True)
def own_shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MNIST_APP_SHELF", str(tmp_path / "shelf"))


@pytest.fixture
def symbols() -> Symbols:
    chance = np.random.default_rng(0)
    found = Symbols(("star", "../heart"))
    for label, name in enumerate(("star", "heart")):
        found = found.with_example(drawn_example(label, symbol(name, chance)))
    return found


def learned() -> UnsavedModel:
    """Whatever network, as if it had learned."""
    shipped = model_store.describe(model_store.SHIPPED)
    assert shipped.card is not None
    files = [shipped.path.with_suffix(ending).read_bytes() for ending in (".keras", ".tflite")]
    return UnsavedModel(ModelFiles(*files), shipped.card)


def test_drawings_and_network_lie_side_by_side(symbols: Symbols) -> None:
    item = storage.create(symbols, VISITOR)
    assert storage.load(item).names == symbols.names
    assert model_of(item) is None
    model = storage.add_model(item, VISITOR, symbols, learned())
    assert model.card is not None
    assert model.title == "star, ../heart"
    assert storage.knows(model.card, symbols)
    fewer = symbols.without(symbols.examples[0])
    storage.save(item, VISITOR, fewer)
    assert storage.load(item).counts == [0, 1]
    assert not storage.knows(model.card, fewer)
    assert model_of(item) is not None


def test_a_drawing_kept_as_a_lesson_ends_stays(
    symbols: Symbols, monkeypatch: pytest.MonkeyPatch
) -> None:
    item, copy = storage.create(symbols, VISITOR), shutil.copy2
    more = symbols.with_example(symbols.examples[0])
    keeping = threading.Thread(target=storage.save, args=(item, VISITOR, more))

    def copied(*paths: Path) -> None:
        copy(*paths)
        keeping.start()
        keeping.join(0.2)

    with monkeypatch.context() as patched:
        patched.setattr(shutil, "copy2", copied)
        storage.add_model(item, VISITOR, symbols, learned())
    keeping.join()
    assert storage.load(item).counts == [2, 1]


def test_only_the_maker_changes_what_is_shared(symbols: Symbols) -> None:
    item = storage.create(symbols, VISITOR)
    shelf.share(item, VISITOR, True)
    with pytest.raises(DigitLabError, match="Only"):
        storage.save(item, "b" * 32, Symbols())
    assert storage.load(item).names == symbols.names


def test_what_was_deleted_does_not_come_back(symbols: Symbols) -> None:
    item = storage.create(symbols, VISITOR)
    shelf.delete(item, VISITOR)
    with pytest.raises(DigitLabError, match="deleted"):
        storage.save(item, VISITOR, symbols)
    with pytest.raises(DigitLabError, match="deleted"):
        storage.add_model(item, VISITOR, symbols, learned())
    assert not shelf.items(VISITOR)


def test_a_download_can_be_loaded_again(symbols: Symbols) -> None:
    item = storage.create(symbols, VISITOR)
    storage.add_model(item, VISITOR, symbols, learned())
    pack = zipped(files_of_item(shelf.items(VISITOR)[0]))
    again = storage.from_zip(pack)
    assert (again.names, again.counts) == (symbols.names, symbols.counts)


@pytest.mark.parametrize(
    "data",
    [
        b"no ZIP",
        zipped({"other.txt": "{}"}),
        zipped({storage.EXAMPLES: " " * (storage.LARGEST + 2)}),
    ],
)
def test_any_other_file_is_refused(data: bytes) -> None:
    with pytest.raises(DigitLabError):
        storage.from_zip(data)
