"""The start page: draw a digit or a number and see at once how the network reads it."""

import streamlit as st

from mnist_app.core.models import model_store
from mnist_app.core.models.model_cache import readers
from mnist_app.core.models.model_store import StoredModel
from mnist_app.pages.components import answer, reader
from mnist_app.pages.components.canvas import Canvas, show_canvas, show_tools, visitors_canvas
from mnist_app.pages.components.corrections import show_corrections
from mnist_app.pages.components.explanation import show_look_inside
from mnist_app.pages.draw.photo import show_picture_reader
from mnist_app.pages.session.wording import escape_markdown

DONE = "Your drawing, brought to the size, place and line width of the digits it learned from."


def page() -> None:
    """Show the page."""
    st.title("Draw a digit")
    canvas = visitors_canvas()
    models = readers()
    model = reader.chosen_model(models)
    _show_canvas_and_answer(canvas, model)
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        show_tools(canvas)
        if model is not None:
            _choose_model(models)
    if model is not None:
        st.fragment(show_corrections)(canvas, model)
        show_picture_reader(model)


# Each stroke sends only what it changes, and reads nothing from the disk.
@st.fragment
def _show_canvas_and_answer(canvas: Canvas, model: StoredModel | None) -> None:
    left, right = st.columns([17, 9] if canvas.is_wide else [5, 6], gap="large")
    # Nothing is on the screen before the canvas.
    with left:
        show_canvas(canvas)
    if model is None:
        with right, st.container(key="prediction"):
            st.info(reader.NO_READER)
        return
    found = reader.read_latest(canvas, model)
    with right:
        reader.show_answer(found)
        with st.container(key="probabilities"):
            answer.show_bars(canvas.name)
        with st.container(key="model_input"):
            answer.show_inputs(canvas.name, DONE)
    digit = answer.selected_digit(found.reading)
    show_look_inside(digit.image if digit else None, model, "look_inside", "drawn")
    reader.rerun_when_ready(found.job)


def _choose_model(models: dict[str, StoredModel]) -> None:
    """Choose the model that reads, which a link may name as `model`."""
    titles = model_store.titles(models.values())

    def label(name: str) -> str:
        origin = "comes with the app" if models[name].is_shipped else "trained here"
        return f"{escape_markdown(titles[name])} · {origin}"

    with st.popover(f"Read by: {escape_markdown(titles[st.session_state.model])}"):
        st.radio(
            "The model that reads your drawing",
            list(models),
            key="model",
            format_func=label,
            persist_state="session",
        )
