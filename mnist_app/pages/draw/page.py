"""The start page: draw a digit or a number and see at once how the network reads it."""

import numpy as np
import streamlit as st

from mnist_app.core.models import model_store
from mnist_app.core.models.model_cache import readers
from mnist_app.core.models.model_store import StoredModel
from mnist_app.core.recognition.reading import Digit
from mnist_app.pages.components import answer, canvas, explanation, reader
from mnist_app.pages.components.canvas import Canvas
from mnist_app.pages.components.corrections import correcting_panel
from mnist_app.pages.draw.photo import show_picture_reader
from mnist_app.pages.session.wording import escape_markdown

DONE = "Your drawing, brought to the size, place and line width of the digits it learned from."


def page() -> None:
    """Show the page."""
    st.title("Draw a digit")
    own = canvas.visitors_canvas()
    models = readers()
    model = reader.chosen_model(models)
    _lab(own, model)
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        canvas.show_tools(own)
        if model is not None:
            _choose_model(models)
    if model is not None:
        correcting_panel(own, model)
        show_picture_reader(model)


# Each stroke sends only what it changes, and reads nothing from the disk.
@st.fragment
def _lab(own: Canvas, model: StoredModel | None) -> None:
    left, right = st.columns([17, 9] if own.is_wide else [5, 6], gap="large")
    # Nothing is on the screen before the canvas.
    with left:
        canvas.show_canvas(own)
    if model is None:
        with right, st.container(key="prediction"):
            st.info(reader.NO_READER)
        return
    reading, milliseconds, job = reader.read_latest(own, model)
    with right:
        reader.show_answer(own, model, reading, milliseconds, job)
        with st.container(key="probabilities"):
            answer.show_bars(own.name)
        with st.container(key="model_input"):
            answer.show_inputs(own.name, DONE)
    _look_inside(answer.selected_digit(reading), model)
    reader.rerun_when_ready(job)


def _look_inside(digit: Digit | None, model: StoredModel) -> None:
    """What the network looks at in the digit whose bars are shown, once somebody wants to know."""
    with st.expander(
        "Look inside: how did it come to that?",
        key="look_inside",
        icon=":material/visibility:",
        on_change="rerun",
        bind="query-params",
    ) as inside:
        if not inside.open:
            return
        if digit is None:
            st.caption("Draw a digit, and see here what the network makes of it, step by step.")
        else:
            explanation.show_explanation(digit.image / np.float32(255), model, "drawn")


def _choose_model(models: dict[str, StoredModel]) -> None:
    """Choose the model that reads, which a link may name as `model`."""
    titles = model_store.titles(models.values())
    with st.popover(f"Read by: {escape_markdown(titles[st.session_state.model])}"):
        st.radio(
            "The model that reads your drawing",
            list(models),
            key="model",
            format_func=lambda name: _label(models[name], titles[name]),
            persist_state="session",
        )


def _label(model: StoredModel, title: str) -> str:
    origin = "comes with the app" if model.is_shipped else "trained here"
    return f"{escape_markdown(title)} · {origin}"
