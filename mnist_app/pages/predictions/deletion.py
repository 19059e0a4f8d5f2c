"""Deleting a model that was trained here, by whoever trained it."""

import streamlit as st

from mnist_app.core.errors import DigitLabError
from mnist_app.core.models import model_store
from mnist_app.core.models.model_store import StoredModel
from mnist_app.pages.session.jobs import taught_by
from mnist_app.pages.session.run_jobs import runs
from mnist_app.pages.session.visitor import visitor
from mnist_app.pages.session.wording import escape_markdown, show_error


def offer_deletion(model: StoredModel) -> None:
    """Offer to delete a model; nothing for the one that came with the app."""
    if model.is_shipped:
        return
    with st.popover("Delete this model", icon=":material/delete:", key="delete_model_offer"):
        try:
            _show_confirmation(model)
        except DigitLabError as error:
            show_error(error)


def _show_confirmation(model: StoredModel) -> None:
    owners = runs().owners_of(model.path) | taught_by(model)
    if owners and visitor() not in owners:
        st.write("Somebody else trained this model, so only they can delete it.")
        return
    st.write(
        f"“{escape_markdown(model.title)}” will be gone for good, and nobody will be able to "
        "choose it. The run that made it stays in the list of runs."
    )
    if st.button(
        "Yes, delete it", key="delete_model", icon=":material/delete_forever:", type="primary"
    ):
        model_store.delete(model)
        st.rerun()
