import shutil
from pathlib import Path

import pytest

from mnist_app.core.models import model_store


@pytest.fixture
def stored(model_path: Path) -> Path:
    """A model in the models' folder, with its card."""
    target = model_store.folder() / "tiny.keras"
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(model_path, target)
    shutil.copy(model_path.with_suffix(".json"), target.with_suffix(".json"))
    return target
