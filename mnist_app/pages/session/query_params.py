"""Query parameters beyond those of widgets; anybody may have written them."""

import re

import streamlit as st


def new_link_text(name: str) -> str | None:
    """Return, once, what the link gives as `name`; None if this page wrote it itself."""
    linked = st.query_params.get(name)
    if linked == st.session_state.get(f"linked_{name}"):
        return None
    st.session_state[f"linked_{name}"] = linked
    return linked or None


def new_link_number(name: str) -> int | None:
    """Return the same as a whole number; None also for nonsense."""
    linked = new_link_text(name)
    return int(linked) if linked and re.fullmatch(r"[0-9]{1,9}", linked) else None


def set_link(name: str, value: int | str | None) -> None:
    """Have the link carry `value` as `name`, or nothing of that name."""
    text = None if value is None else str(value)
    if text is None:
        st.query_params.pop(name, None)
    elif st.query_params.get(name) != text:
        st.query_params[name] = text
    st.session_state[f"linked_{name}"] = text
