"""The first step of the show: draw a digit, and it is read."""

import streamlit as st

from mnist_app.core.models.model_store import StoredModel
from mnist_app.pages.components import canvas, reader
from mnist_app.pages.components.canvas import Canvas


def show_drawing(own: Canvas, model: StoredModel) -> None:
    """The canvas, and the answer beside it."""
    left, right = st.columns([4, 5], gap="large")
    reading, milliseconds, job = reader.read_latest(own, model)
    with left:
        canvas.show_large_canvas(own)
    with right:
        reader.show_answer(own, model, reading, milliseconds, job)
    reader.rerun_when_ready(job)
