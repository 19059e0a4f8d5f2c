"""Where strangers come and go: whatever one of them did is cleared for the next."""

import math
from contextlib import suppress

import streamlit as st

from mnist_app.core import limits
from mnist_app.core.errors import DigitLabError
from mnist_app.pages.session.visitor import COOKIE, visitor
from mnist_app.pages.session.wording import show_error

# The page is opened anew, by somebody new: so nothing that a page keeps can be forgotten here.
# That somebody was there lasts while other pages are looked at. A long stroke and a press on
# anything both say so; a mouse that lies on a shaking table does not. While the server cannot be
# reached the page stays, as the browser would show an error in its place for good.
_SCRIPT = """
export default function ({ data, parentElement }) {
  parentElement.watch?.abort();
  const watch = parentElement.watch = new AbortController();
  let timer;
  const wait = () => {
    window.digitLabTouched = true;
    clearTimeout(timer);
    timer = setTimeout(leave, data.seconds * 1000);
  };
  const leave = async () => {
    // A show begins again where it is, whatever else is open with the start page.
    const home = location.pathname.endsWith("/show-me") ? location.pathname : "./";
    try {
      const reply = await fetch(home, { signal: watch.signal });
      if (!reply.ok) throw reply;
    } catch {
      if (!watch.signal.aborted) wait();
      return;
    }
    document.cookie = `${data.cookie}=; path=/; max-age=0; samesite=lax`;
    location.replace(home);
  };
  const options = { capture: true, passive: true, signal: watch.signal };
  for (const name of ["pointerdown", "pointerup", "keydown"]) addEventListener(name, wait, options);
  addEventListener("pointermove", (event) => { if (event.buttons) wait(); }, options);
  watch.signal.addEventListener("abort", () => clearTimeout(timer));
  if (window.digitLabTouched) wait();
  return () => watch.abort();
}
"""


def clear_when_idle() -> None:
    """Have the app begin anew when nobody has drawn or pressed anything for as long as is set.

    Called once in each run of the app, before the page. A page that nobody has touched since it was
    opened stays as it is.
    """
    try:
        seconds = limits.kiosk_seconds()
    except DigitLabError as error:
        show_error(error)
        return
    if math.isfinite(seconds):
        _component()(key="kiosk", data={"seconds": seconds, "cookie": COOKIE})


def job_owner() -> str | None:
    """Whose a visitor's jobs and runs are; None, anybody's, where each visitor is a new one."""
    with suppress(DigitLabError):
        if math.isfinite(limits.kiosk_seconds()):
            return None
    return visitor()


@st.cache_resource(show_spinner=False)
def _component():  # type: ignore[no-untyped-def]
    return st.components.v2.component("digit_lab_kiosk", js=_SCRIPT, html="<span></span>")
