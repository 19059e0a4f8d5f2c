"""The visitor's id, which lasts over reloads and tabs of one browser."""

import re
import uuid

import streamlit as st

from mnist_app.pages.component import component

COOKIE = "digit_lab_visitor"


def visitor() -> str:
    """Return this browser's id; without cookies, this tab's until it is reloaded."""
    if "visitor" not in st.session_state:
        known = str(st.context.cookies.get(COOKIE))
        valid = re.fullmatch(r"[0-9a-f]{32}", known) is not None
        st.session_state.visitor = known if valid else uuid.uuid4().hex
    return st.session_state.visitor


def tab() -> str:
    """Return this tab's id until it is reloaded: two tabs of one browser differ in it."""
    return st.session_state.setdefault("tab", uuid.uuid4().hex)


def set_visitor_cookie() -> None:
    """Have the browser keep the id; called once in each run of the app, before the page."""
    component("session/visitor.js")(key="visitor_cookie", data={"name": COOKIE, "id": visitor()})
