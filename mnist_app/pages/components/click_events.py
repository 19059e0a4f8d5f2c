"""Buttons inside of HTML: the page is told which picture was pressed."""

from collections.abc import Callable

import streamlit as st

_SCRIPT = """
export default function ({ data, setTriggerValue }) {
  const tell = ({ target }) => {
    const pressed = target.closest(`.st-key-${data.part} button[data-number]`);
    if (pressed) setTriggerValue("pressed", Number(pressed.dataset.number));
  };
  document.addEventListener("click", tell);
  return () => document.removeEventListener("click", tell);
}
"""


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

    _component()(key=key, data={"part": part}, on_pressed_change=pressed)


@st.cache_resource(show_spinner=False)
def _component():  # type: ignore[no-untyped-def]
    return st.components.v2.component(
        "digit_lab_pressing", js=_SCRIPT, html='<span class="unseen"></span>'
    )
