"""A slider with buttons for one step back and one on: for a finger, a mouse and the arrow keys."""

import streamlit as st


def stepper(label: str, count: int, key: str, start: int = 0) -> int:
    """Choose one of `count` places, which people count from 1.

    Args:
        key: of the slider; "_back" and "_next" after it name the buttons.
        start: the place at first, and when the chosen one is gone.

    Returns:
        The place, from 0.
    """
    if st.session_state.get(key) not in range(1, count + 1):
        st.session_state[key] = start + 1
    if count == 1:
        return 0

    def button(label: str, step: int) -> None:
        def move() -> None:
            st.session_state[key] = min(max(st.session_state[key] + step, 1), count)

        icon = ":material/chevron_left:" if step < 0 else ":material/chevron_right:"
        st.button(label, key=f"{key}_{label.lower()}", icon=icon, on_click=move)

    with st.container(horizontal=True, vertical_alignment="bottom", key=f"{key}_stepper"):
        button("Back", -1)
        place = st.slider(label, 1, count, key=key, persist_state="session")
        button("Next", 1)
    return place - 1
