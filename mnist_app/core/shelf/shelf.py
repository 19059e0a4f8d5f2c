"""The shelf: each thing that a visitor made lies whole in a folder of its own.

The folder's name cannot be guessed, so a link to it is all that sharing needs. Beside the thing's
own files lies `item.json`, which knows the maker by a hash alone. The folder's own time is when
the thing was last used.
"""

import functools
import json
import os
import re
import shutil
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from mnist_app.core import file_hashes, limits
from mnist_app.core.errors import DigitLabError
from mnist_app.core.files import DAMAGED, atomic_write
from mnist_app.core.models import model_store
from mnist_app.core.models.model_card import TITLE_LENGTH as TITLE_LENGTH
from mnist_app.core.models.model_card import clean_title
from mnist_app.core.shelf.visitors import hashed

ABOUT = "item.json"
ID = "[0-9a-f]{32}"
PLACE = re.compile(rf"{ID}|\.{ID}-.+")
# A draft that is older was left by a server that broke down.
DRAFT_SECONDS = DAY = 24 * 3600.0
MB = 1e6
# As what a thing counts at least: its files, however small, have to be looked through.
LEAST_MB = 0.1
# Things that are remembered until they change: each page lists those of everybody.
REMEMBERED = 5_000
# Held from the last look at the limits until the thing is in its place.
_changing = threading.Lock()


class Kind(StrEnum):
    """The kind of a thing on the shelf."""

    SYMBOLS = "symbols"
    DATASET = "dataset"
    MODEL = "model"


@dataclass(frozen=True)
class Item:
    """A thing on the shelf.

    Attributes:
        id: 32 hexadecimal digits.
        owner: a hash of its maker's id.
        title: its name for people, as its maker wrote it.
        created: when, ISO 8601, UTC.
        is_shared: whether everybody who knows the id may use it.
        folder: where its files are.
        size: of all its files, in bytes.
        used: when it was last used, in seconds since 1970.
    """

    id: str
    owner: str
    kind: Kind
    title: str
    created: str
    is_shared: bool
    folder: Path
    size: int
    used: float

    def is_owned_by(self, visitor: str) -> bool:
        """Return whether the visitor made it."""
        return self.owner == hashed(visitor)


def folder() -> Path:
    """Return where the things of all visitors are kept."""
    own = os.environ.get("MNIST_APP_SHELF")
    return Path(own).expanduser() if own else model_store.folder() / "shelf"


def items(visitor: str, kind: Kind | None = None) -> list[Item]:
    """Return what the visitor made, of one kind or of all, the newest first."""
    own = [item for item in _all(hashed(visitor)) if kind in (None, item.kind)]
    return sorted(own, key=lambda item: item.created, reverse=True)


def find(item_id: str, visitor: str) -> Item | None:
    """Return a thing to use, the visitor's own or a shared one; None for anything else."""
    item = _read(folder() / item_id) if re.fullmatch(ID, item_id) else None
    if item is None or not (item.is_shared or item.is_owned_by(visitor)):
        return None
    with suppress(OSError):
        os.utime(item.folder)
    return item


@contextmanager
def adding(visitor: str, kind: Kind, title: str) -> Iterator[tuple[str, Path]]:
    """Give the id of a new thing and a folder to fill; put it on the shelf if the block succeeds.

    Raises:
        DigitLabError: the shelf, the server's room or the disk is full, or the title is empty.
    """
    require_room(visitor)
    item_id, now = uuid.uuid4().hex, datetime.now(UTC).isoformat(timespec="milliseconds")
    place = folder() / item_id
    item = Item(item_id, hashed(visitor), kind, clean_title(title), now, False, place, 0, 0.0)
    with _placed(item, visitor, lambda: item) as draft:
        yield item_id, draft


@contextmanager
def replacing(item: Item, visitor: str) -> Iterator[Path]:
    """Give a folder to fill anew; have it take the thing's place if the block succeeds.

    Raises:
        DigitLabError: it is not the visitor's or gone, or there is no room for the new one.
    """
    with _placed(current(item, visitor), visitor, lambda: current(item, visitor)) as draft:
        yield draft


def require_room(visitor: str, size: int = 0, instead_of: str = "") -> None:
    """Refuse one thing more than the host allows; ask before long work.

    Args:
        size: of the thing in bytes, as far as that is known.
        instead_of: the id of the one whose place it takes.

    Raises:
        DigitLabError: there are too many, or they are too large.
    """
    forget_old()
    others = [item for item in _all() if item.id != instead_of]
    own = [item for item in others if item.is_owned_by(visitor)]
    most = limits.most("shelf_items")
    if len(own) >= most:
        raise DigitLabError(
            f"My things is full: {most:,.0f} of {most:,.0f}. Delete one there first."
        )
    room, needed = limits.most("shelf_mb") - total_mb(own), max(size / MB, LEAST_MB)
    if needed > room:
        raise DigitLabError(
            f"This takes {needed:,.1f} MB, but you have only {max(room, 0):,.1f} MB left. "
            "Delete something on My things first."
        )
    if total_mb(others) + needed > limits.most("shelf_total_mb"):
        raise DigitLabError(
            "This server has no room for more. Delete something that you no longer need, or try "
            "again another day."
        )


