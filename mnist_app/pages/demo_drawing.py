"""The first step of the show: draw a digit, and it is read."""

import streamlit as st

from mnist_app.model_store import StoredModel
from mnist_app.pages import answer, canvas, reader
from mnist_app.pages.canvas import Canvas


def show(own: Canvas, model: StoredModel) -> None:
    """The canvas, and the answer beside it."""
    reading, job = reader.look(own, model)
    left, right = st.columns([4, 5], gap="large")
    # As on the Draw page, the answer is sent first.
    with right, st.container(key="prediction"):
        answer.show_words(reader.words(own, reading, job))
    with left:
        canvas.show_large(own)
    reader.follow(job)
