"""The models that read digits, each loaded once for all pages and the live channel."""

import functools
from pathlib import Path

from mnist_app.core.file_hashes import Stamp, stamp
from mnist_app.core.models import model_store
from mnist_app.core.models.model_store import StoredModel
from mnist_app.core.recognition.classifier import Classifier

# One of the shipped design takes 7 MB; visitors may each draw for another.
REMEMBERED = 12


def readers() -> dict[str, StoredModel]:
    """Return the models that read digits, by name; the shipped one first, then the newest first."""
    return {model.name: model for model in model_store.models() if model.reads_digits}


def loaded(path: Path) -> Classifier:
    """Return what answers for the model at `path`.

    Raises:
        DigitLabError: the model or its LiteRT form is missing or broken.
    """
    return _loaded(path, stamp(path), stamp(path.with_suffix(".tflite")))


@functools.lru_cache(maxsize=REMEMBERED)
def _loaded(path: Path, *stamps: Stamp | None) -> Classifier:
    return model_store.classifier(path)
