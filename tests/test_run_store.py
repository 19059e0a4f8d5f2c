import os
import signal
import threading
from pathlib import Path
from typing import Any

import pytest
from samples import in_a_process_of_its_own

from mnist_app import model_store, run_store
from mnist_app.errors import DigitLabError
from mnist_app.progress import Point, Progress
from mnist_app.run_store import Runs
from mnist_app.runs import Run, State
from mnist_app.settings import TrainingConfig
from mnist_app.training import CURVE_POINTS

CONFIG = TrainingConfig(architecture="dense", epochs=2)
TRAINING = (Point(0.5, 1.5, 0.4, 0.01), Point(1, 0.9, 0.7, 0.02))
PROGRESS = Progress(2, 2, 5, 5, training=TRAINING, validation=(Point(1, 0.8, 0.8, 0.02),))
HEAD = (
    "from mnist_app.run_store import Runs\nfrom mnist_app.runs import State\n"
    "from mnist_app.settings import TrainingConfig\n"
)


@pytest.fixture
def kept() -> Runs:
    return Runs()


def finished(kept: Runs, title: str, **figures: Any) -> Run:
    run = kept.add(title, CONFIG)
    kept.finish(run.id, State.FINISHED, PROGRESS, **figures)
    return kept.get(run.id)


def test_a_run_is_the_same_after_a_restart(kept: Runs) -> None:
    run = kept.add("  My\n run ", CONFIG, owner="visitor")
    assert (run.title, run.owner, run.state) == ("My run", "visitor", State.WAITING)
    kept.start(run.id)
    kept.record(run.id, PROGRESS, seconds=3)
    now = Runs().get(run.id)
    assert (now.state, now.seconds, now.is_over) == (State.RUNNING, 3, False)
    assert (now.training, now.validation) == (PROGRESS.training, PROGRESS.validation)
    model = model_store.folder() / "net.keras"
    kept.finish(run.id, State.FINISHED, accuracy=0.9, loss=0.3, seconds=4, weights=12, model=model)
    now = Runs().get(run.id)
    assert (now.accuracy, now.loss, now.seconds, now.weights) == (0.9, 0.3, 4, 12)
    assert (now.model, now.training, now.is_over) == (model, PROGRESS.training, True)
    assert TrainingConfig(**now.settings) == CONFIG


def test_runs_are_sorted_by_any_column_and_those_without_a_figure_come_last(kept: Runs) -> None:
    for title, accuracy in (("b", 0.9), ("c", None), ("a", 0.7)):
        finished(kept, title, accuracy=accuracy)
    assert [run.title for run in kept.listed(order="accuracy")] == ["b", "a", "c"]
    assert [run.title for run in kept.listed(order="accuracy", descending=False)] == ["a", "b", "c"]
    assert [run.title for run in kept.listed()] == ["a", "c", "b"]
    for order in (*run_store.SORTABLE, "epochs"):
        assert len(kept.listed(order=order)) == 3
    with pytest.raises(DigitLabError, match="sorted"):
        kept.listed(order="title; DROP TABLE runs")


def test_each_owner_sees_own_runs(kept: Runs) -> None:
    kept.add("mine", CONFIG, owner="me")
    kept.add("yours", CONFIG, owner="you")
    assert [run.title for run in kept.listed(owner="me")] == ["mine"]
    assert len(kept.listed()) == 2


def test_deleting_forgets_the_run_and_its_model_when_asked(kept: Runs, tmp_path: Path) -> None:
    folder = model_store.folder()
    for name in ("a", "b"):
        (folder / f"{name}.keras").touch()
        (folder / f"{name}.json").touch()
    kept.delete(finished(kept, "a", model=folder / "a.keras").id)
    kept.delete(finished(kept, "b", model=folder / "b.keras").id, with_model=True)
    assert sorted(path.name for path in folder.glob("?.*")) == ["a.json", "a.keras"]
    assert kept.listed() == []


