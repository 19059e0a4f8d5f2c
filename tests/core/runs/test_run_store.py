import os
import shutil
import signal
import sqlite3
import threading
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mnist_app.core.errors import DigitLabError
from mnist_app.core.models import model_store
from mnist_app.core.runs import run_schema, run_store
from mnist_app.core.runs.database import Database
from mnist_app.core.runs.learning_curve import CURVE_POINTS, LearningCurves
from mnist_app.core.runs.progress import Point, Progress
from mnist_app.core.runs.run import Run, RunState
from mnist_app.core.runs.run_store import Runs
from mnist_app.core.settings import TrainingConfig
from tests.support.samples import in_a_process_of_its_own, nearly_full_disk

CONFIG = TrainingConfig(architecture="dense", epochs=2)
TRAINING = (Point(0.5, 1.5, 0.4, 0.01), Point(1, 0.9, 0.7, 0.02))
PROGRESS = Progress(
    2, 2, 5, 5, images_per_second=640, training=TRAINING, validation=(Point(1, 0.8, 0.8, 0.02),)
)
HEAD = (
    "from mnist_app.core.runs.run_store import Runs\nfrom mnist_app.core.runs.run import RunState\n"
    "from mnist_app.core.settings import TrainingConfig\n"
)


def finished(kept: Runs, title: str, **figures: Any) -> Run:
    run = kept.add(title, CONFIG)
    kept.finish(run.id, RunState.FINISHED, PROGRESS, **figures)
    return kept.get(run.id)


def test_a_run_is_the_same_after_a_restart(kept: Runs) -> None:
    run = kept.add("  My\n run ", CONFIG, owner="visitor")
    assert (run.title, run.owner, run.state) == ("My run", "visitor", RunState.WAITING)
    kept.start(run.id)
    kept.record(run.id, replace(PROGRESS, seconds=3))
    now = Runs().get(run.id)
    assert (now.state, now.seconds, now.is_over) == (RunState.RUNNING, 3, False)
    assert now.images_per_second == 640
    assert Runs().curves(run.id) == LearningCurves(PROGRESS.training, PROGRESS.validation)
    model = model_store.folder() / "net.keras"
    kept.finish(
        run.id,
        RunState.FINISHED,
        accuracy=0.9,
        loss=0.3,
        seconds=4,
        parameter_count=12,
        model=model,
    )
    now = Runs().get(run.id)
    assert (now.accuracy, now.loss, now.seconds, now.parameter_count) == (0.9, 0.3, 4, 12)
    assert (now.model, now.is_over) == (model, True)
    assert Runs().curves(run.id).training == PROGRESS.training
    assert TrainingConfig(**now.settings) == CONFIG


def test_runs_are_sorted_by_any_column_and_those_without_a_figure_come_last(kept: Runs) -> None:
    for title, accuracy in (("b", 0.9), ("c", None), ("a", 0.7)):
        finished(kept, title, accuracy=accuracy)
    assert [run.title for run in kept.listed(order="accuracy")] == ["b", "a", "c"]
    assert [run.title for run in kept.listed(order="accuracy", descending=False)] == ["a", "b", "c"]
    assert [run.title for run in kept.listed()] == ["a", "c", "b"]
    for order in (*run_schema.SORTABLE, "epochs"):
        assert len(kept.listed(order=order)) == 3
    kept.finish(kept.add("quick", CONFIG).id, RunState.STOPPED, seconds=1.0)
    first, *_, last = kept.listed(order="seconds", descending=False)
    assert (first.title, last.seconds) == ("quick", 0), "what is not known yet comes last"
    with pytest.raises(DigitLabError, match="sorted"):
        kept.listed(order="title; DROP TABLE runs")


def test_a_run_cancelled_before_its_turn_keeps_what_it_had(kept: Runs) -> None:
    run = kept.add("went on", CONFIG)
    kept.finish(run.id, RunState.INTERRUPTED, accuracy=0.9, seconds=3.0)
    kept.cancel(run.id)
    run = kept.get(run.id)
    assert (run.state, run.accuracy, run.seconds) == (RunState.STOPPED, 0.9, 3.0)


def test_deleting_forgets_the_run_and_its_model_when_asked(kept: Runs, tmp_path: Path) -> None:
    folder = model_store.folder()
    for name in ("a", "b"):
        (folder / f"{name}.keras").touch()
        (folder / f"{name}.json").touch()
    kept.delete(finished(kept, "a", model=folder / "a.keras").id)
    kept.delete(finished(kept, "b", model=folder / "b.keras").id, with_model=True)
    assert sorted(path.name for path in folder.glob("?.*")) == ["a.json", "a.keras"]
    (tmp_path / "elsewhere.keras").touch()
    for model in (tmp_path / "elsewhere.keras", model_store.SHIPPED):
        kept.delete(finished(kept, "far", model=model).id, with_model=True)
        assert model.exists()
    assert kept.listed() == []


