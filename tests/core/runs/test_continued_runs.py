import signal
import sqlite3
from contextlib import closing

import pytest

from mnist_app.core.errors import DigitLabError
from mnist_app.core.runs import checkpoints, database, run_store
from mnist_app.core.runs.checkpoints import Checkpoint
from mnist_app.core.runs.progress import Progress
from mnist_app.core.runs.run import Run, RunState
from mnist_app.core.runs.run_store import Runs
from mnist_app.core.settings import TrainingConfig
from tests.support.samples import in_a_process_of_its_own

CONFIG = TrainingConfig(architecture="dense", epochs=2)
PROGRESS = Progress(2, 2, 5, 5)


def broken_off(kept: Runs, title: str = "x") -> Run:
    """A run that was stopped and left a checkpoint."""
    run = kept.add(title, CONFIG, state=RunState.RUNNING)
    assert run.checkpoints
    checkpoints.save(Checkpoint(b"epoch 1"), run.checkpoints)
    kept.finish(run.id, RunState.STOPPED, PROGRESS)
    return kept.get(run.id)


def folders(kept: Runs) -> int:
    return len(list(kept.path.parent.glob(".runs.sqlite3-checkpoints/*")))


def test_a_run_whose_process_was_killed_goes_on_from_its_checkpoint(kept: Runs) -> None:
    program = (
        "import os, signal\nfrom mnist_app.core.runs import checkpoints\n"
        "from mnist_app.core.runs.run_store import Runs\n"
        "from mnist_app.core.runs.run import RunState\n"
        "from mnist_app.core.settings import TrainingConfig\n"
        "config = TrainingConfig(architecture='dense', epochs=2)\n"
        "for title in ('early', 'late'):\n"
        "    run = Runs().add(title, config, state=RunState.RUNNING)\n"
        "checkpoints.save(checkpoints.Checkpoint(b'epoch 1'), run.checkpoints)\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    assert in_a_process_of_its_own(program).wait() == -signal.SIGKILL
    found = {run.title: run for run in Runs().listed()}
    assert {run.state for run in found.values()} == {RunState.INTERRUPTED}
    assert [found[title].can_continue for title in ("early", "late")] == [False, True]
    again = kept.resume(found["late"].id)
    assert (again.state, again.can_continue) == (RunState.WAITING, False)
    assert again.checkpoints
    assert (again.checkpoints / checkpoints.NAME).read_bytes() == b"epoch 1"
    for run in found.values():
        with pytest.raises(DigitLabError, match="Start again"):
            kept.resume(run.id)
    Runs().mark_interrupted()
    assert kept.get(again.id).state is RunState.WAITING, "it is this process' now"


def test_a_run_that_failed_goes_on_from_its_checkpoint_if_it_left_one(kept: Runs) -> None:
    """As when its model could not be saved for want of room."""
    run = kept.resume(broken_off(kept).id)
    kept.finish(run.id, RunState.FAILED)
    assert kept.get(run.id).can_continue
    run = kept.resume(run.id)
    assert run.checkpoints
    checkpoints.remove(run.checkpoints)
    kept.finish(run.id, RunState.FAILED)
    assert not kept.get(run.id).can_continue
    with pytest.raises(DigitLabError, match="Start again"):
        kept.resume(run.id)


def test_a_run_that_used_up_its_time_cannot_go_on(kept: Runs) -> None:
    """But one that could not be saved can, and is saved then."""
    for state, can_continue in ((RunState.FAILED, True), (RunState.STOPPED, False)):
        run = kept.resume(broken_off(kept).id)
        kept.finish(run.id, state, Progress(1, 2, 3, 4, is_used_up=True))
        assert kept.get(run.id).can_continue is can_continue


def test_what_needs_no_checkpoint_any_more_leaves_none(kept: Runs) -> None:
    run = kept.resume(broken_off(kept).id)
    assert folders(kept) == 1
    kept.finish(run.id, RunState.FINISHED)
    assert (kept.get(run.id).checkpoints, folders(kept)) == (None, 0)
    assert not kept.get(run.id).can_continue
    kept.delete(broken_off(kept).id)
    assert folders(kept) == 0


def test_checkpoints_are_bounded_and_the_newest_stay(
    kept: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_store, "MOST_CHECKPOINTS", 2)
    training = kept.add("training", CONFIG, state=RunState.RUNNING)
    assert training.checkpoints
    checkpoints.save(Checkpoint(b""), training.checkpoints)
    for title in "abcd":
        broken_off(kept, title)
    # Nothing was left by these, so they take nobody's place.
    for _ in range(3):
        kept.finish(kept.add("waited", CONFIG).id, RunState.STOPPED)
    assert [run.title for run in kept.listed(order="title") if run.can_continue] == ["d", "c"]
    assert folders(kept) == 3
    assert checkpoints.exists(training.checkpoints)


def test_checkpoints_stay_when_the_change_that_gives_them_up_fails(
    kept: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "PATIENCE", 0.1)
    run = broken_off(kept)
    with closing(sqlite3.connect(kept.path)) as reader:
        # Nothing can be committed while somebody reads.
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM runs").fetchone()
        with pytest.raises(DigitLabError, match="locked"):
            kept.delete(run.id)
    assert kept.get(run.id).can_continue
    assert kept.resume(run.id).state is RunState.WAITING


def test_a_broken_list_is_set_aside_with_its_checkpoints_and_said_to_be_so(kept: Runs) -> None:
    broken_off(kept)
    kept.path.write_bytes(b"no database at all" * 500)
    again = Runs()
    assert "runs-set-aside-" in again.notice
    assert again.listed() == []
    assert not again.add("first", CONFIG).can_continue
    assert folders(kept) == 0