def test_no_model_of_elsewhere_is_deleted(kept: Runs, tmp_path: Path) -> None:
    elsewhere = tmp_path / "other.keras"
    elsewhere.touch()
    for model in (elsewhere, model_store.SHIPPED):
        kept.delete(finished(kept, "far", model=model).id, with_model=True)
        assert model.exists()


def test_what_still_trains_is_not_deleted(kept: Runs) -> None:
    run = kept.add("busy", CONFIG, state=State.RUNNING)
    with pytest.raises(DigitLabError, match="stop it"):
        kept.delete(run.id)


def test_a_run_that_is_not_there_is_said_to_be_so(kept: Runs) -> None:
    for act in (kept.get, kept.start, kept.delete, lambda number: kept.rename(number, "new")):
        with pytest.raises(DigitLabError, match="no run 7"):
            act(7)


def test_a_name_is_needed_and_kept_short(kept: Runs) -> None:
    run = kept.add("x" * 1000, CONFIG)
    assert len(run.title) == run_store.TITLE_LENGTH
    kept.rename(run.id, "short")
    assert kept.get(run.id).title == "short"
    with pytest.raises(DigitLabError, match="name"):
        kept.rename(run.id, " \n")


def test_curves_are_bounded_and_keep_their_ends(kept: Runs) -> None:
    many = tuple(Point(number, 1, 0) for number in range(5000))
    run = kept.add("long", CONFIG)
    kept.record(run.id, Progress(1, 1, 1, 1, training=many))
    curve = kept.get(run.id).training
    assert len(curve) == CURVE_POINTS
    assert (curve[0], curve[-1]) == (many[0], many[-1])


def test_a_process_that_was_killed_leaves_interrupted_runs(kept: Runs) -> None:
    own = kept.add("own", CONFIG, state=State.RUNNING)
    program = (
        "runs = Runs()\nfor state in State:\n    runs.add(state, TrainingConfig(), state=state)\n"
        "print('ready', flush=True)\nimport time\ntime.sleep(60)"
    )
    other = in_a_process_of_its_own(HEAD + program)
    assert other.stdout
    assert other.stdout.readline() == "ready\n"
    kept.mark_interrupted()
    states = {run.title: run.state for run in Runs().listed()}
    assert states["running"] is State.RUNNING, "another process that lives is left alone"
    os.kill(other.pid, signal.SIGKILL)
    other.communicate()
    states = {run.title: run.state for run in Runs().listed()}
    assert states["running"] is states["waiting"] is State.INTERRUPTED
    assert states["finished"] is State.FINISHED
    assert kept.get(own.id).state is State.RUNNING


def test_an_interrupted_run_goes_on_in_another_process(kept: Runs) -> None:
    program = "print(Runs().add('x', TrainingConfig(), state=State.RUNNING).id)"
    run_id = int(in_a_process_of_its_own(HEAD + program).communicate()[0])
    assert Runs().get(run_id).state is State.INTERRUPTED
    kept.start(run_id)
    assert Runs().get(run_id).state is State.RUNNING


def test_threads_and_processes_write_together(kept: Runs) -> None:
    program = "runs = Runs()\nfor number in range(20): runs.add('other', TrainingConfig())"
    others = [in_a_process_of_its_own(HEAD + program) for _ in range(2)]
    threads = [
        threading.Thread(target=lambda: [kept.add("own", CONFIG) for _ in range(20)])
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [other.wait() for other in others] == [0, 0]
    found = kept.listed()
    assert (len(found), len({run.id for run in found})) == (80, 80)


def test_a_broken_list_is_set_aside_and_said_to_be_so(kept: Runs) -> None:
    kept.add("lost", CONFIG)
    kept.path.write_bytes(b"no database at all" * 500)
    again = Runs()
    assert "runs-set-aside-" in again.notice
    assert again.listed() == []
