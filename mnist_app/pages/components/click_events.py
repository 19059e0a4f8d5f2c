"""Buttons inside of HTML: the page hears which picture was pressed."""

from collections.abc import Callable

import streamlit as st

from mnist_app.pages.component import component


def handle_clicks(part: str, act: Callable[[int], None]) -> None:
    """Call `act` with the number of a button that is pressed by mouse, finger or key.

    Args:
        part: key of the container whose HTML holds the buttons, each with its `data-number`.
    """
    key = f"{part}_pressing"

    def pressed() -> None:
        number = st.session_state[key].get("pressed")
        if isinstance(number, int):
            act(number)

    component("components/click_events.js", html='<span class="unseen"></span>')(
        key=key, data={"part": part}, on_pressed_change=pressed
    )
