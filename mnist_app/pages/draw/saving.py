"""The drawing as a file to keep: a picture, or strokes that the command line reads."""

import json

import streamlit as st

from mnist_app.core.errors import DigitLabError
from mnist_app.core.ink import drawing_files
from mnist_app.pages.components.canvas import Canvas


@st.fragment
def show_saving(canvas: Canvas) -> None:
    """Offer the drawing as files, which are made when somebody looks at the offer."""
    with st.popover(
        "Save drawing", icon=":material/download:", key="saving", on_change="rerun"
    ) as offer:
        if not offer.open:
            return
        try:
            sheet = canvas.sheet
        except DigitLabError:
            sheet = None
        if sheet is None or not sheet.parts:
            st.caption("Draw something first.")
            return
        for label, ending, mime, data in (
            ("Picture (PNG)", "png", "image/png", drawing_files.png(sheet)),
            ("Lines (SVG)", "svg", "image/svg+xml", drawing_files.svg(sheet)),
            ("Strokes (JSON)", "json", "application/json", json.dumps(canvas.latest)),
        ):
            st.download_button(
                label,
                data,
                f"drawing.{ending}",
                mime,
                key=f"save_{ending}",
                width="stretch",
                on_click="ignore",
            )
