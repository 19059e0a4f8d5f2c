"""Running the part of a page once more in a moment, with no timer that goes on afterwards.

A fragment's `run_every` can only be ended by a run of what is around it.
"""

import streamlit as st

MILLISECONDS = 250
_SCRIPT = """
export default function ({ data, setTriggerValue }) {
  const timer = setTimeout(() => setTriggerValue("due", data.turn), data.milliseconds);
  return () => clearTimeout(timer);
}
"""


def rerun_later(key: str) -> None:
    """Have the fragment that this is called in run once more soon; called last in it.

    Args:
        key: unique on the page.
    """
    turns = f"{key}_turns"
    # Under the same data the browser would do nothing.
    st.session_state[turns] = st.session_state.get(turns, 0) + 1
    _component()(
        key=key,
        data={"turn": st.session_state[turns], "milliseconds": MILLISECONDS},
        on_due_change=lambda: None,
    )


@st.cache_resource(show_spinner=False)
def _component():  # type: ignore[no-untyped-def]
    return st.components.v2.component("digit_lab_again", js=_SCRIPT, html="<span></span>")
