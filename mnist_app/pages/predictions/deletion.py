"""Deleting a model that was trained or brought here, by whoever did it."""

import streamlit as st

from mnist_app.core.errors import DigitLabError
from mnist_app.core.models import model_store
from mnist_app.core.models.model_store import StoredModel
from mnist_app.core.shelf import shelf
from mnist_app.pages.session.run_jobs import may_change
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
    item = shelf.find(model.name, visitor())
    if not (item.is_owned_by(visitor()) if item else may_change(model, visitor())):
        st.write("Somebody else made this model, so only they can delete it.")
        return
    rest = "" if item else " The run that made it stays in the list of runs."
    st.write(
        f"“{escape_markdown(model.title)}” will be gone for good, and nobody will be able to "
        f"choose it.{rest}"
    )
    if st.button(
        "Yes, delete it", key="delete_model", icon=":material/delete_forever:", type="primary"
    ):
        if item:
            shelf.delete(item, visitor())
        else:
            model_store.delete(model)
        st.rerun()
