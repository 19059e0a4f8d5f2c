"""Scrolling to a part of the page that something elsewhere has just changed."""

import streamlit as st

from mnist_app.pages.component import component


def scroll_to(part: str, focus: str = "") -> None:
    """Have this run of the page scroll to the container of key `part`; for callbacks.

    What stands in the upper half of the window already stays where it is.

    Args:
        focus: CSS selector of what gets the keyboard focus; "" leaves the focus where it is.
    """
    times = st.session_state.get("scroll_request", {}).get("times", 0) + 1
    st.session_state.scroll_request = {"part": part, "focus": focus, "times": times}


def scroll_if_asked() -> None:
    """Scroll as `scroll_to` asked; called after all that may be scrolled to."""
    request = st.session_state.get("scroll_request", {})
    component("components/scroll_to.js")(key="reveal", data=request)
