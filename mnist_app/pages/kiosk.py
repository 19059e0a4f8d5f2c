"""Where strangers come and go: what one of them drew and told is cleared for the next."""

import math
from collections.abc import Callable

import streamlit as st

from mnist_app import limits
from mnist_app.errors import DigitLabError
from mnist_app.pages import correcting
from mnist_app.pages.canvas import Canvas

# A long stroke and a press on anything both say that somebody is there; a mouse that lies on a
# shaking table does not.
_SCRIPT = """
export default function ({ data, parentElement, setTriggerValue }) {
  parentElement.watch?.abort();
  const watch = parentElement.watch = new AbortController();
  let timer;
  const wait = () => {
    clearTimeout(timer);
    timer = setTimeout(() => setTriggerValue("idle", Date.now()), data.seconds * 1000);
  };
  const options = { capture: true, passive: true, signal: watch.signal };
  for (const name of ["pointerdown", "pointerup", "keydown"]) addEventListener(name, wait, options);
  addEventListener("pointermove", (event) => { if (event.buttons) wait(); }, options);
  watch.signal.addEventListener("abort", () => clearTimeout(timer));
  wait();
  return () => watch.abort();
}
"""


def clear_when_idle(canvas: Canvas, afterwards: Callable[[], None] = lambda: None) -> None:
    """Have the canvas cleared when nobody has drawn or pressed anything for as long as is set.

    Args:
        afterwards: called when something was cleared.
    """
    try:
        seconds = limits.kiosk_seconds()
    except DigitLabError as error:
        st.error(str(error), icon=":material/error:")
        return
    if math.isinf(seconds):
        return

    def clear() -> None:
        canvas.look()
        if not canvas.is_empty or correcting.kept_drawings():
            canvas.renew(None)
            correcting.forget()
            afterwards()

    _component()(key="kiosk", data={"seconds": seconds}, on_idle_change=clear)


@st.cache_resource(show_spinner=False)
def _component():  # type: ignore[no-untyped-def]
    return st.components.v2.component("digit_lab_kiosk", js=_SCRIPT, html="<span></span>")
