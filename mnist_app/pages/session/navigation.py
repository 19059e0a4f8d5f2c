"""Ways from one page to another that take a model or settings along."""

from collections.abc import Mapping

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from mnist_app.core.models.model_store import StoredModel
from mnist_app.core.settings import TrainingConfig, to_query

# A link holds these even when they are what they are by default, so that it is never empty.
ALWAYS_LINKED = ("dataset", "architecture")


def register_pages(pages: Mapping[str, StreamlitPage], current: StreamlitPage) -> None:
    """Set the pages that buttons lead to, by their paths; called in each run of the app."""
    st.session_state["pages"] = pages
    before = st.session_state.get("current_page")
    st.session_state["has_arrived"] = before != current.url_path
    st.session_state["current_page"] = current.url_path


def train_query(config: TrainingConfig) -> dict[str, str]:
    """Return the query of a link that opens the Train page with these settings."""
    return {name: str(getattr(config, name)) for name in ALWAYS_LINKED} | to_query(config)


def show_draw_button(model: StoredModel, primary: bool = False) -> None:
    """Show a button to the Draw page, where the model reads; none for one that reads no digits."""
    if model.reads_digits and st.button(
        "Use it on the Draw page",
        key="use_model",
        icon=":material/draw:",
        type="primary" if primary else "secondary",
    ):
        # What was chosen there before would outdo the link.
        _forget("model")
        _go("start", {"model": model.name})


def show_predictions_button(model: StoredModel) -> None:
    """Show a button to the Predictions page, where the model is measured on the data it learned."""
    if st.button("Open on the Predictions page", key="open_predictions", icon=":material/grid_on:"):
        link = {"model": model.name} | ({"dataset": model.card.dataset} if model.card else {})
        # Also when that page has seen this very link before.
        _forget(*(f"linked_{name}" for name in link))
        _go("predictions", link)


def show_train_button(
    config: TrainingConfig, label: str = "Train again with these settings"
) -> None:
    """Show a button to the Train page, filled in with these settings."""
    if st.button(label, key="same_settings", icon=":material/school:"):
        # A link that is the session's own is not read again.
        _forget("train_links")
        st.session_state["wants_form"] = True
        _go("train", train_query(config))


def show_train_page_button(label: str) -> None:
    """Show a button to the Train page as the visitor left it."""
    if st.button(label, key="open_train", icon=":material/school:"):
        _go("train", {})


def show_runs_button(run_id: int, label: str) -> None:
    """Show a button to the Runs page, where a run stands beside others."""
    if st.button(label, key="open_runs", icon=":material/compare_arrows:"):
        _forget("runs_links")
        _go("runs", {"runs": str(run_id)})


def _forget(*names: str) -> None:
    for name in names:
        st.session_state.pop(name, None)


def _go(path: str, link: Mapping[str, str]) -> None:
    st.switch_page(st.session_state["pages"][path], query_params=link)
