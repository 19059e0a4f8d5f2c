"""Where strangers come and go: whatever one of them did is cleared for the next."""

import math
from contextlib import suppress

from mnist_app.core import limits
from mnist_app.core.errors import DigitLabError
from mnist_app.pages.component import component
from mnist_app.pages.session.visitor import COOKIE, visitor
from mnist_app.pages.session.wording import show_error


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
        component("session/kiosk.js")(key="kiosk", data={"seconds": seconds, "cookie": COOKIE})


def job_owner() -> str | None:
    """Whose a visitor's jobs and runs are; None, anybody's, where each visitor is a new one."""
    with suppress(DigitLabError):
        if math.isfinite(limits.kiosk_seconds()):
            return None
    return visitor()
