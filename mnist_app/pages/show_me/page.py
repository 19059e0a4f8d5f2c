"""A show for an audience: five steps about one drawing, in large type, turned by keys."""

import importlib
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import streamlit as st

from mnist_app.core.models.model_store import StoredModel
from mnist_app.pages.components import reader
from mnist_app.pages.components.canvas import Canvas, presenters_canvas
from mnist_app.pages.session.wording import escape_markdown
from mnist_app.pages.show_me.steps import pressed_by_key, show_steps

STYLE = Path(__file__).with_name("demo.css")
# The example for whoever draws nothing.
EXAMPLE = 2


@dataclass(frozen=True)
class ShowStep:
    """One step of the show.

    Attributes:
        title: what it is about.
        idea: the one thing to be said.
        module: of this package, imported when it is turned to; its `show_MODULE` shows the step.
        needs_drawing: it says nothing while nothing is drawn.
    """

    title: str
    idea: str
    module: str
    needs_drawing: bool = False


STEPS = (
    ShowStep(
        "Draw a digit",
        "Nobody wrote rules for this. It learned from examples, and it can read yours.",
        "drawing",
    ),
    ShowStep(
        "What it saw",
        "It doesn't see your line, just 784 little squares, each a shade from black to white.",
        "picture",
        needs_drawing=True,
    ),
    ShowStep(
        "How it decided",
        "It spots small strokes, combines them, and works out how likely each digit is.",
        "decision",
        needs_drawing=True,
    ),
    ShowStep(
        "Where it fails",
        "It can be sure and still be wrong. Other people wrote these digits, and it had never seen "
        "them.",
        "mistakes",
    ),
    ShowStep(
        "Teach it",
        "Nobody rewrites the program. It learns from examples with the correct answers.",
        "lesson",
    ),
)


def page() -> None:
    """Show the page."""
    st.html(STYLE)
    number = _number()
    step = STEPS[number - 1]
    canvas = presenters_canvas()
    canvas.update()
    model = reader.chosen_model(reader.readers_at_hand())
    with st.container(key="demo"):
        show_steps(number, [one.title for one in STEPS], partial(_turn_to, canvas))
        st.title(step.title, anchor=False)
        st.markdown(step.idea)
        if model is not None and not model.is_shipped:
            st.caption(f"Read by “{escape_markdown(model.title)}”.")
        place = st.container(key="demo_step")
        # It stands last, and is there before the step, which may wait for something.
        _show_turns(canvas, number)
        with place:
            if model is None:
                st.info(reader.NO_READER)
            elif step.needs_drawing and canvas.image is None:
                _show_nothing_drawn(canvas)
            else:
                _show_step(number, canvas, model)


@st.fragment
def _show_step(number: int, canvas: Canvas, model: StoredModel) -> None:
    # A press of an arrow key and one on this step that come at the same moment are sent as one,
    # which runs this fragment alone: of a step that was turned away from.
    if number != _number():
        st.rerun()
    name = STEPS[number - 1].module
    module = importlib.import_module(f"mnist_app.pages.show_me.{name}")
    getattr(module, f"show_{name}")(canvas, model)


def _number() -> int:
    """Return the step that the link names, from 1; the first when it names none."""
    linked = st.query_params.get("step", "")
    steps = {str(number): number for number in range(1, len(STEPS) + 1)}
    return steps.get(linked, 1)


def _turn_to(canvas: Canvas, number: int) -> None:
    canvas.update()
    # Whoever goes on without a pen, as with a remote control, shows an example.
    if STEPS[number - 1].needs_drawing and canvas.is_empty:
        canvas.show_example(EXAMPLE)
    elif not canvas.is_empty:
        # Turned to quickly, a canvas stands in another place before the server knows that it left
        # the first one, and is blank there unless it is a new one.
        canvas.repaint()
    _link_to(number)


def _link_to(number: int) -> None:
    st.query_params["step"] = str(number)


def _show_nothing_drawn(canvas: Canvas) -> None:
    """Show ways on from a step that a link opened before anything was drawn."""
    st.info("Nothing drawn yet.")
    with pressed_by_key():
        st.button(
            "Use an example",
            key="demo_example",
            type="primary",
            on_click=canvas.show_example,
            args=(EXAMPLE,),
        )
    st.button("Go to step 1", key="demo_first", on_click=_link_to, args=(1,))


def _show_turns(canvas: Canvas, number: int) -> None:
    def start_again() -> None:
        canvas.renew(None)
        _link_to(1)

    with st.container(horizontal=True, horizontal_alignment="distribute", key="demo_turn"):
        st.button(
            "Back",
            key="demo_back",
            icon=":material/arrow_back:",
            disabled=number == 1,
            on_click=_turn_to,
            args=(canvas, number - 1),
        )
        if number < len(STEPS):
            st.button(
                f"Next: {STEPS[number].title}",
                key="demo_next",
                type="primary",
                icon=":material/arrow_forward:",
                icon_position="right",
                on_click=_turn_to,
                args=(canvas, number + 1),
            )
        else:
            st.button(
                "Start again",
                key="demo_again",
                type="primary",
                icon=":material/replay:",
                on_click=start_again,
            )
