"""The page on which a visitor teaches a copy of the network symbols of their own."""

from collections.abc import Sequence

import streamlit as st

from mnist_app.core.jobs.snapshot import JobState
from mnist_app.core.models.model_store import StoredModel
from mnist_app.core.shelf import shelf
from mnist_app.core.shelf.model_items import model_of
from mnist_app.core.shelf.shelf import Kind
from mnist_app.pages.components import answer, reader
from mnist_app.pages.components.canvas import Canvas, resumed, show_plain_canvas
from mnist_app.pages.session.visitor import visitor
from mnist_app.pages.session.wording import escape_markdown
from mnist_app.pages.teach import collecting, keeping, lesson
from mnist_app.pages.teach.current_symbols import (
    CurrentSymbols,
    begin_anew,
    current_symbols,
    latest,
)

MODES = ("Draw examples", "Try it")


def page() -> None:
    """Show the page."""
    canvas = resumed(st.session_state.setdefault("symbols_canvas", Canvas("symbols")))
    network = _linked_network()
    found = current_symbols()
    with st.container(key="teach"):
        if network is not None:
            _show_to_draw(canvas, network.title, network.names, network)
        elif found.is_own:
            st.title("Teach it your own symbols", anchor=False)
            st.markdown(
                "Name two to ten symbols, draw each about eight times and press Learn. It learns "
                "them in seconds."
            )
            _show_teaching(canvas, found)
            keeping.show_keeping(found)
        else:
            _show_others(canvas, found)


def _teach_own() -> None:
    st.query_params.pop("model", None)
    begin_anew()


# Each stroke sends only what it changes.
@st.fragment
def _show_teaching(canvas: Canvas, before: CurrentSymbols) -> None:
    canvas.update()
    found = latest(before)
    if (found.item is None) != (before.item is None):
        st.rerun()
    model = found.model
    with st.container(key="square_surface"):
        is_trying = model is not None and _is_trying(found)
        label = None if is_trying else collecting.show_classes(found)
        drawn, beside = st.columns(2, gap="large")
    with drawn:
        if is_trying:
            show_plain_canvas(canvas, "square_canvas")
        else:
            collecting.show_symbol_canvas(canvas, found, label)
    with beside:
        if is_trying and model is not None:
            _show_answer(canvas, model)
            lesson.show_result(found, model)
            return
        if label is not None:
            collecting.show_symbol_examples(found, label)
            collecting.show_photos(found, label)
        lesson.show_learning(found)


def _is_trying(found: CurrentSymbols) -> bool:
    """Show the choice between collecting and trying; a lesson that is over turns to trying."""
    job = lesson.last_job(found)
    if job and job.state is JobState.DONE and st.session_state.get("lesson_seen") != job.id:
        st.session_state.lesson_seen = job.id
        st.session_state.teach_mode = MODES[1]
    mode = st.segmented_control(
        "What you do",
        MODES,
        default=MODES[1],
        key="teach_mode",
        required=True,
        label_visibility="collapsed",
    )
    return mode == MODES[1]


def _show_answer(canvas: Canvas, model: StoredModel) -> None:
    found = reader.read_latest(canvas, model)
    reader.show_answer(found)
    with st.container(key="symbol_bars"):
        answer.show_bars(canvas.name, names=model.names)
    reader.rerun_when_ready(found.job)


def _linked_network() -> StoredModel | None:
    """Return the network that a link names, which learned from drawn pictures of the visitor's."""
    item = shelf.find(st.query_params.get("model", ""), visitor())
    model = model_of(item) if item and item.kind is Kind.MODEL else None
    return model if model is not None and model.names else None


def _show_others(canvas: Canvas, found: CurrentSymbols) -> None:
    """Show symbols that somebody shares: to draw, not to change."""
    title = found.item.title if found.item else ""
    _show_to_draw(canvas, title, found.symbols.names, found.model)


def _show_to_draw(
    canvas: Canvas, title: str, names: Sequence[str], model: StoredModel | None
) -> None:
    """Show a network, to draw for it and not to change it."""
    st.title(escape_markdown(title), anchor=False)
    st.markdown(f"Draw one of these: {escape_markdown(', '.join(names))}.")
    if model is not None:
        _show_reading(canvas, model)
    st.button(
        "Teach it your own symbols",
        key="own_symbols",
        icon=":material/school:",
        on_click=_teach_own,
    )


@st.fragment
def _show_reading(canvas: Canvas, model: StoredModel) -> None:
    with st.container(key="square_surface"):
        drawn, beside = st.columns(2, gap="large")
    with drawn:
        show_plain_canvas(canvas, "square_canvas")
    with beside:
        _show_answer(canvas, model)
