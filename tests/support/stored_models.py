"""Models to store, whose files nothing opens."""

from mnist_app.core.data.datasets import DIGIT_NAMES
from mnist_app.core.models.model_card import ModelCard
from mnist_app.core.models.model_store import ModelFiles

FILES = ModelFiles(b"a network", b"its LiteRT form")
LATER = ModelFiles(b"a better network", b"the better one's form")


def card(title: str = "A title") -> ModelCard:
    return ModelCard(
        title=title,
        dataset="mnist",
        architecture="dense",
        settings={"epochs": 1},
        seed=1,
        class_names=DIGIT_NAMES,
        parameter_count=5,
        versions={"keras": "3"},
        results={},
    )
