import shutil
from pathlib import Path

import pytest

from mnist_app.core.jobs.cluster import Cluster
from mnist_app.core.models import model_store
from mnist_app.pages.session import workers
from tests.support.gates import PATIENCE


def test_a_model_of_another_app_is_made_ready_by_a_worker_once(
    model_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = workers.Workers()
    monkeypatch.setattr(workers, "workers", lambda: own)
    foreign = model_store.describe(Path(shutil.copy(model_path, tmp_path / "foreign.keras")))
    assert not model_store.is_ready(foreign)
    first = own.models.wait(workers.classifier_job(foreign).id, timeout=PATIENCE)
    assert first is not None
    assert first.result.classes == 10
    assert model_store.is_ready(foreign)
    own.models.forget(first.id)
    monkeypatch.setattr(Cluster, "call", lambda *arguments, **options: pytest.fail("again"))
    again = own.models.wait(workers.classifier_job(foreign).id, timeout=30)
    assert again is not None
    assert again.state == "done"


def test_no_setting_of_the_host_that_is_wrong_keeps_the_pages_from_opening(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MNIST_APP_WORKERS", "many")
    assert workers.Workers().training.jobs() == []


def test_visitors_who_draw_for_different_models_do_not_take_them_from_each_other(
    model_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = workers.Workers()
    monkeypatch.setattr(workers, "workers", lambda: own)
    models = []
    for visitor in range(8):
        for part in model_path.parent.glob(f"{model_path.stem}.*"):
            shutil.copy(part, tmp_path / f"own-{visitor}{part.suffix}")
        models.append(model_store.describe(tmp_path / f"own-{visitor}.keras"))

    def loaded() -> list[int]:
        jobs = [own.models.wait(workers.classifier_job(one).id, timeout=PATIENCE) for one in models]
        return [job.id for job in jobs if job is not None and job.state == "done"]

    assert len(loaded()) == len(models)
    assert loaded() == loaded()
