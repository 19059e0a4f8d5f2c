import os
from pathlib import Path

import pytest

from mnist_app.core.errors import DigitLabError
from mnist_app.core.files import atomic_write, require_writable
from tests.support.samples import nearly_full_disk


def test_a_file_appears_when_the_block_succeeds(tmp_path: Path) -> None:
    target = tmp_path / "new" / "folder" / "answer.txt"
    with atomic_write(target) as draft:
        assert draft.suffix == ".txt"
        draft.write_text("42")
        assert not target.exists()
    assert target.read_text() == "42"
    assert os.listdir(target.parent) == ["answer.txt"]


def test_a_failed_block_leaves_the_earlier_file_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "answer.txt"
    target.write_text("before")
    with pytest.raises(KeyboardInterrupt):
        give_up_half_way(target)
    assert target.read_text() == "before"
    assert os.listdir(tmp_path) == ["answer.txt"]


def give_up_half_way(target: Path) -> None:
    with atomic_write(target) as draft:
        draft.write_text("half")
        raise KeyboardInterrupt


def test_a_folder_takes_the_place_of_an_earlier_folder(tmp_path: Path) -> None:
    target = tmp_path / "folder"
    for content in ("first", "second"):
        with atomic_write(target) as draft:
            draft.mkdir()
            (draft / content).touch()
    assert os.listdir(target) == ["second"]
    assert os.listdir(tmp_path) == ["folder"]


def test_an_earlier_folder_stays_when_its_place_cannot_be_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "folder"
    target.mkdir()
    (target / "first").touch()
    replace = os.replace

    def taken(source: Path, place: Path) -> None:
        if place == target and not (source / "first").exists():
            raise PermissionError(13, "Permission denied")
        replace(source, place)

    monkeypatch.setattr(os, "replace", taken)
    with pytest.raises(DigitLabError, match="Permission denied"), atomic_write(target) as draft:
        draft.mkdir()
    assert os.listdir(target) == ["first"]
    assert os.listdir(tmp_path) == ["folder"]


@pytest.mark.parametrize("name", ["answer.txt", "folder"])
def test_all_is_on_the_disk_before_it_has_its_name(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / name
    flush, flushed, before = os.fsync, [], []

    def noted(descriptor: int) -> None:
        flush(descriptor)
        flushed.append(os.fstat(descriptor).st_ino)
        if not target.exists():
            before.append(flushed[-1])

    monkeypatch.setattr(os, "fsync", noted)
    with atomic_write(target) as draft:
        if name == "folder":
            (draft / "inner").mkdir(parents=True)
            (draft / "inner" / "file").write_text("42")
        else:
            draft.write_text("42")
    assert {path.stat().st_ino for path in (target, *target.rglob("*"))} <= set(before)
    assert flushed[-1] == tmp_path.stat().st_ino, "the name, last of all"


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path) -> None:
    with (
        nearly_full_disk(),
        pytest.raises(DigitLabError, match="Free some disk space"),
        atomic_write(tmp_path / "large.bin") as draft,
    ):
        draft.write_bytes(bytes(10_000))
    assert os.listdir(tmp_path) == []


def test_a_place_that_cannot_be_a_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    target = tmp_path / "file" / "answer.txt"
    with pytest.raises(DigitLabError, match=r"answer\.txt cannot be saved"), atomic_write(target):
        pytest.fail("there is no place to write to")


def test_what_cannot_be_written_is_known_before_the_work(tmp_path: Path) -> None:
    require_writable(tmp_path / "new" / "model.keras")
    assert os.listdir(tmp_path / "new") == []
    (tmp_path / "file").touch()
    with pytest.raises(DigitLabError, match="cannot be saved"):
        require_writable(tmp_path / "file" / "model.keras")
    with pytest.raises(DigitLabError, match="is a folder"):
        require_writable(tmp_path / "new")


def test_what_cannot_be_written_is_named_without_the_way_to_it(tmp_path: Path) -> None:
    """The sentence is shown to visitors, whom the folders of the server do not concern."""
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    for target in (tmp_path / "file" / "new.txt", tmp_path / "folder"):
        with pytest.raises(DigitLabError) as refused:
            require_writable(target)
        assert str(refused.value).startswith(f"{target.name} ")
        assert str(tmp_path) not in str(refused.value)
