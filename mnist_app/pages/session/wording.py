"""Figures, times and other people's words, as they stand on a page."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

from mnist_app.core.data.datasets import DIGIT_NAMES
from mnist_app.core.runs.run import RunState
from mnist_app.core.settings import DATASETS, SETTINGS, short
from mnist_app.core.shelf import dataset_items as own_datasets
from mnist_app.pages.session.visitor import visitor

STATE_LABELS = {
    RunState.WAITING: "Waiting in line",
    RunState.RUNNING: "Training",
    RunState.FINISHED: "Finished",
    RunState.STOPPED: "Stopped",
    RunState.FAILED: "Failed",
    RunState.INTERRUPTED: "Interrupted",
}
LOSS = "How far its confidence is from the correct answers. 0 means always sure and correct."
_ROWS = {row.name: row for row in SETTINGS}


def escape_markdown(text: str) -> str:
    """Return a text that Markdown shows as it is, whoever wrote it."""
    return re.sub(r"([\\`*_{}\[\]()<>#+\-.!|~$:&])", r"\\\1", text)


def show_error(problem: object) -> None:
    """Show what went wrong; a name, a link or a file of others may be part of its words."""
    st.error(escape_markdown(str(problem)), icon=":material/error:")


def counted(count: float, noun: str) -> str:
    """Return a text such as "1 picture" or "1,200 pictures"."""
    return f"1 {noun}" if count == 1 else f"{count:,.10g} {noun}s"


def noun(class_names: Sequence[str]) -> str:
    """Return the word for what pictures of these classes show: "digit" or "kind"."""
    return "digit" if tuple(class_names) == DIGIT_NAMES else "kind"


def duration(seconds: float) -> str:
    """Return a text such as "2.4 s", "48 s", "12 min 5 s" or "2 h 29 min"."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes >= 60:
        return f"{minutes // 60} h {minutes % 60} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def about(seconds: float) -> str:
    """Return a text such as "about 40 s", "about 7 min" or "about 3 h"."""
    if seconds < 90:
        # An estimate is no better than that.
        return f"about {5 * round(seconds / 5) if seconds > 10 else round(seconds)} s"
    minutes = round(seconds / 60)
    return f"about {minutes} min" if minutes < 90 else f"about {minutes / 60:.0f} h"


def place_in_line(place: int) -> str:
    """Return what a visitor whose run waits can expect; 1 is the next place to run."""
    if place == 1:
        return "You're next in line. Your run starts automatically when the current one ends."
    return f"Your run is number {place} in line. It starts automatically."


def local_time(written: str, form: str = "%d %b %Y, %H:%M") -> str:
    """Return a time, ISO 8601 with its offset, by the visitor's own clock."""
    try:
        zone = ZoneInfo(st.context.timezone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        zone = ZoneInfo("UTC")
    return datetime.fromisoformat(written).astimezone(zone).strftime(form)


def dataset_title(name: str) -> str:
    """Return a data set's name for people, also of one that this visitor may use, or that is gone.

    A file of the command line keeps its own.
    """
    if name in DATASETS:
        return short(DATASETS[name])
    item = own_datasets.find(name, visitor())
    if item is not None:
        return item.title
    return "pictures no longer here" if re.fullmatch("[0-9a-f]{32}", name) else name


def setting_label(name: str) -> str:
    """Return the label of a setting; its own name if this version does not know it."""
    return _ROWS[name].label if name in _ROWS else name


def setting_value(name: str, value: Any) -> str:
    """Return the value of a setting in the words of the form."""
    row = _ROWS.get(name)
    if value is None:
        return "not used"
    if name == "dataset":
        return dataset_title(str(value))
    if row is not None and row.is_percentage:
        return f"{value * 100:.4g}%"
    if row is not None and row.choices:
        return short(row.choices.get(str(value), str(value)))
    return f"{value:g}" if isinstance(value, float) else str(value)
