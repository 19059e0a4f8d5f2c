"""The parts of an answer on a page; `answer.js` shows them, and `live.js` while the pen moves."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import streamlit as st

from mnist_app.core.recognition import answers
from mnist_app.core.recognition.reading import Digit, Reading
from mnist_app.pages.component import component

SCRIPTS = (
    "components/answer.js",
    "components/answer_display.js",
    "components/eraser.js",
    "components/canvas_surface.js",
    "components/channel.js",
    "components/live_reading.js",
    "components/live.js",
)
HTML = '<div class="answer-part"></div>'


def show_words(
    group: str,
    answer: dict[str, Any],
    canvas: dict[str, Any] | None = None,
    empty: dict[str, Any] | None = None,
    erase: Callable[[Any], None] | None = None,
) -> None:
    """Show the answer in words, and hand it to the other parts of its group.

    Args:
        answer: as `answers.as_dict` gives it.
        canvas: what the pen is followed on, see `Canvas.as_followed`.
        empty: what is shown while nothing is drawn.
        erase: called with what the eraser touched, see `Canvas.erase`.
    """
    acts = {"erased": erase} if erase else {}
    _show_part(group, "words", acts, answer=answer, canvas=canvas, empty=empty)


def show_bars(group: str, digit: Digit | None = None, names: Sequence[str] = ()) -> None:
    """Show how probable each digit is; of a number, of the one that is selected here.

    Args:
        digit: given where there are no words that the answer comes with.
        names: of the classes, where they are no digits.
    """
    answer = None if digit is None else answers.as_dict(Reading(((digit,),)))
    _show_part(group, "bars", {"selected": _select}, answer=answer, names=list(names) or None)


def show_inputs(group: str, done: str) -> None:
    """Show the pictures that the network saw, and a word on what was done to make them."""
    _show_part(group, "inputs", {}, done=done)


def selected_digit(reading: Reading) -> Digit | None:
    """Return the digit of a drawing whose bars are shown."""
    digits = reading.digits
    if not digits:
        st.session_state.selected_digit = 0
        return None
    return digits[min(st.session_state.get("selected_digit", 0), len(digits) - 1)]


def _select(place: Any) -> None:
    # It comes from a browser: anything may be in it.
    if isinstance(place, int) and place >= 0:
        st.session_state.selected_digit = place


def _show_part(group: str, part: str, acts: dict[str, Callable[[Any], None]], **data: Any) -> None:
    """Show a part of an answer.

    Args:
        acts: what is called with a value of that name when the browser sets it.
    """
    key = f"{group}_{part}"

    def heard(name: str) -> None:
        acts[name](st.session_state[key].get(name))

    component(*SCRIPTS, html=HTML, isolate_styles=False)(
        key=key,
        data={"group": group, "part": part, **data},
        **{f"on_{name}_change": partial(heard, name) for name in acts},
    )
