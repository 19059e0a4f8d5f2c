"""Ways from one page to another that take a model or settings along."""

from collections.abc import Iterable, Mapping

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from mnist_app.core.data.own_pictures.conversion import Method
from mnist_app.core.models.model_store import StoredModel
from mnist_app.core.settings import TrainingConfig, to_query

# A link holds these even when they are what they are by default, so that it is never empty.
ALWAYS_LINKED = ("dataset", "architecture")
# What the session keeps of earlier choices and links, by page, and would outdo a new link.
OUTDOING = {"start": ("model",), "train": ("train_links",), "runs": ("runs_links",)}


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
        open_page("start", {"model": model.name})


def show_try_button(model: StoredModel) -> None:
    """Show a button to where one draws what the model reads, if it learned from drawn pictures."""
    learned_from = model.card.training.get("own pictures") if model.card else None
    if learned_from == Method.INK and st.button(
        "Draw something for it to read", key="try_model", icon=":material/draw:", type="primary"
    ):
        open_page("teach", {"model": model.name})


def show_predictions_button(model: StoredModel) -> None:
    """Show a button to the Predictions page, where the model is measured on the data it learned."""
    if st.button("Open on the Predictions page", key="open_predictions", icon=":material/grid_on:"):
        link = {"model": model.name} | ({"dataset": model.card.dataset} if model.card else {})
        open_page("predictions", link)


def show_train_button(
    config: TrainingConfig, label: str = "Train again with these settings"
) -> None:
    """Show a button to the Train page, filled in with these settings."""
    if st.button(label, key="same_settings", icon=":material/school:"):
        open_page("train", train_query(config))


def show_train_page_button(label: str) -> None:
    """Show a button to the Train page as the visitor left it."""
    if st.button(label, key="open_train", icon=":material/school:"):
        open_page("train", {})


def show_runs_button(run_id: int, label: str) -> None:
    """Show a button to the Runs page, where a run stands beside others."""
    if st.button(label, key="open_runs", icon=":material/compare_arrows:"):
        open_page("runs", {"runs": str(run_id)})


def show_doors(doors: Iterable[tuple[str, str, str]]) -> None:
    """Show ways to other pages, each a path, a label and an icon."""
    pages = st.session_state.get("pages", {})
    with st.container(key="doors"):
        for path, label, icon in doors:
            if path in pages:
                st.page_link(pages[path], label=label, icon=f":material/{icon}:", width="stretch")


def open_page(path: str, link: Mapping[str, str]) -> None:
    """Open a page as a link says, whatever was chosen there before."""
    for name in (*OUTDOING.get(path, ()), *(f"linked_{name}" for name in link)):
        st.session_state.pop(name, None)
    st.session_state["wants_form"] = path == "train" and bool(link)
    st.switch_page(st.session_state["pages"][path], query_params=link)
