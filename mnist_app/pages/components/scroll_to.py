"""Scrolling to a part of the page that something elsewhere has just changed."""

import streamlit as st

from mnist_app.pages.component import component


def scroll_to(part: str, focus: str = "") -> None:
    """Have this run of the page scroll to the container of key `part`; for callbacks.

    What stands in the upper half of the window already stays where it is.

    Args:
        focus: what keys then act on, as a CSS selector; what they acted on before if not given.
    """
    times = st.session_state.get("asked_reveal", {}).get("times", 0) + 1
    st.session_state.asked_reveal = {"part": part, "focus": focus, "times": times}


def scroll_if_asked() -> None:
    """Scroll if it was asked for; called after all that may be scrolled to."""
    component("components/scroll_to.js")(
        key="reveal", data=st.session_state.get("asked_reveal", {})
    )
