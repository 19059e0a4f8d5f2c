"""Kiosk mode: what one visitor did is cleared for the next."""

import math
from contextlib import suppress

from mnist_app.core import limits
from mnist_app.core.errors import DigitLabError
from mnist_app.core.shelf.visitors import COOKIE, LEFT
from mnist_app.pages.component import component
from mnist_app.pages.session.visitor import visitor
from mnist_app.pages.session.wording import show_error


def clear_when_idle() -> None:
    """Have the browser open the app anew when nobody has touched it for as long as is set.

    Called once in each run of the app, before the page.
    """
    try:
        seconds = limits.kiosk_seconds()
    except DigitLabError as error:
        show_error(error)
        return
    if math.isfinite(seconds):
        data = {"seconds": seconds, "cookie": f"{COOKIE}={LEFT}{visitor()}"}
        component("session/kiosk.js")(key="kiosk", data=data)


def job_owner() -> str | None:
    """Return whose the visitor's jobs and runs are; None, anybody's, in kiosk mode."""
    return maker(visitor()) or None


def maker(owner: str) -> str:
    """Return whose a model is that the owner of a job makes; "", nobody's, in kiosk mode."""
    with suppress(DigitLabError):
        if math.isfinite(limits.kiosk_seconds()):
            return ""
    return owner
