"""The visitor's id, which lasts over reloads and tabs of one browser."""

import uuid

import streamlit as st

from mnist_app.core.shelf import shelf
from mnist_app.core.shelf.visitors import COOKIE, left_in, new_visitor, visitor_in
from mnist_app.pages.component import component


def visitor() -> str:
    """Return this browser's id; without cookies, this tab's until it is reloaded."""
    if "visitor" not in st.session_state:
        left = left_in(st.context.cookies)
        if left:
            shelf.forget(left)
        st.session_state.visitor = visitor_in(st.context.cookies) or new_visitor()
    return st.session_state.visitor


def tab() -> str:
    """Return this tab's id until it is reloaded: two tabs of one browser differ in it."""
    return st.session_state.setdefault("tab", uuid.uuid4().hex)


def set_visitor_cookie() -> None:
    """Have the browser keep the id; called once in each run of the app, before the page."""
    component("session/visitor.js")(key="visitor_cookie", data={"name": COOKIE, "id": visitor()})
