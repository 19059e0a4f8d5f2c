"""The start page: draw a digit or a number and see at once how the network reads it."""

import streamlit as st

from mnist_app.core.models import model_store
from mnist_app.core.models.model_store import StoredModel
from mnist_app.core.shelf.model_items import is_on_shelf
from mnist_app.core.shelf.visitors import hashed
from mnist_app.pages.components import answer, reader
from mnist_app.pages.components.canvas import (
    Canvas,
    show_canvas,
    show_examples,
    show_style,
    visitors_canvas,
)
from mnist_app.pages.components.corrections import ask_for_correction, show_handwriting
from mnist_app.pages.components.explanation import show_look_inside
from mnist_app.pages.components.scroll_to import scroll_if_asked, scroll_to
from mnist_app.pages.draw.photo import show_picture_reader
from mnist_app.pages.draw.saving import show_saving
from mnist_app.pages.session.navigation import show_doors
from mnist_app.pages.session.visitor import visitor
from mnist_app.pages.session.wording import escape_markdown

HELLO = (
    '<div class="hello"><h1>Digit Lab</h1>'
    "<p>Draw a digit and watch a neural network read it.</p></div>"
)
DONE = "Your drawing, resized and centred like the digits it learned from."
LOOK_INSIDE = "look_inside"
# The path, the words and the icon of what else there is.
DOORS = (
    ("teach", "Teach it your own symbols", "gesture"),
    ("train", "Train your own network", "school"),
    ("predictions", "See where it fails", "grid_on"),
    ("show-me", "Show it to an audience", "co_present"),
)


def page() -> None:
    """Show the page."""
    canvas = visitors_canvas()
    models = reader.readers_at_hand()
    model = reader.chosen_model(models)
    with st.container(key="draw"):
        with st.container(key="hello"):
            st.html(HELLO)
        if model is not None and not model.is_shipped:
            _show_own_network(model, models)
        _show_canvas_and_answer(canvas, model, models, canvas.is_wide)
        if model is not None:
            show_picture_reader(canvas, model, canvas.is_wide)


# Each stroke sends only what it changes, and reads nothing from the disk.
@st.fragment
def _show_canvas_and_answer(
    canvas: Canvas, model: StoredModel | None, models: dict[str, StoredModel], was_wide: bool
) -> None:
    """Show what is drawn and what is read in it.

    Args:
        was_wide: what the rest of the page was shown for.
    """
    if canvas.is_wide != was_wide:
        st.rerun()
    with st.container(key="wide_surface" if canvas.is_wide else "square_surface"):
        drawn, answered, asked = st.columns(3)
    # Nothing is on the screen before the canvas.
    with drawn:
        show_canvas(canvas)
        if not canvas.is_wide:
            show_examples(canvas)
    choices = st.container(horizontal=True, gap="medium", vertical_alignment="bottom")
    with choices:
        show_style(canvas)
    if model is None:
        with answered, st.container(key="prediction"):
            st.info(reader.NO_READER)
        return
    found = reader.read_latest(canvas, model)
    with answered:
        reader.show_answer(found)
        if reader.looks_like_a_number(found):
            reader.offer_number(canvas, "read_as_number")
        with st.container(key="probabilities"):
            answer.show_bars(canvas.name)
    digit = answer.selected_digit(found.reading)
    with asked:
        with st.container(key="model_input"):
            answer.show_inputs(canvas.name, DONE)
        ask_for_correction(canvas, model)
        st.button(
            "Look inside: how did it decide?",
            key="open_look_inside",
            icon=":material/visibility:",
            width="stretch",
            on_click=_look_inside,
        )
        show_doors(DOORS)
    with choices:
        _choose_model(models, model)
        show_saving(canvas)
    show_handwriting(canvas, model)
    show_look_inside(digit.image if digit else None, model, LOOK_INSIDE, "drawn", canvas.name)
    scroll_if_asked()
    reader.rerun_when_ready(found.job)


def _show_own_network(model: StoredModel, models: dict[str, StoredModel]) -> None:
    """Say whose answers these are, when it is not the network that comes with the app."""
    built_in = next((name for name, other in models.items() if other.is_shipped), None)
    with st.container(key="own_network", horizontal=True, vertical_alignment="center"):
        st.markdown(f"**“{escape_markdown(model.title)}” now reads your drawings. Try it!**")
        if built_in is not None:
            st.button(
                "Back to the built-in network",
                key="use_built_in",
                icon=":material/undo:",
                on_click=lambda: st.session_state.update(wanted_model=built_in),
            )


def _look_inside() -> None:
    st.session_state[LOOK_INSIDE] = True
    scroll_to(LOOK_INSIDE)


def _choose_model(models: dict[str, StoredModel], model: StoredModel) -> None:
    """Choose another model to read, which a link may name as `model`."""
    titles = model_store.titles(models.values())
    labels = {
        name: f"{escape_markdown(titles[name])} ({_origin(other)})"
        for name, other in models.items()
    }
    with st.popover(f"Read by: {escape_markdown(titles[st.session_state.model])}"):
        st.radio(
            "The network that reads your drawing",
            list(models),
            key="model",
            format_func=labels.__getitem__,
            persist_state="session",
        )
    if st.session_state.model != model.name:
        st.rerun()


def _origin(model: StoredModel) -> str:
    if is_on_shelf(model):
        return "own" if model.card and model.card.maker == hashed(visitor()) else "shared"
    return "built in" if model.is_shipped else "trained here"