def test_each_owner_sees_own_runs_and_it_is_known_who_trained_a_model(kept: Runs) -> None:
    model = model_store.folder() / "net.keras"
    for owner in ("me", "", "you"):
        run = kept.add(f"of {owner}", CONFIG, owner)
        kept.finish(run.id, RunState.FINISHED, model=model if owner != "you" else None)
    assert [run.title for run in kept.listed(owner="me")] == ["of me"]
    assert len(kept.listed()) == 3
    assert kept.owners_of(model) == {"me"}
    assert kept.owners_of(model_store.folder() / "other.keras") == set()


def test_a_run_that_trains_is_not_deleted_and_one_that_is_not_there_is_said_to_be_so(
    kept: Runs,
) -> None:
    busy = kept.add("busy", CONFIG, state=RunState.RUNNING)
    with pytest.raises(DigitLabError, match="top it"):
        kept.delete(busy.id)
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
    curve = kept.curves(run.id).training
    assert len(curve) == CURVE_POINTS
    assert (curve[0], curve[-1]) == (many[0], many[-1])


def test_a_process_that_was_killed_leaves_interrupted_runs(kept: Runs) -> None:
    own = kept.add("own", CONFIG, state=RunState.RUNNING)
    program = (
        "runs = Runs()\nfor state in RunState:\n"
        "    runs.add(state, TrainingConfig(), state=state)\n"
        "print('ready', flush=True)\nimport time\ntime.sleep(60)"
    )
    other = in_a_process_of_its_own(HEAD + program)
    assert other.stdout
    assert other.stdout.readline() == "ready\n"
    kept.mark_interrupted()
    states = {run.title: run.state for run in Runs().listed()}
    assert states["running"] is RunState.RUNNING, "another process that lives is left alone"
    os.kill(other.pid, signal.SIGKILL)
    other.communicate()
    for looking in (kept, Runs()):
        found = {run.title: run for run in looking.listed()}
        assert found["running"].state is found["waiting"].state is RunState.INTERRUPTED
        assert found["finished"].state is RunState.FINISHED
        assert found["own"].state is RunState.RUNNING
    kept.start(found["running"].id)
    assert Runs().get(found["running"].id).state is RunState.RUNNING
    assert kept.get(own.id).state is RunState.RUNNING


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


def test_a_list_of_an_older_version_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "old" / "runs.sqlite3"
    older = Database(path, "list of runs", run_schema.MIGRATIONS[:1])
    with older.writing() as connection:
        connection.execute(
            "INSERT INTO runs (title, owner, created, state, settings, process, weights, "
            "training) VALUES "
            "('old', '', '2026-01-01', 'running', '{}', 'gone', 12, '[[0.5, 1.5, 0.4, 0.01]]'), "
            "('old', '', '2026-01-02', 'running', '{}', 'gone', 0, '[]')"
        )
    kept = Runs(path)
    again, run = kept.listed()
    assert again.title == "old (run 2)"
    assert (run.title, run.state, run.checkpoints) == ("old", RunState.INTERRUPTED, None)
    assert (run.can_continue, run.parameter_count) == (False, 12)
    assert kept.curves(run.id) == LearningCurves((Point(0.5, 1.5, 0.4, 0.01),))
    assert kept.add("new", CONFIG).checkpoints is not None


def test_a_run_that_was_let_go_is_interrupted_at_the_next_look(kept: Runs) -> None:
    run = kept.add("lost", CONFIG, state=RunState.RUNNING)
    assert kept.get(run.id).state is RunState.RUNNING
    kept.let_go(run.id)
    assert [other.state for other in Runs().listed()] == [RunState.RUNNING], "it is not theirs"
    assert [own.state for own in kept.listed()] == [RunState.INTERRUPTED]
    assert [other.state for other in Runs().listed()] == [RunState.INTERRUPTED]
    kept.delete(run.id)
    assert kept.listed() == []


def test_it_is_seen_as_interrupted_also_where_nothing_can_be_written(kept: Runs) -> None:
    run = kept.add("lost", CONFIG)
    with nearly_full_disk():
        kept.let_go(run.id)
        assert kept.get(run.id).state is RunState.INTERRUPTED
        assert [own.state for own in kept.listed()] == [RunState.INTERRUPTED]


def test_a_folder_that_somebody_deleted_is_made_again(kept: Runs) -> None:
    shutil.rmtree(kept.path.parent)
    assert kept.listed() == []
    run = kept.add("new", CONFIG, state=RunState.RUNNING)
    assert [other.state for other in Runs().listed()] == [RunState.RUNNING]
    assert kept.get(run.id).state is RunState.RUNNING


def test_no_curve_is_read_for_the_list(kept: Runs) -> None:
    run = finished(kept, "x")
    with closing(sqlite3.connect(kept.path)) as connection:
        connection.execute("UPDATE curves SET training = 'no JSON'")
        connection.commit()
    assert [listed.id for listed in kept.listed()] == [run.id]
