"""The symbols that a visitor has open: their own to teach with, or somebody's to draw."""

from dataclasses import dataclass

import streamlit as st

from mnist_app.core import file_hashes
from mnist_app.core.errors import DigitLabError
from mnist_app.core.models.model_store import StoredModel
from mnist_app.core.shelf import shelf
from mnist_app.core.shelf.model_items import model_of
from mnist_app.core.shelf.shelf import Item, Kind
from mnist_app.core.symbols import storage
from mnist_app.core.symbols.symbols import Symbols
from mnist_app.pages.session.query_params import set_link
from mnist_app.pages.session.visitor import visitor
from mnist_app.pages.session.wording import show_error

LINK = "symbols"
GONE = (
    "These symbols were deleted, or they are not shared. Ask for a new link, or "
    "teach your own here."
)


@dataclass(frozen=True, eq=False)
class CurrentSymbols:
    """Symbols and the item on the shelf that holds them, if it is there already."""

    item: Item | None
    symbols: Symbols

    @property
    def is_own(self) -> bool:
        """Return whether the visitor may change them."""
        return self.item is None or self.item.is_owned_by(visitor())

    @property
    def model(self) -> StoredModel | None:
        """Return the network that has learned them, or what they were before."""
        return model_of(self.item) if self.item else None


def current_symbols() -> CurrentSymbols:
    """Return what the link names, or else what the visitor taught last."""
    linked = st.query_params.get(LINK)
    item = shelf.find(linked, visitor()) if linked else None
    if linked and (item is None or item.kind is not Kind.SYMBOLS):
        # What this page itself opened was deleted by the visitor.
        if linked != st.session_state.get(f"linked_{LINK}"):
            show_error(GONE)
        item = None
        set_link(LINK, None)
    elif item is None and not st.session_state.get("begins_anew"):
        item = next(iter(shelf.items(visitor(), Kind.SYMBOLS)), None)
    if item is None:
        return CurrentSymbols(None, st.session_state.get("unkept_symbols", Symbols()))
    if item.is_owned_by(visitor()):
        set_link(LINK, item.id)
    return CurrentSymbols(item, _loaded(item))


def latest(before: CurrentSymbols) -> CurrentSymbols:
    """Return the same as it is by now."""
    if before.item is None:
        return current_symbols()
    item = shelf.find(before.item.id, visitor())
    return CurrentSymbols(item, _loaded(item)) if item else current_symbols()


def change(before: CurrentSymbols, symbols: Symbols) -> None:
    """Keep what was changed; a set comes onto the shelf with its first drawing.

    Raises:
        DigitLabError: there is no room for it, or it is not the visitor's or gone.
    """
    if before.item is None and not symbols.examples:
        st.session_state.unkept_symbols = symbols
        return
    item = before.item
    if item is None:
        item = storage.create(symbols, visitor())
        begin_anew(False)
        set_link(LINK, item.id)
    else:
        storage.save(item, visitor(), symbols)
    _remember(item, symbols)


def open_item(item: Item) -> None:
    """Open an item of the visitor."""
    begin_anew(False)
    set_link(LINK, item.id)


def begin_anew(is_wanted: bool = True) -> None:
    """Open no symbols but new ones."""
    st.session_state.begins_anew = is_wanted
    st.session_state.pop("unkept_symbols", None)
    st.session_state.pop("teach_mode", None)
    if is_wanted:
        set_link(LINK, None)


def _loaded(item: Item) -> Symbols:
    """Return an item's symbols, which are read again only when another page changed them."""
    key, symbols = st.session_state.get("loaded_symbols", (None, Symbols()))
    if key == _key(item):
        return symbols
    try:
        symbols = storage.load(item)
    except DigitLabError as error:
        show_error(error)
        return Symbols()
    return _remember(item, symbols)


def _remember(item: Item, symbols: Symbols) -> Symbols:
    st.session_state.loaded_symbols = _key(item), symbols
    return symbols


def _key(item: Item) -> tuple[str, file_hashes.Stamp | None]:
    return item.id, file_hashes.stamp(item.folder / storage.EXAMPLES)
