import json
import os
import threading
import time
from pathlib import Path

import pytest

from mnist_app.core.errors import DigitLabError
from mnist_app.core.shelf import shelf
from mnist_app.core.shelf.shelf import DAY, Item, Kind
from mnist_app.core.shelf.visitors import COOKIE, left_in, visitor_in
from tests.support.gates import PATIENCE
from tests.support.samples import nearly_full_disk

ANN, BEN = "a" * 32, "b" * 32


def added(visitor: str, title: str = "Stars", kind: Kind = Kind.SYMBOLS, size: int = 10) -> Item:
    with shelf.adding(visitor, kind, title) as (item_id, draft):
        (draft / "examples.jsonl").write_bytes(bytes(size))
    item = shelf.find(item_id, visitor)
    assert item is not None
    return item


def titles(visitor: str, kind: Kind | None = None) -> list[str]:
    return [item.title for item in shelf.items(visitor, kind)]


def left(place: Path) -> list[str]:
    return sorted(str(path.relative_to(place)) for path in place.rglob("*"))


def break_down(draft: Path) -> None:
    (draft / "half").touch()
    raise KeyboardInterrupt


def test_things_are_read_anew_only_when_they_changed() -> None:
    about = added(ANN).folder / shelf.ABOUT
    before = about.stat()
    assert titles(ANN) == ["Stars"]
    about.write_text(about.read_text().replace("Stars", "Moons"))
    os.utime(about, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert titles(ANN) == ["Stars"]
    os.utime(about)
    assert titles(ANN) == ["Moons"]


def test_what_a_visitor_made_lies_on_their_shelf_the_newest_first() -> None:
    first, second = added(ANN), added(ANN, " Shoes \n of mine ", Kind.DATASET, size=500)
    assert titles(ANN) == ["Shoes of mine", "Stars"]
    assert titles(ANN, Kind.SYMBOLS) == ["Stars"]
    assert shelf.items(ANN)[1].id == first.id
    assert left(second.folder) == ["examples.jsonl", "item.json"]
    assert second.size == 500 + (second.folder / "item.json").stat().st_size
    assert second.folder.name == second.id


def test_visitors_see_nothing_of_each_other() -> None:
    item = added(ANN)
    added(BEN, "Cats")
    assert (titles(ANN), titles(BEN)) == (["Stars"], ["Cats"])
    assert shelf.find(item.id, BEN) is None
    assert not item.is_owned_by(BEN)
    assert ANN not in (item.folder / "item.json").read_text()


def test_what_is_shared_can_be_used_by_link_and_changed_by_its_maker_alone() -> None:
    item = added(ANN)
    shelf.share(item, ANN, True)
    seen = shelf.find(item.id, BEN)
    assert seen is not None
    assert seen.title == "Stars"
    assert titles(BEN) == []
    with pytest.raises(DigitLabError, match="Only the person who made"):
        shelf.rename(seen, BEN, "Mine")
    with pytest.raises(DigitLabError, match="Only the person who made"):
        shelf.share(seen, BEN, False)
    with pytest.raises(DigitLabError, match="Only the person who made"):
        shelf.delete(seen, BEN)
    with pytest.raises(DigitLabError, match="Only the person who made"), shelf.replacing(seen, BEN):
        pass
    shelf.share(item, ANN, False)
    assert shelf.find(item.id, BEN) is None
    assert titles(ANN) == ["Stars"]


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../" + "a" * 29, "a" * 31, "a" * 33, "A" * 32, "a" * 32, "\0", "a\n"]
)
def test_an_id_of_nonsense_finds_nothing(name: str) -> None:
    added(ANN)
    assert shelf.find(name, ANN) is None


def test_a_thing_keeps_its_id_under_another_name_and_when_it_is_replaced() -> None:
    item = added(ANN)
    shelf.rename(item, ANN, "Stars and moons")
    with shelf.replacing(item, ANN) as draft:
        (draft / "new").write_bytes(b"better")
        assert left(item.folder) == ["examples.jsonl", "item.json"]
        shelf.share(item, ANN, True)
    (now,) = shelf.items(ANN)
    assert (now.id, now.title, now.created) == (item.id, "Stars and moons", item.created)
    assert now.is_shared
    assert left(now.folder) == ["item.json", "new"]
    with pytest.raises(DigitLabError, match="needs a name"):
        shelf.rename(item, ANN, " \n")


def test_what_is_deleted_does_not_come_back() -> None:
    item = added(ANN)
    with pytest.raises(DigitLabError, match="“Stars” was deleted"), shelf.replacing(item, ANN):
        shelf.delete(item, ANN)
    with pytest.raises(DigitLabError, match="“Stars” was deleted"):
        shelf.rename(item, ANN, "Moons")
    with pytest.raises(DigitLabError, match="“Stars” was deleted"):
        shelf.delete(item, ANN)
    assert left(shelf.folder()) == []


def test_work_that_breaks_down_leaves_nothing_and_takes_nothing() -> None:
    item = added(ANN)
    before = left(shelf.folder())
    with pytest.raises(KeyboardInterrupt), shelf.adding(ANN, Kind.MODEL, "New") as (_, draft):
        break_down(draft)
    with pytest.raises(KeyboardInterrupt), shelf.replacing(item, ANN) as draft:
        break_down(draft)
    assert left(shelf.folder()) == before


