"""Where an answer stands on a page; `answer.js` shows it, and `live.js` while the pen moves."""

from typing import Any

import streamlit as st

from mnist_app.core.recognition import answers
from mnist_app.core.recognition.reading import Digit, Reading
from mnist_app.pages.component import component

SCRIPTS = ("components/answer.js", "components/live.js")
HTML = '<div class="answer-part"></div>'


def show_words(
    group: str,
    answer: dict[str, Any],
    canvas: dict[str, Any] | None = None,
    empty: dict[str, Any] | None = None,
) -> None:
    """Show the answer in words, and hand it to the other parts of its group.

    Args:
        answer: as `answers.told` gives it.
        canvas: what is drawn on, see `reader.followed`; then the pen is followed, too.
        empty: what is said while nothing is drawn.
    """
    _part(group, "words", answer=answer, canvas=canvas, empty=empty)


def show_bars(group: str, digit: Digit | None = None) -> None:
    """Show how probable each digit is; of a number, of the one that is chosen here.

    Args:
        digit: given where there are no words that the answer comes with.
    """
    answer = None if digit is None else answers.told(Reading((digit,)))
    _part(group, "bars", answer=answer)


def show_inputs(group: str, done: str) -> None:
    """Show the pictures that the network saw, and a word on what was done to make them."""
    _part(group, "inputs", done=done)


def selected_digit(reading: Reading) -> Digit | None:
    """Return the digit of a drawing that is looked at: the only one, or the one that was chosen."""
    digits = reading.digits
    if not digits:
        st.session_state.selected_digit = 0
        return None
    return digits[min(st.session_state.get("selected_digit", 0), len(digits) - 1)]


def _part(group: str, part: str, **data: Any) -> None:
    key = f"{group}_{part}"

    def chosen() -> None:
        place = st.session_state[key].get("selected")
        # It comes from a browser: anything may be in it.
        if isinstance(place, int) and place >= 0:
            st.session_state.selected_digit = place

    component(*SCRIPTS, html=HTML, isolate_styles=False)(
        key=key, data={"group": group, "part": part, **data}, on_selected_change=chosen
    )
