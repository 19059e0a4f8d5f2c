"""A show for an audience: five steps about one drawing, in large type, turned by arrow keys."""

import importlib
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from mnist_app.core.models.model_cache import readers
from mnist_app.core.models.model_store import StoredModel
from mnist_app.pages.components import reader
from mnist_app.pages.components.canvas import Canvas, presenters_canvas
from mnist_app.pages.session.wording import escape_markdown
from mnist_app.pages.show_me.steps import show_steps

STYLE = Path(__file__).with_name("demo.css")


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
        "A program that was never told what a digit looks like reads what you write.",
        "drawing",
    ),
    ShowStep(
        "What it saw",
        "Not your line, but 784 little squares: a number for each, from black to white.",
        "picture",
        needs_drawing=True,
    ),
    ShowStep(
        "How it decided",
        "It looks for small pieces, puts them together, and gives each digit a share.",
        "decision",
        needs_drawing=True,
    ),
    ShowStep(
        "Where it fails",
        "It can be sure and wrong. These are digits of other people that it never saw before.",
        "mistakes",
    ),
    ShowStep(
        "Teach it",
        "Nobody changes the program: it learns from examples with their right answers.",
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
    model = reader.chosen_model(readers())
    with st.container(key="demo"):
        show_steps(number, [one.title for one in STEPS], _turn_to)
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
                st.info("There is no drawing yet: draw a digit in the first step.")
                st.button("Draw one", key="demo_first", on_click=_turn_to, args=(1,))
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


def _turn_to(number: int) -> None:
    st.query_params["step"] = str(number)


def _show_turns(canvas: Canvas, number: int) -> None:
    def start_again() -> None:
        canvas.renew(None)
        _turn_to(1)

    with st.container(horizontal=True, horizontal_alignment="distribute", key="demo_turn"):
        st.button(
            "Back",
            key="demo_back",
            icon=":material/arrow_back:",
            disabled=number == 1,
            on_click=_turn_to,
            args=(number - 1,),
        )
        if number < len(STEPS):
            st.button(
                f"Next: {STEPS[number].title}",
                key="demo_next",
                type="primary",
                icon=":material/arrow_forward:",
                icon_position="right",
                on_click=_turn_to,
                args=(number + 1,),
            )
        else:
            st.button(
                "Start again",
                key="demo_again",
                type="primary",
                icon=":material/replay:",
                on_click=start_again,
            )