def test_a_full_disk_takes_nothing_from_anybody() -> None:
    item = added(ANN)
    before = left(shelf.folder())
    with (
        pytest.raises(DigitLabError, match=r"Moons cannot be saved \(File too large\)"),
        nearly_full_disk(),
        shelf.adding(BEN, Kind.DATASET, "Moons") as (_, draft),
    ):
        (draft / "pictures").write_bytes(bytes(1000))
    with (
        pytest.raises(DigitLabError, match="Stars cannot be saved"),
        nearly_full_disk(50),
        shelf.replacing(item, ANN),
    ):
        pass
    with pytest.raises(DigitLabError, match="Moons cannot be saved"), nearly_full_disk(50):
        shelf.rename(item, ANN, "Moons")
    assert left(shelf.folder()) == before
    assert shelf.items(ANN)[0].title == "Stars"


def test_a_full_shelf_is_said_before_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MNIST_APP_SHELF_ITEMS", "2")
    for title in ("Stars", "Moons"):
        added(ANN, title)
    with pytest.raises(DigitLabError, match=r"full: 2 of 2\."):
        shelf.require_room(ANN)
    with pytest.raises(DigitLabError, match="2 of 2"), shelf.adding(ANN, Kind.MODEL, "Third"):
        pytest.fail("There is no room.")
    with shelf.replacing(shelf.items(ANN)[0], ANN):
        pass
    added(BEN)
    assert titles(ANN) == ["Moons", "Stars"]


def test_what_is_too_large_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MNIST_APP_SHELF_MB", "2")
    monkeypatch.setenv("MNIST_APP_SHELF_TOTAL_MB", "3")
    item = added(ANN, size=10**6)
    with pytest.raises(DigitLabError, match=r"takes 1\.5 MB, but you have only 1\.0 MB left"):
        added(ANN, "Moons", size=1_500_000)
    with shelf.replacing(item, ANN) as draft:
        (draft / "larger").write_bytes(bytes(1_500_000))
    with pytest.raises(DigitLabError, match="server has no room"):
        added(BEN, size=1_600_000)
    assert titles(ANN) == ["Stars"]
    assert titles(BEN) == []


def test_two_at_once_get_no_more_room_than_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MNIST_APP_SHELF_ITEMS", "1")
    both, failed = threading.Barrier(2, timeout=PATIENCE), []

    def add() -> None:
        try:
            with shelf.adding(ANN, Kind.MODEL, "One"):
                both.wait()
        except DigitLabError:
            failed.append(1)

    threads = [threading.Thread(target=add) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (titles(ANN), len(failed)) == (["One"], 1)


def test_what_nobody_uses_goes_after_the_days_that_the_host_sets(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MNIST_APP_SHELF_DAYS", "3")
    old, used = added(ANN, "Old"), added(ANN, "Used")
    draft = shelf.folder() / f".{old.id}-left"
    draft.mkdir()
    for place, days in ((old.folder, 3.1), (used.folder, 2.9), (draft, 1.1)):
        moment = time.time() - days * DAY
        os.utime(place, (moment, moment))
    assert shelf.find(used.id, ANN) is not None
    shelf.forget_old()
    assert titles(ANN) == ["Used"]
    assert os.listdir(shelf.folder()) == [used.id]
    assert shelf.items(ANN)[0].used == pytest.approx(time.time(), abs=60)


def test_somebody_who_leaves_a_kiosk_leaves_nothing() -> None:
    added(ANN)
    added(BEN)
    shelf.forget(ANN)
    assert (titles(ANN), titles(BEN)) == ([], ["Stars"])


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "{}", '{"kind": "ship"}', "[" * 100_000])
def test_a_damaged_thing_is_none(text: str) -> None:
    item, other = added(ANN), added(ANN, "Whole")
    (item.folder / "item.json").write_text(text)
    assert shelf.find(item.id, ANN) is None
    assert titles(ANN) == ["Whole"]
    shelf.delete(other, ANN)


def test_the_file_says_what_it_is() -> None:
    item = added(ANN)
    said = json.loads((item.folder / "item.json").read_text())
    assert set(said) == {"id", "owner", "kind", "title", "created", "is_shared"}
    assert (said["id"], said["kind"], said["is_shared"]) == (item.id, "symbols", False)


def test_the_shelf_may_lie_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert shelf.folder() == tmp_path / "models" / "shelf"
    monkeypatch.setenv("MNIST_APP_SHELF", str(tmp_path / "elsewhere"))
    assert added(ANN).folder.parent == tmp_path / "elsewhere"


def test_a_cookie_names_a_visitor_or_one_who_has_left() -> None:
    assert visitor_in({COOKIE: ANN}) == ANN
    assert left_in({COOKIE: f"left-{ANN}"}) == ANN
    for cookies in ({}, {COOKIE: f"left-{ANN}"}, {COOKIE: ANN.upper()}, {COOKIE: f"{ANN}\n"}):
        assert visitor_in(cookies) is None


def test_what_else_a_host_keeps_in_that_folder_is_left_alone() -> None:
    item = added(ANN)
    others = [item.folder.with_name(name) for name in ("photos", ".cache", f"{item.id}.old")]
    for place in (item.folder, *others):
        place.mkdir(exist_ok=True)
        os.utime(place, (0, 0))
    shelf.forget_old()
    assert set(shelf.folder().iterdir()) == set(others)


def test_tiny_things_take_room_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MNIST_APP_SHELF_TOTAL_MB", "0.25")
    for visitor in (ANN, BEN):
        added(visitor, size=0)
    with pytest.raises(DigitLabError, match="server has no room"):
        added("c" * 32, size=0)
