"""A Plotly chart that stands still while its data changes.

`st.plotly_chart` mounts a new chart whenever the figure changes, which loses zoom and hover and can
flash a blank frame. This component keeps one chart and hands it the new data.
"""

import filecmp
import logging
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import streamlit as st

from mnist_app.core.errors import DigitLabError
from mnist_app.core.files import HOME, atomic_write
from mnist_app.core.plots.charts import Figure, as_json, plotly_script
from mnist_app.pages.component import component

logger = logging.getLogger(__name__)

STATIC = HOME / "static"

DRAWING = "components/drawing.js"
_HTML = (
    '<div class="chart-frame"><div class="live-chart"></div>'
    '<i class="chart-cursor" aria-hidden="true" hidden></i></div>'
    '<span class="chart-said" role="status" aria-live="polite"></span>'
    '<button type="button" class="save-picture" hidden>Save as picture (PNG)</button>'
)


@dataclass(frozen=True)
class Cells:
    """The cells of a square chart, for those who step through them by keyboard.

    Attributes:
        names: of the rows from the top, and of the columns from the left.
        texts: what is said of each cell, row by row.
        start: row and column where the keys begin.
    """

    names: Sequence[str]
    texts: Sequence[Sequence[str]]
    start: tuple[int, int]


def live_chart(
    figure: Figure,
    key: str,
    alt: str,
    on_click: Callable[[object, object], None] | None = None,
    picture: str = "",
    cells: Cells | None = None,
) -> None:
    """Show `figure`; under the same `key` the chart on the page is updated, never replaced.

    Args:
        alt: what the chart shows, for those who cannot see it.
        on_click: called with x and y of the point that was clicked or tapped, as the browser says.
        picture: the PNG file, without its ending, as which it can be saved; "" for none.
        cells: what arrow keys step through and Enter clicks; None where nothing can be clicked.
    """
    data = {
        "figure": as_json(figure),
        "alt": alt,
        "clickable": on_click is not None,
        "picture": picture,
        "cells": asdict(cells) if cells else None,
    }
    if on_click is None:
        _chart(key=key, data=data)
        return

    def clicked() -> None:
        point = st.session_state[key].get("clicked")
        if isinstance(point, dict):
            on_click(point.get("x"), point.get("y"))

    _chart(key=key, data=data, on_clicked_change=clicked)


def _chart(**arguments: Any) -> None:
    provide_plotly()
    component(DRAWING, "components/live_chart.js", html=_HTML, isolate_styles=False)(**arguments)


@st.cache_resource(show_spinner=False)
def provide_plotly() -> None:
    """Put plotly.js of the installed plotly where Streamlit serves files from.

    Where that cannot be written, the charts' descriptions are shown in their place.
    """
    target = STATIC / "plotly.min.js"
    script = plotly_script()
    if target.exists() and filecmp.cmp(script, target):
        return
    try:
        with atomic_write(target) as draft:
            shutil.copy2(script, draft)
    except DigitLabError:
        logger.exception("There will be no charts")
