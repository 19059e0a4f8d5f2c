"""Ways from one page to another that take a model or settings along.

The pages lead here and from here to each other, so they are imported late.
"""

import streamlit as st

from mnist_app.core.models.model_store import StoredModel
from mnist_app.core.settings import TrainingConfig
from mnist_app.pages.train.form import link_of


def to_draw(model: StoredModel, primary: bool = False) -> None:
    """A button to the Draw page, where the model reads; nothing for one that reads no digits."""
    if model.reads_digits and st.button(
        "Use it on the Draw page",
        key="use_model",
        icon=":material/draw:",
        type="primary" if primary else "secondary",
    ):
        # What was chosen there before would outdo the link.
        st.session_state.pop("model", None)
        from mnist_app.pages.draw import page

        start = st.Page(page.page, url_path="start", default=True)
        st.switch_page(start, query_params={"model": model.name})


def to_predictions(model: StoredModel) -> None:
    """A button to the Predictions page, where the model is measured on the data it learned."""
    if st.button("Open on the Predictions page", key="open_predictions", icon=":material/grid_on:"):
        link = {"model": model.name} | ({"dataset": model.card.dataset} if model.card else {})
        for name in link:
            # Also when that page has seen this very link before.
            st.session_state.pop(f"linked_{name}", None)
        from mnist_app.pages.predictions import page

        st.switch_page(st.Page(page.page, url_path="predictions"), query_params=link)


def to_train(config: TrainingConfig) -> None:
    """A button to the Train page, filled in with these settings."""
    if st.button("Same settings again", key="same_settings", icon=":material/replay:"):
        # A link that is the session's own is not read again.
        st.session_state.pop("train_links", None)
        from mnist_app.pages.train import page

        st.switch_page(st.Page(page.page, url_path="train"), query_params=link_of(config))


def to_runs(run_id: int, label: str) -> None:
    """A button to the Runs page, where a run stands beside others."""
    if st.button(label, key="open_runs", icon=":material/compare_arrows:"):
        st.session_state.pop("runs_links", None)
        from mnist_app.pages.runs import page

        st.switch_page(st.Page(page.page, url_path="runs"), query_params={"runs": str(run_id)})
