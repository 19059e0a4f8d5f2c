"""Turning the steps of a show with the arrow keys, and telling which one is shown."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import streamlit as st

from mnist_app.pages.component import component

HTML = (
    '<div class="turning"><span class="turning-step" role="status" aria-live="polite"></span>'
    '<span class="turning-dots" aria-hidden="true"></span></div>'
)


def show_steps(step: int, titles: list[str], turn_to: Callable[[int], None]) -> None:
    """Show which step this is, and turn to another when an arrow key is pressed.

    Args:
        step: from 1.
        titles: of all steps.
        turn_to: called with the wanted step.
    """

    def turned() -> None:
        asked = st.session_state.turning.get("turned")
        # It comes from a browser: anything may be in it.
        if isinstance(asked, dict) and asked.get("step") in range(1, len(titles) + 1):
            st.session_state.presses_heard = asked.get("press")
            turn_to(int(asked["step"]))

    component("show_me/steps.js", html=HTML, isolate_styles=False)(
        key="turning",
        data={
            "step": step,
            "count": len(titles),
            "title": titles[step - 1],
            "heard": st.session_state.get("presses_heard", 0),
        },
        on_turned_change=turned,
    )


@contextmanager
def pressed_by_key() -> Iterator[None]:
    """Let the key that turns to the next step press the button inside first, and say so."""
    key = f"demo_by_key_{st.query_params.get('step', '')}"
    with st.container(key=key, horizontal=True, vertical_alignment="center"):
        yield
        st.caption("or press Page Down", width="content")
