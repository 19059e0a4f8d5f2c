"""The sign that a visitor is there; runs of one who left give way to those who wait."""

import streamlit as st

from mnist_app.pages.session.queues import queues
from mnist_app.pages.session.visitor import visitor

SIGN_SECONDS = 20.0


@st.fragment(run_every=SIGN_SECONDS)
def report_presence() -> None:
    """Tell the queue of training runs again and again that the visitor is there."""
    queues().training.seen(visitor())
