"""Models on the shelf, to use like all others."""

from dataclasses import replace

from mnist_app.core.models import model_store
from mnist_app.core.models.model_store import StoredModel
from mnist_app.core.shelf import shelf
from mnist_app.core.shelf.shelf import Item


def model_of(item: Item) -> StoredModel | None:
    """Return the model of a thing under its maker's title; None if it has none."""
    path = item.folder / f"{item.id}.keras"
    if not path.is_file():
        return None
    stored = model_store.describe(path)
    return replace(stored, card=stored.card and replace(stored.card, title=item.title))


def models(visitor: str, linked: str = "") -> list[StoredModel]:
    """Return the models of what the visitor made, the newest first.

    Args:
        linked: the id of a thing that a link names, whose model comes last if it is shared.
    """
    listed = shelf.items(visitor)
    other = shelf.find(linked, visitor)
    if other is not None and not other.is_owned_by(visitor):
        listed.append(other)
    return [model for item in listed if (model := model_of(item)) is not None]
