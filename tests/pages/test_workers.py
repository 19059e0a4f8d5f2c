import gc
import shutil
import weakref
from pathlib import Path

import keras
import pytest

from mnist_app import model_store
from mnist_app.pages import workers


def test_a_run_of_any_page_leaves_what_keras_compiled() -> None:
    workers.import_first("keras")
    before = keras.layers.Dense(1).name
    # What Streamlit does after every run of every visitor.
    keras.backend.clear_session()
    assert keras.layers.Dense(1).name != before
    assert keras.layers.Dense(1).name != "dense"


def test_a_model_that_is_forgotten_leaves_the_memory(
    model_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = workers.Workers()
    monkeypatch.setattr(workers, "workers", lambda: own)
    stored = model_store.describe(model_path)

    def loaded() -> tuple[int, weakref.ref]:
        job = own.models.wait(workers.classifier_job(stored).id, timeout=60)
        assert job is not None
        return job.id, weakref.ref(job.result.model)

    (first, model), (second, same) = loaded(), loaded()
    assert first == second
    assert model() is same()
    own.models.forget(first)
    gc.collect()
    assert model() is None
    number, again = loaded()
    assert number != first
    assert again() is not None


def test_visitors_who_draw_for_different_models_do_not_take_them_from_each_other(
    model_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = workers.Workers()
    monkeypatch.setattr(workers, "workers", lambda: own)
    models = []
    for visitor in range(8):
        path = Path(shutil.copy(model_path, tmp_path / f"own-{visitor}.keras"))
        models.append(model_store.describe(path))

    def loaded() -> list[int]:
        jobs = [own.models.wait(workers.classifier_job(one).id, timeout=60) for one in models]
        return [job.id for job in jobs if job is not None and job.state == "done"]

    assert len(loaded()) == len(models)
    assert loaded() == loaded()
