"""Symbols on their maker's shelf: the drawings, and once they are learned the network."""

import shutil
import threading
from dataclasses import replace

from mnist_app.core import file_hashes, zip_files
from mnist_app.core.errors import DigitLabError
from mnist_app.core.files import DAMAGED as DAMAGED_FILE
from mnist_app.core.files import atomic_write
from mnist_app.core.models import model_store
from mnist_app.core.models.model_card import ModelCard
from mnist_app.core.models.model_store import StoredModel
from mnist_app.core.runs.outcomes import UnsavedModel
from mnist_app.core.shelf import shelf
from mnist_app.core.shelf.model_items import model_of
from mnist_app.core.shelf.shelf import Item, Kind
from mnist_app.core.symbols.symbols import DAMAGED, Symbols, from_json_lines

EXAMPLES = "examples.jsonl"
# Until they are learned, and named by their classes.
TITLE = "My symbols"
GONE = "Your symbols were deleted. Reload the page."
# Of a ZIP file: how many files, and bytes of the examples, once they are unpacked.
MOST_PACKED, LARGEST = 1000, 5_000_000
# Held so that no drawing is lost that is kept while a network takes its place.
_saving = threading.Lock()


def create(symbols: Symbols, visitor: str) -> Item:
    """Put symbols on a visitor's shelf.

    Raises:
        DigitLabError: see `shelf.adding`.
    """
    with shelf.adding(visitor, Kind.SYMBOLS, TITLE) as (item_id, draft):
        (draft / EXAMPLES).write_text(symbols.as_json_lines(), encoding="utf-8")
    return _found(item_id, visitor)


def load(item: Item) -> Symbols:
    """Return the symbols of an item.

    Raises:
        DigitLabError: they cannot be read.
    """
    try:
        return from_json_lines((item.folder / EXAMPLES).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise DigitLabError(DAMAGED) from error


def save(item: Item, visitor: str, symbols: Symbols) -> None:
    """Keep other drawings in place of those of an item, whose network stays as it is.

    Raises:
        DigitLabError: the item is not the visitor's or gone, or the disk is full.
    """
    with _saving:
        shelf.current(item, visitor)
        with atomic_write(item.folder / EXAMPLES) as draft:
            draft.write_text(symbols.as_json_lines(), encoding="utf-8")


def add_model(item: Item, visitor: str, symbols: Symbols, made: UnsavedModel) -> StoredModel:
    """Keep the network that learned some symbols beside what the item holds by now.

    Raises:
        DigitLabError: see `shelf.replacing`.
    """
    if item.title == TITLE:
        shelf.rename(item, visitor, ", ".join(symbols.names))
    learned = {**made.card.training, "examples": _hash(symbols)}
    with _saving, shelf.replacing(item, visitor) as draft:
        path = draft / f"{item.id}.keras"
        model_store.save(made.files, replace(made.card, training=learned), path)
        shutil.copy2(item.folder / EXAMPLES, draft)
    model = model_of(_found(item.id, visitor))
    if model is None:
        raise DigitLabError(GONE)
    return model


def knows(card: ModelCard, symbols: Symbols) -> bool:
    """Return whether a network learned just these drawings."""
    return card.training.get("examples") == _hash(symbols)


def from_zip(data: bytes) -> Symbols:
    """Return the drawings in a ZIP file, whoever made it; nothing else in it is looked at.

    Raises:
        DigitLabError: there are none, or too many.
    """
    try:
        archive = zip_files.open_zip(data, MOST_PACKED)
        item = archive.getinfo(EXAMPLES)
        if item.file_size > LARGEST:
            raise DigitLabError(f"This takes over {LARGEST // 1_000_000} MB. Use fewer drawings.")
        text = zip_files.content(archive, item).decode()
    except DAMAGED_FILE as error:
        raise DigitLabError(DAMAGED) from error
    return from_json_lines(text)


def _found(item_id: str, visitor: str) -> Item:
    """Return a thing that was there a moment ago; raise DigitLabError if it is gone."""
    item = shelf.find(item_id, visitor)
    if item is None:
        raise DigitLabError(GONE)
    return item


def _hash(symbols: Symbols) -> str:
    return file_hashes.of_bytes(symbols.as_json_lines().encode())