def current(item: Item, visitor: str) -> Item:
    """Return a thing as it is now, for its maker.

    Raises:
        DigitLabError: it is not the visitor's, or gone.
    """
    now = _read(item.folder)
    if now is None:
        raise DigitLabError(f"“{item.title}” was deleted. Reload the page.")
    if not now.is_owned_by(visitor):
        raise DigitLabError("Only the person who made this can change it. Make your own.")
    return now


def rename(item: Item, visitor: str, title: str) -> None:
    """Give a thing another name.

    Raises:
        DigitLabError: the name is empty, or the thing is not the visitor's or gone.
    """
    _change(item, visitor, title=clean_title(title))


def share(item: Item, visitor: str, is_shared: bool) -> None:
    """Allow everybody who knows its id to use a thing, or nobody else.

    Raises:
        DigitLabError: it is not the visitor's or gone.
    """
    _change(item, visitor, is_shared=is_shared)


def delete(item: Item, visitor: str) -> None:
    """Delete a thing for good.

    Raises:
        DigitLabError: it is not the visitor's or gone, or cannot be deleted.
    """
    with _changing:
        try:
            _remove(current(item, visitor).folder)
        except OSError as error:
            raise DigitLabError(
                f"{item.title} could not be deleted ({error.strerror}). Try again later."
            ) from error


def forget(visitor: str) -> None:
    """Delete all things of a visitor who has left for good."""
    for item in items(visitor):
        with suppress(DigitLabError):
            delete(item, visitor)


def forget_old() -> None:
    """Delete what nobody has used for as long as this host keeps it, and drafts left behind."""
    now, kept = time.time(), limits.most("shelf_days") * DAY
    for place in _places():
        with suppress(OSError):
            if now - place.stat().st_mtime > (DRAFT_SECONDS if _is_draft(place) else kept):
                _remove(place)


def total_mb(things: list[Item]) -> float:
    """Return the room that things take, in millions of bytes; small ones count for more."""
    return sum(max(item.size / MB, LEAST_MB) for item in things)


@contextmanager
def _placed(item: Item, visitor: str, latest: Callable[[], Item]) -> Iterator[Path]:
    """Give a folder to fill; have it take the thing's place if the block succeeds.

    Args:
        latest: returns the thing as it is then.
    """
    with ExitStack() as until_placed, atomic_write(item.folder, item.title) as draft:
        draft.mkdir()
        yield draft
        until_placed.enter_context(_changing)
        require_room(visitor, _size(draft), item.id)
        _note(draft / ABOUT, latest())


def _all(owner: str | None = None) -> Iterator[Item]:
    """Yield the things of everybody, or of an owner alone."""
    return (item for place in _places() if not _is_draft(place) and (item := _read(place, owner)))


def _places() -> list[Path]:
    """Return the folders of things and of drafts; in a host's folder may lie more."""
    with suppress(OSError):
        return [path for path in folder().iterdir() if PLACE.fullmatch(path.name)]
    return []


def _is_draft(place: Path) -> bool:
    return place.name.startswith(".")


def _read(place: Path, owner: str | None = None) -> Item | None:
    """Return the thing in a folder; None if there is none that is whole, or of that owner."""
    about = place / ABOUT
    stamp = file_hashes.stamp(about)
    if stamp is None:
        return None
    try:
        said = _said(about, stamp)
        # Before its files are looked through.
        if owner not in (None, said["owner"]):
            return None
        return Item(
            id=place.name,
            owner=str(said["owner"]),
            kind=Kind(said["kind"]),
            title=str(said["title"]),
            created=str(said["created"]),
            is_shared=said["is_shared"] is True,
            folder=place,
            size=_size(place),
            used=place.stat().st_mtime,
        )
    except DAMAGED:
        return None


@functools.lru_cache(maxsize=REMEMBERED)
def _said(path: Path, stamp: file_hashes.Stamp) -> Any:
    """Read what a file about a thing said when it was written."""
    return json.loads(path.read_text(encoding="utf-8"))


def _size(place: Path) -> int:
    return sum(path.stat().st_size for path in place.rglob("*") if path.is_file())


def _note(path: Path, item: Item) -> None:
    names = ("id", "owner", "kind", "title", "created", "is_shared")
    said = {name: getattr(item, name) for name in names}
    path.write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")


def _change(item: Item, visitor: str, **changes: Any) -> None:
    with _changing:
        now = replace(current(item, visitor), **changes)
        with atomic_write(item.folder / ABOUT, now.title) as draft:
            _note(draft, now)


def _remove(place: Path) -> None:
    # Without this file there is no thing, whatever else is left.
    (place / ABOUT).unlink(missing_ok=True)
    shutil.rmtree(place)
