"""Models' folders, and workers without work, for the tests of pages."""

import shutil
from pathlib import Path

import pytest

from mnist_app import model_store
from mnist_app.pages.workers import workers


@pytest.fixture
def idle_workers() -> None:
    """No test finds the jobs of another."""
    workers.clear()


@pytest.fixture
def no_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty models' folder, and nothing shipped."""
    folder = tmp_path / "models"
    folder.mkdir()
    monkeypatch.setattr(model_store, "SHIPPED", tmp_path / "nothing.keras")
    return folder


@pytest.fixture
def one_model(no_models: Path, model_path: Path) -> Path:
    """A models' folder that holds one small network."""
    for part in (model_path, model_path.with_suffix(".json")):
        shutil.copy(part, no_models)
    return no_models
