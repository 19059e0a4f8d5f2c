"""A slider with buttons for one step back and one on: for a finger, a mouse and the arrow keys."""

import streamlit as st


def stepper(label: str, count: int, key: str, start: int = 0) -> int:
    """Choose one of `count` places, which people count from 1.

    Args:
        key: of the slider; "_back" and "_next" after it name the buttons.
        start: the place at first, and when the one that was chosen is no more.

    Returns:
        The place, from 0.
    """
    if st.session_state.get(key) not in range(1, count + 1):
        st.session_state[key] = start + 1
    if count == 1:
        return 0
    with st.container(horizontal=True, vertical_alignment="bottom", key=f"{key}_stepper"):
        _button("Back", "chevron_left", f"{key}_back", key, -1, count)
        place = st.slider(label, 1, count, key=key, persist_state="session")
        _button("Next", "chevron_right", f"{key}_next", key, 1, count)
    return place - 1


def _button(label: str, icon: str, key: str, slider: str, step: int, count: int) -> None:
    st.button(label, key=key, icon=f":material/{icon}:", on_click=_move, args=(slider, step, count))


def _move(slider: str, step: int, count: int) -> None:
    st.session_state[slider] = min(max(st.session_state[slider] + step, 1), count)
