"""Things on the shelf that several tests make."""

from mnist_app.core.models import model_store
from mnist_app.core.models.model_store import ModelFiles
from mnist_app.core.shelf import shelf
from mnist_app.core.shelf.shelf import Item, Kind


def network_of(visitor: str, title: str = "Mine") -> Item:
    """Put a copy of the shipped network on the visitor's shelf."""
    shipped = model_store.describe(model_store.SHIPPED)
    assert shipped.card is not None
    litert = shipped.path.with_suffix(".tflite").read_bytes()
    with shelf.adding(visitor, Kind.MODEL, title) as (item_id, draft):
        files = ModelFiles(shipped.path.read_bytes(), litert)
        model_store.save(files, shipped.card, draft / f"{item_id}.keras")
    item = shelf.find(item_id, visitor)
    assert item is not None
    return item
