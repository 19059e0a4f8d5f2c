import shutil
import threading
from pathlib import Path

import pytest

from mnist_app.core.errors import DigitLabError
from mnist_app.core.jobs.cluster import Cluster
from mnist_app.core.jobs.job_queue import JobQueue
from mnist_app.core.jobs.snapshot import JobState
from mnist_app.core.models import model_cache, model_store
from mnist_app.pages.session import jobs, queues
from mnist_app.pages.session.queues import Queues, lined_up
from tests.support.gates import PATIENCE, now, until


@pytest.fixture
def own_queues(monkeypatch: pytest.MonkeyPatch) -> Queues:
    own = Queues()
    monkeypatch.setattr(jobs, "queues", lambda: own)
    return own


def test_a_model_of_another_app_is_made_ready_by_a_worker_once(
    model_path: Path, tmp_path: Path, own_queues: Queues, monkeypatch: pytest.MonkeyPatch
) -> None:
    foreign = model_store.describe(Path(shutil.copy(model_path, tmp_path / "foreign.keras")))
    assert not model_store.is_ready(foreign)
    first = own_queues.short.wait(jobs.loading_job(foreign).id, timeout=PATIENCE)
    assert first is not None
    assert first.state == "done"
    assert model_cache.loaded(foreign.path).classes == 10
    own_queues.short.forget(first.id)
    monkeypatch.setattr(Cluster, "call", lambda *arguments, **options: pytest.fail("again"))
    again = own_queues.short.wait(jobs.loading_job(foreign).id, timeout=30)
    assert again is not None
    assert again.state == "done"


def test_no_setting_of_the_host_that_is_wrong_keeps_the_pages_from_opening(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MNIST_APP_WORKERS", "many")
    assert queues.Queues().training.jobs() == []


def test_visitors_who_draw_for_different_models_do_not_take_them_from_each_other(
    model_path: Path, tmp_path: Path, own_queues: Queues
) -> None:
    models = []
    for visitor in range(8):
        for part in model_path.parent.glob(f"{model_path.stem}.*"):
            shutil.copy(part, tmp_path / f"own-{visitor}{part.suffix}")
        models.append(model_store.describe(tmp_path / f"own-{visitor}.keras"))

    def loaded() -> list[object]:
        for model in models:
            own_queues.short.wait(jobs.loading_job(model).id, timeout=PATIENCE)
        return [model_cache.loaded(model.path) for model in models]

    assert loaded() == loaded()


def test_copies_that_learn_a_hand_are_as_few_as_a_host_allows(
    model_path: Path, own_queues: Queues, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A script presses buttons that a page does not offer, and has as many sessions as it likes."""
    model, gate = model_store.describe(model_path), threading.Event()
    monkeypatch.setenv("MNIST_APP_MAX_QUEUE", "2")
    own_queues.finetuning.submit(lambda control: gate.wait(), owner="first")
    ordered = [jobs.finetuning_job(model, (), None, "x" * 999, "second").id for _ in range(3)]
    assert len(set(ordered)) == 1
    with pytest.raises(DigitLabError, match="Try again in a minute"):
        jobs.finetuning_job(model, (), None, "Mine", "third")
    own_queues.finetuning.stop(ordered[0])
    monkeypatch.setenv("MNIST_APP_MAX_MODELS", "1")
    monkeypatch.setenv("MNIST_APP_MODELS", str(model_path.parent))
    with pytest.raises(DigitLabError, match="more than 1 models"):
        jobs.finetuning_job(model, (), None, "Mine", "third")
    gate.set()


def test_one_visitor_does_not_block_the_line_for_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MNIST_APP_MAX_QUEUE", "2")
    queue, gate = JobQueue("line"), threading.Event()

    def put(number: int, owner: str) -> JobState:
        return lined_up(queue, ("open", number), lambda control: gate.wait(), owner).state

    first = queue.submit(lambda control: gate.wait())
    until(lambda: now(queue, first).state is JobState.RUNNING)
    assert [put(number, "greedy") for number in range(5)] == [JobState.WAITING] * 5
    # Their other tabs do not take its place in turn.
    assert [put(number, "greedy") for number in range(4)] == [JobState.STOPPED] * 4
    assert put(5, "second") is JobState.WAITING
    with pytest.raises(DigitLabError, match="Try again in a minute"):
        put(6, "third")
    assert put(7, "second") is JobState.WAITING
    gate.set()
