"""One more run of a fragment in a moment, with no timer that goes on afterwards.

A fragment's `run_every` can only be ended by a run of what is around it.
"""

import streamlit as st

from mnist_app.pages.component import component

MILLISECONDS = 250


def rerun_later(key: str) -> None:
    """Have the fragment that calls this last run once more soon.

    Args:
        key: unique on the page.
    """
    turns = f"{key}_turns"
    # Under the same data the browser would do nothing.
    st.session_state[turns] = st.session_state.get(turns, 0) + 1
    component("session/rerun_later.js")(
        key=key,
        data={"turn": st.session_state[turns], "milliseconds": MILLISECONDS},
        on_due_change=lambda: None,
    )
