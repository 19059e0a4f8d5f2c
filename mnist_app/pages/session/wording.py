"""Figures, moments and other people's words, as they stand on a page."""

import re
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

from mnist_app.core.runs.run import State
from mnist_app.core.settings import SETTINGS, short

STATE_LABELS = {
    State.WAITING: "Waiting in line",
    State.RUNNING: "Training",
    State.FINISHED: "Finished",
    State.STOPPED: "Stopped",
    State.FAILED: "Failed",
    State.INTERRUPTED: "Interrupted",
}
_ROWS = {row.name: row for row in SETTINGS}


def escape_markdown(text: str) -> str:
    """A text that Markdown shows as it is, whoever wrote it."""
    return re.sub(r"([\\`*_{}\[\]()<>#+\-.!|~$:&])", r"\\\1", text)


def show_error(problem: object) -> None:
    """Show what went wrong; others may have a part in its words: a name, a link, a file."""
    st.error(escape_markdown(str(problem)), icon=":material/error:")


def duration(seconds: float) -> str:
    """Such as "2.4 s", "48 s" or "12 min 5 s"."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def local_time(written: str, form: str = "%d %b %Y, %H:%M") -> str:
    """A moment, ISO 8601 with its offset, by the visitor's own clock."""
    try:
        zone = ZoneInfo(st.context.timezone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        zone = ZoneInfo("UTC")
    return datetime.fromisoformat(written).astimezone(zone).strftime(form)


def setting_label(setting: str) -> str:
    """What a setting is called, its own name if this version does not know it."""
    return _ROWS[setting].label if setting in _ROWS else setting


def setting_value(setting: str, given: Any) -> str:
    """What a setting is at, in the words of the form."""
    row = _ROWS.get(setting)
    if row is not None and row.choices:
        return short(row.choices.get(str(given), str(given)))
    return f"{given:g}" if isinstance(given, float) else str(given)
