"""Models on the shelf, to use like all others."""

from contextlib import ExitStack
from dataclasses import replace

from mnist_app.core.models import model_store
from mnist_app.core.models.model_card import ModelCard
from mnist_app.core.models.model_store import ModelFiles, StoredModel
from mnist_app.core.shelf import shelf
from mnist_app.core.shelf.shelf import Item, Kind


def model_of(item: Item) -> StoredModel | None:
    """Return the model of a thing under its maker's name and title; None if it has none."""
    path = item.folder / f"{item.id}.keras"
    if not path.is_file():
        return None
    stored = model_store.describe(path)
    card = stored.card and replace(stored.card, title=item.title, maker=item.owner)
    return replace(stored, card=card)


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


def save(
    files: ModelFiles, card: ModelCard, visitor: str, former: StoredModel | None
) -> StoredModel:
    """Put a model on the visitor's shelf.

    Args:
        former: one on the shelf whose place it takes.

    Raises:
        DigitLabError: there is no room for it.
    """
    item = item_of(former, visitor) if former else None
    with ExitStack() as placed:
        if item is None:
            adding = shelf.adding(visitor, Kind.MODEL, card.title[: shelf.TITLE_LENGTH])
            item_id, folder = placed.enter_context(adding)
        else:
            item_id, folder = item.id, placed.enter_context(shelf.replacing(item, visitor))
        model_store.save(files, card, folder / f"{item_id}.keras")
    return model_store.describe(shelf.folder() / item_id / f"{item_id}.keras")


def is_on_shelf(model: StoredModel) -> bool:
    """Return whether a model lies on somebody's shelf, not where all visitors may use it."""
    return model.path.parent.parent == shelf.folder()


def item_of(model: StoredModel, visitor: str) -> Item | None:
    """Return the thing on the shelf whose model it is; None for one of the models' folder."""
    item = shelf.find(model.name, visitor)
    return item if item is not None and item.folder == model.path.parent else None
