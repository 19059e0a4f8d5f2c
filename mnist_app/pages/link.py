"""Whole numbers that a link to a page carries; anybody may have written it."""

import re

import streamlit as st


def number_of_new_link(name: str) -> int | None:
    """The number that the link gives as `name`, told once; None when it gives none, or nonsense.

    A link that is what this page last wrote is not new.
    """
    linked = st.query_params.get(name)
    if linked == st.session_state.get(f"linked_{name}"):
        return None
    st.session_state[f"linked_{name}"] = linked
    return int(linked) if linked and re.fullmatch(r"[0-9]{1,9}", linked) else None


def keep_in_link(name: str, number: int | None) -> None:
    """Have the link carry `number` as `name`, or nothing of that name."""
    text = None if number is None else str(number)
    if text is None:
        st.query_params.pop(name, None)
    elif st.query_params.get(name) != text:
        st.query_params[name] = text
    st.session_state[f"linked_{name}"] = text
