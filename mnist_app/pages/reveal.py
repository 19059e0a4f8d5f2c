"""Scrolling to a part of the page that something elsewhere has just changed."""

import streamlit as st

_SCRIPT = """
export default function ({ data }) {
  if (!data.times || window.digitLabRevealed === data.times) return;
  window.digitLabRevealed = data.times;
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  document.querySelector(`.st-key-${data.part}`)
    ?.scrollIntoView({ behavior: calm ? "instant" : "smooth", block: "start" });
  if (data.focus) document.querySelector(data.focus)?.focus({ preventScroll: true });
}
"""


def ask(part: str, focus: str = "") -> None:
    """Have this run of the page scroll to the container of key `part`; for callbacks.

    Args:
        focus: what the keyboard then acts on, as a CSS selector; what it was if not given.
    """
    times = st.session_state.get("reveal", {}).get("times", 0) + 1
    st.session_state.reveal = {"part": part, "focus": focus, "times": times}


def reveal() -> None:
    """Scroll if a callback asked for it; called after all that may be scrolled to."""
    _component()(key="revealing", data=st.session_state.get("reveal", {}))


@st.cache_resource(show_spinner=False)
def _component():  # type: ignore[no-untyped-def]
    return st.components.v2.component("digit_lab_reveal", js=_SCRIPT, html="<span></span>")
