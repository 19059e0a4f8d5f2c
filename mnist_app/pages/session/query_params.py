"""What a link to a page carries beyond its widgets; anybody may have written it."""

import re

import streamlit as st


def new_link_text(name: str) -> str | None:
    """What the link gives as `name`, told once; None when it gives nothing.

    A link that is what this page last wrote is not new.
    """
    linked = st.query_params.get(name)
    if linked == st.session_state.get(f"linked_{name}"):
        return None
    st.session_state[f"linked_{name}"] = linked
    return linked or None


def new_link_number(name: str) -> int | None:
    """As `text_of_new_link` for a whole number; None also for nonsense."""
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
