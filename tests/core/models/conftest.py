from pathlib import Path

import pytest

from mnist_app.core.models import model_store


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that MNIST_APP_MODELS names, and nothing shipped."""
    monkeypatch.setattr(model_store, "SHIPPED", tmp_path / "shipped" / "digit_lab.keras")
    folder = tmp_path / "models"
    folder.mkdir()
    return folder
