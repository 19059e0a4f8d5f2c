from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from mnist_app.core.models import model_store
from mnist_app.core.models.model_store import ModelFiles
from mnist_app.core.runs import outcomes
from mnist_app.core.runs.outcomes import AccuracyChange, FinetuningOutcome, UnsavedModel
from mnist_app.core.runs.run import RunState
from mnist_app.core.settings import TrainingConfig
from mnist_app.core.shelf import shelf
from mnist_app.pages.session.run_jobs import runs
from tests.support.shelves import network_of
from tests.support.visits import said

ME = "0" * 32
SCRIPT = """
from mnist_app.core.models import model_store
from mnist_app.pages.predictions import deletion
for model in model_store.models()[:1]:
    deletion.offer_deletion(model)
"""


@pytest.fixture
def stored(one_model: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The one model in the models' folder."""
    monkeypatch.setenv("MNIST_APP_MODELS", str(one_model))
    return model_store.models()[0].path


def opened() -> AppTest:
    app = AppTest.from_string(SCRIPT, default_timeout=60)
    app.session_state["visitor"] = ME
    app.run()
    assert not app.exception
    return app


def trained_by(owner: str, model: Path) -> None:
    run = runs().add("x", TrainingConfig(), owner)
    runs().finish(run.id, RunState.FINISHED, model=model)


def test_a_model_is_deleted_with_all_its_files_by_whoever_trained_it(stored: Path) -> None:
    trained_by(ME, stored)
    opened().button(key="delete_model").click().run()
    assert list(stored.parent.glob(f"{stored.stem}.*")) == []


def test_a_model_that_somebody_else_trained_stays(stored: Path) -> None:
    trained_by("f" * 32, stored)
    app = opened()
    assert "Somebody else made this model" in said(app)
    assert not app.button


def test_a_copy_that_learned_somebody_elses_hand_stays(stored: Path) -> None:
    change, path = AccuracyChange(0.5, 1.0, 5), stored
    card = model_store.describe(path).card
    assert card is not None
    files = ModelFiles(path.read_bytes(), path.with_suffix(".tflite").read_bytes())
    outcome = FinetuningOutcome(change, change, "mnist", 1.0, UnsavedModel(files, card))
    outcomes.saved(outcome, path, "f" * 32)
    app = opened()
    assert "Somebody else made this model" in said(app)
    assert not app.button
    outcomes.saved(outcome, path, ME)
    opened().button(key="delete_model").click().run()
    assert not path.exists()


def test_a_shared_network_is_deleted_by_its_maker_alone() -> None:
    item = network_of("f" * 32)
    shelf.share(item, "f" * 32, True)
    script = f"""
from mnist_app.pages.session.choices import models_at_hand
from mnist_app.pages.predictions import deletion
deletion.offer_deletion(models_at_hand()["{item.id}"])
"""
    app = AppTest.from_string(script, default_timeout=60)
    app.query_params["model"] = item.id
    app.session_state["visitor"] = ME
    app.run()
    assert not app.exception
    assert "Somebody else made this model" in said(app)
    app.session_state["visitor"] = "f" * 32
    app.run().button(key="delete_model").click().run()
    assert shelf.items("f" * 32) == []


def test_a_model_of_nobody_can_be_deleted_by_anybody(stored: Path) -> None:
    opened().button(key="delete_model").click().run()
    assert not stored.exists()


def test_the_shipped_model_is_never_offered(stored: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_store, "SHIPPED", stored)
    assert not opened().button


def test_a_model_that_cannot_be_deleted_is_told(
    stored: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = opened()
    stored.unlink()
    stored.mkdir()
    app.button(key="delete_model").click().run()
    assert "Delete it by hand" in said(app)
