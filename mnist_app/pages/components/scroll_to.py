"""Scrolling to a part of the page that something elsewhere has just changed."""

import streamlit as st

_SCRIPT = """
export default function ({ data }) {
  if (!data.times || window.digitLabRevealed === data.times) return;
  window.digitLabRevealed = data.times;
  if (data.focus) document.querySelector(data.focus)?.focus({ preventScroll: true });
  const part = document.querySelector(`.st-key-${data.part}`);
  const top = part?.getBoundingClientRect().top;
  if (!part || (top >= 0 && top < innerHeight / 2)) return;
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  part.scrollIntoView({ behavior: calm ? "instant" : "smooth", block: "start" });
}
"""


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
    _component()(key="reveal", data=st.session_state.get("asked_reveal", {}))


@st.cache_resource(show_spinner=False)
def _component():  # type: ignore[no-untyped-def]
    return st.components.v2.component("digit_lab_reveal", js=_SCRIPT, html="<span></span>")
