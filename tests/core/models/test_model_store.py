import os
import shutil
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from mnist_app.core.data.datasets import DIGIT_NAMES
from mnist_app.core.errors import DigitLabError
from mnist_app.core.models import model_store
from mnist_app.core.models.model_store import (
    ModelFiles,
    StoredModel,
    add_litert,
    delete,
    describe,
    is_ready,
    rename,
    save,
)
from mnist_app.core.recognition.classifier import Classifier
from tests.support.samples import nearly_full_disk
from tests.support.stored_models import FILES, LATER, card


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_a_model_lies_in_three_files_and_survives_the_disk(models: Path) -> None:
    stored = save(FILES, card(), models / "new.keras")
    assert stored.path.read_bytes() == FILES.keras
    assert stored.path.with_suffix(".tflite").read_bytes() == FILES.litert
    assert sorted(os.listdir(models)) == ["new.json", "new.keras", "new.tflite"]
    assert is_ready(stored)
    assert stored.card is not None
    assert stored.card.class_names == DIGIT_NAMES
    assert stored.card.title == stored.title == "A title"
    assert (stored.name, stored.reads_digits, stored.is_shipped) == ("new", True, False)
    assert describe(stored.path) == stored


def test_a_model_is_renamed_on_its_card_alone(models: Path) -> None:
    stored = save(FILES, card(), models / "new.keras")
    rename(stored, " Another \n title ")
    now = describe(stored.path)
    assert (now.name, now.title) == ("new", "Another title")
    assert is_ready(now)
    with pytest.raises(DigitLabError, match="needs a name"):
        rename(now, " ")
    stored.path.with_suffix(".json").unlink()
    with pytest.raises(DigitLabError, match="cannot be renamed"):
        rename(describe(stored.path), "Third")


def test_a_model_that_is_gone_is_named(models: Path) -> None:
    with pytest.raises(DigitLabError, match=r"no model called gone\.keras"):
        add_litert(models / "gone.keras", b"")
    with pytest.raises(DigitLabError, match=r"no model called gone\.keras"):
        model_store.classifier(models / "gone.keras")


def test_a_save_onto_a_full_disk_leaves_nothing_behind(models: Path) -> None:
    large = ModelFiles(bytes(60_000), b"")
    for place in (models / "new.keras", None):
        with nearly_full_disk(50_000), pytest.raises(DigitLabError, match="cannot be saved"):
            save(large, card(), place)
    assert os.listdir(models) == []


@pytest.mark.parametrize("failing", [1, 2, 3])
def test_a_save_that_fails_at_any_of_its_files_leaves_the_earlier_ones(
    models: Path, monkeypatch: pytest.MonkeyPatch, failing: int
) -> None:
    stored = save(FILES, card("Before"), models / "new.keras")
    before = contents(models)
    rename, calls = os.replace, iter(range(1, 99))

    def unreliable(*places: Any) -> None:
        if next(calls) == failing:
            raise OSError(5, "Input/output error")
        rename(*places)

    monkeypatch.setattr(os, "replace", unreliable)
    with pytest.raises(DigitLabError, match="cannot be saved"):
        save(LATER, card("After"), stored.path)
    assert contents(models) == before
    assert describe(stored.path).title == "Before"


