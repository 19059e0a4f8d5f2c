"""A panel in which a visitor brings a file; it closes when the file has been taken."""

from collections.abc import Callable

import streamlit as st

from mnist_app.core.errors import DigitLabError
from mnist_app.pages.session.wording import show_error


def upload_panel(label: str, key: str, show: Callable[[str], None]) -> None:
    """Show a closed panel, and in it what `show` shows or why it cannot.

    Args:
        key: of the container around it.
        show: gets a key for the upload.
    """
    # Under a new key the panel is closed, and the upload holds nothing: the server frees the file.
    turn = st.session_state.setdefault(f"{key}_turn", 0)
    icon = ":material/upload_file:"
    with st.container(key=key), st.expander(label, icon=icon, key=f"{key}_panel_{turn}"):
        try:
            show(f"{key}_{turn}")
        except DigitLabError as error:
            show_error(error)


def close_panel(key: str) -> None:
    """Have the panel closed and its upload empty when they are shown next."""
    st.session_state[f"{key}_turn"] += 1
