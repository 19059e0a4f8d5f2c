"""Show ways to keep symbols as a whole: begin others, load, name, download, share, delete."""

import streamlit as st

from mnist_app.core.errors import DigitLabError
from mnist_app.core.symbols import storage
from mnist_app.pages.session.visitor import visitor
from mnist_app.pages.session.wording import show_error
from mnist_app.pages.shelf.page import show_more
from mnist_app.pages.shelf.things import from_item
from mnist_app.pages.teach.current_symbols import CurrentSymbols, begin_anew, open_item


def show_keeping(current: CurrentSymbols) -> None:
    """Show what can be done with the symbols as a whole."""
    with st.container(key="keep_symbols"):
        if current.item:
            with st.expander("Rename, download, share or delete", icon=":material/inventory_2:"):
                show_more(from_item(current.item, visitor()))
        with st.expander("Load symbols from a file", icon=":material/upload:"):
            _show_loading()
        if current.item:
            st.button("New symbols", key="new_symbols", icon=":material/add:", on_click=begin_anew)


def _show_loading() -> None:
    file = st.file_uploader("A ZIP file of symbols from this app", type=["zip"], key="symbols_file")
    if st.button("Load", key="load_symbols", disabled=file is None) and file:
        try:
            open_item(storage.create(storage.from_zip(file.getvalue()), visitor()))
        except DigitLabError as error:
            show_error(error)
        else:
            st.rerun()