def test_a_place_that_cannot_be_written_is_named_without_the_way_to_it(
    models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (models / "file").touch()
    with pytest.raises(DigitLabError, match=r"new\.keras cannot be saved"):
        save(FILES, card(), models / "file" / "new.keras")
    with pytest.raises(DigitLabError, match=r"must end in \.keras"):
        save(FILES, card(), models / "new.h5")
    assert os.listdir(models) == ["file"]
    monkeypatch.setenv("MNIST_APP_MODELS", str(models / "file" / "models"))
    with pytest.raises(DigitLabError, match="Models cannot be saved here") as told:
        save(FILES, card(), None)
    assert str(models) not in str(told.value)


def test_models_are_listed_the_shipped_one_first_then_the_newest(models: Path) -> None:
    assert model_store.models() == []
    for age, name in enumerate(["newest", "middle", "oldest"]):
        (models / f"{name}.keras").touch()
        os.utime(models / f"{name}.keras", (1000 - age, 1000 - age))
    (models / "notes.txt").touch()
    model_store.SHIPPED.parent.mkdir()
    model_store.SHIPPED.touch()
    names = [model.name for model in model_store.models()]
    assert names == ["digit_lab", "newest", "middle", "oldest"]
    assert model_store.models()[0].is_shipped
    assert model_store.models()[2].path == models / "middle.keras"
    shutil.rmtree(models)
    assert len(model_store.models()) == 1


def test_models_of_the_same_title_are_told_apart(models: Path) -> None:
    for name, title in (("one", "Alike"), ("two", "Alike"), ("three", "Other")):
        save(FILES, card(title), models / f"{name}.keras")
    assert model_store.titles(model_store.models()) == {
        "one": "Alike (one)",
        "two": "Alike (two)",
        "three": "Other",
    }


def test_models_of_one_title_that_are_saved_at_once_all_survive(models: Path) -> None:
    together = threading.Barrier(8)

    def one(number: int) -> StoredModel:
        together.wait()
        return save(ModelFiles(bytes([number]), b""), card("Net"), None)

    with ThreadPoolExecutor(8) as pool:
        saved = list(pool.map(one, range(8)))
    assert len({stored.path for stored in saved}) == 8
    assert [stored.path.read_bytes() for stored in saved] == [bytes([n]) for n in range(8)]
    assert all(stored.title == "Net" and is_ready(stored) for stored in saved)


def test_a_model_that_is_gone_does_not_hide_the_others(models: Path) -> None:
    save(FILES, card(), models / "mine.keras")
    (models / "gone.keras").symlink_to(models / "nowhere.keras")
    assert [model.name for model in model_store.models()] == ["mine"]


def test_without_a_setting_models_are_kept_beside_the_shipped_one(
    models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert model_store.folder() == models
    monkeypatch.delenv("MNIST_APP_MODELS")
    assert model_store.folder() == model_store.SHIPPED.parent


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("My first network!", "my-first-network"),
        ("../../etc/passwd", "etc-passwd"),
        ("数字", "model"),
        ("", "model"),
        ("digit_lab", "digit-lab"),
        ("x" * 300, "x" * 60),
    ],
)
def test_a_title_becomes_a_harmless_path(models: Path, title: str, name: str) -> None:
    assert save(FILES, card(title), None).path == models / f"{name}.keras"


def test_a_taken_path_is_never_given_again(models: Path) -> None:
    for expected in ("net", "net-2", "net-3"):
        assert save(FILES, card("Net"), None).path == models / f"{expected}.keras"


def test_what_changed_on_the_disk_is_seen(models: Path) -> None:
    stored = save(FILES, card("Before"), models / "new.keras")
    save(LATER, card("After"), stored.path)
    assert describe(stored.path).title == "After"
    path = stored.path.with_suffix(".json")
    path.write_text(path.read_text().replace("After", "Later"))
    os.utime(path, ns=(time.time_ns(), time.time_ns() + 10**9))
    assert describe(stored.path).title == "Later"


def test_a_second_look_opens_no_file_again(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(20):
        save(FILES, card(f"Net {number}"), None)
    expected = model_store.models()

    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("It was opened again.")

    monkeypatch.setattr(Path, "open", refuse)
    monkeypatch.setattr(Path, "read_text", refuse)
    monkeypatch.setattr(Path, "read_bytes", refuse)
    assert model_store.models() == expected


def test_a_model_is_deleted_with_all_that_lies_beside_it(models: Path) -> None:
    save(FILES, card("Stays"), None)
    delete(save(FILES, card("Goes"), None))
    assert sorted(os.listdir(models)) == ["stays.json", "stays.keras", "stays.tflite"]
    assert [model.title for model in model_store.models()] == ["Stays"]


def test_the_shipped_model_stays_and_what_cannot_be_deleted_is_named(models: Path) -> None:
    shipped = save(FILES, card(), model_store.SHIPPED)
    with pytest.raises(DigitLabError, match="built in"):
        delete(shipped)
    assert model_store.models() == [shipped]
    (models / "folder.keras").mkdir()
    with pytest.raises(DigitLabError, match=r"folder\.keras could not be deleted"):
        delete(describe(models / "folder.keras"))


def test_a_host_keeps_so_many_models_and_no_more(
    models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MNIST_APP_MAX_MODELS", "2")
    save(FILES, card(), model_store.SHIPPED)
    save(FILES, card(), None)
    model_store.require_room()
    second = save(FILES, card(), None)
    with pytest.raises(DigitLabError, match="more than 2 models"):
        model_store.require_room()
    delete(second)
    model_store.require_room()


def test_the_shipped_model_is_ready_and_its_own() -> None:
    shipped = describe(model_store.SHIPPED)
    assert shipped.is_shipped
    assert shipped.card is not None
    assert is_ready(shipped)
    assert isinstance(model_store.classifier(shipped.path), Classifier)


def test_models_that_take_one_place_at_once_are_not_mixed(models: Path) -> None:
    together = threading.Barrier(8)

    def one(number: int) -> None:
        together.wait()
        for _ in range(10):
            files = ModelFiles(bytes([number]), bytes([number, 0]))
            save(files, card(f"Net {number}"), models / "new.keras")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(one, range(8)))
    stored = describe(models / "new.keras")
    assert is_ready(stored)
    assert stored.title == f"Net {stored.path.read_bytes()[0]}"
