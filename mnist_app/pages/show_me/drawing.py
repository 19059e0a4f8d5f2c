"""The first step of the show: draw a digit, and it is read."""

import streamlit as st

from mnist_app.core.models.model_store import StoredModel
from mnist_app.pages.components import reader
from mnist_app.pages.components.canvas import Canvas, show_examples, show_plain_canvas


def show_drawing(canvas: Canvas, model: StoredModel) -> None:
    """Show the canvas, the answer beside it, and examples for whoever has no pen."""
    left, right = st.columns([4, 5], gap="large")
    found = reader.read_latest(canvas, model)
    with left:
        show_plain_canvas(canvas)
    with right:
        reader.show_answer(found)
        show_examples(canvas)
    reader.rerun_when_ready(found.job)
