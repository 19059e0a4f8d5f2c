"""The first step of the show: draw a digit, and it is read."""

import streamlit as st

from mnist_app.model_store import StoredModel
from mnist_app.pages import answer, canvas, reader
from mnist_app.pages.canvas import Canvas
from mnist_app.pages.workers import classifier_job


@st.fragment
def show(own: Canvas, model: StoredModel) -> None:
    """The canvas, and the answer beside it."""
    own.look()
    job = classifier_job(model)
    reading, _ = reader.read(own, job)
    left, right = st.columns([4, 5], gap="large")
    # As on the Draw page, the answer is sent first.
    with right, st.container(key="prediction"):
        answer.show_words(reader.words(own, reading, job))
    with left:
        canvas.show_large(own)
    reader.follow(job)
