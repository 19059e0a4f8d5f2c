"""Scrolling to a part of the page that something elsewhere has just changed."""

import streamlit as st

_SCRIPT = """
export default function ({ data }) {
  if (!data.times || window.digitLabRevealed === data.times) return;
  window.digitLabRevealed = data.times;
  const part = document.querySelector(`.st-key-${data.part}`);
  const top = part?.getBoundingClientRect().top;
  if (!part || (top >= 0 && top < innerHeight / 2)) return;
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  part.scrollIntoView({ behavior: calm ? "instant" : "smooth", block: "start" });
}
"""


def ask() -> None:
    """Have this run of the page scroll; for callbacks."""
    st.session_state.reveals = st.session_state.get("reveals", 0) + 1


def reveal(part: str) -> None:
    """Scroll to the container of key `part`, which is on the page, if a callback asked for it.

    What stands in the upper half of the window already stays where it is.
    """
    times = st.session_state.get("reveals", 0)
    _component()(key="reveal", data={"part": part, "times": times})


@st.cache_resource(show_spinner=False)
def _component():  # type: ignore[no-untyped-def]
    return st.components.v2.component("digit_lab_reveal", js=_SCRIPT, html="<span></span>")
