"""Digit Lab: page configuration and navigation, nothing else."""

from pathlib import Path

import streamlit as st

from mnist_app.pages import data, demo, draw, predictions, runs_page, train
from mnist_app.pages.kiosk import clear_when_idle
from mnist_app.pages.presence import be_there
from mnist_app.pages.visitor import remember

HERE = Path(__file__).parent

st.set_page_config(
    page_title="Digit Lab", page_icon=str(HERE / "static" / "icon.png"), layout="wide"
)
st.html(HERE / "mnist_app" / "pages" / "style.css")
page = st.navigation(
    [
        st.Page(draw.page, title="Draw", url_path="start", icon=":material/draw:", default=True),
        # The start page answers at "/" alone; this is the same page under its own name.
        st.Page(
            draw.page, title="Draw", url_path="draw", icon=":material/draw:", visibility="hidden"
        ),
        st.Page(train.page, title="Train", url_path="train", icon=":material/school:"),
        st.Page(
            runs_page.page, title="Runs", url_path="runs", icon=":material/stacked_line_chart:"
        ),
        st.Page(
            predictions.page,
            title="Predictions",
            url_path="predictions",
            icon=":material/grid_on:",
        ),
        st.Page(data.page, title="Data", url_path="data", icon=":material/dataset:"),
        st.Page(demo.page, title="Show me", url_path="show-me", icon=":material/co_present:"),
    ],
    position="top",
)
remember()
be_there()
clear_when_idle()
page.run()
