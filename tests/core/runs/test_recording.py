import threading
from pathlib import Path

import pytest

from mnist_app.core.errors import DigitLabError
from mnist_app.core.jobs.run_control import RunControl
from mnist_app.core.runs import recording
from mnist_app.core.runs.outcomes import TrainingOutcome as Outcome
from mnist_app.core.runs.outcomes import save_trained
from mnist_app.core.runs.progress import Point, Progress
from mnist_app.core.runs.recording import Report, recorded
from mnist_app.core.runs.run import RunState
from mnist_app.core.runs.run_store import Runs
from mnist_app.lab.training import experiment
from tests.support.samples import nearly_full_disk, quick

CONFIG = quick(dataset="optdigits", epochs=2)


def progress(points: int) -> Progress:
    curve = tuple(Point(number, 1, 0.5) for number in range(points))
    return Progress(1, 1, 1, 1, seconds=points, training=curve)


def trained(control: RunControl | None = None) -> tuple[Runs, int, Outcome]:
    runs = Runs()
    run_id = runs.add("kept", CONFIG).id

    def work(report: Report) -> Outcome:
        trained = experiment.train_model(CONFIG, "kept", report=report, control=control)
        return save_trained(trained, None)

    return runs, run_id, recorded(runs, run_id, work)


def test_a_run_that_ends_is_written_down_with_its_results_and_model() -> None:
    runs, run_id, outcome = trained()
    run = runs.get(run_id)
    assert run.state is RunState.FINISHED
    assert run.accuracy == outcome.report.accuracy
    assert run.loss == outcome.report.loss
    assert run.model == outcome.stored.path
    assert outcome.stored.card is not None
    assert run.weights == outcome.stored.card.weights
    assert run.seconds == outcome.progress.seconds > 0
    curves = runs.curves(run_id)
    assert len(curves.validation) == 2
    assert curves.training[-1].epoch == 2


def test_a_run_that_was_stopped_says_so_and_keeps_its_model() -> None:
    control = RunControl()
    control.stop()
    runs, run_id, _ = trained(control)
    run = runs.get(run_id)
    assert run.state is RunState.STOPPED
    assert run.model is not None
    assert run.model.exists()


def test_a_run_that_fails_keeps_its_curve_and_says_why() -> None:
    runs = Runs()
    run_id = runs.add("bad", CONFIG).id

    def work(report: Report) -> Outcome:
        report(progress(3))
        raise DigitLabError("Lower the learning rate.")

    with pytest.raises(DigitLabError):
        recorded(runs, run_id, work)
    run = runs.get(run_id)
    assert (run.state, run.error) == (RunState.FAILED, "Lower the learning rate.")
    assert (len(runs.curves(run_id).training), run.seconds) == (3, 3)


def test_what_was_not_foreseen_is_no_secret_and_no_jargon() -> None:
    runs = Runs()
    run_id = runs.add("bad", CONFIG).id

    def work(report: Report) -> Outcome:
        raise ZeroDivisionError("float division")

    with pytest.raises(ZeroDivisionError):
        recorded(runs, run_id, work)
    run = runs.get(run_id)
    assert run.state is RunState.FAILED
    assert "division" not in run.error


def test_it_is_seen_how_far_a_run_is_while_it_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "RECORD_SECONDS", 0.0)
    runs = Runs()
    run_id = runs.add("long", CONFIG).id
    _, _, outcome = trained()
    seen: list[int] = []

    def work(report: Report) -> Outcome:
        assert runs.get(run_id).state is RunState.RUNNING
        while not seen:
            report(progress(4))
            seen.extend([4] * bool(runs.curves(run_id).training))
        return outcome

    recorded(runs, run_id, work)
    assert seen == [4]


def test_training_neither_waits_for_the_disk_nor_writes_often() -> None:
    runs = Runs()
    run_id = runs.add("long", CONFIG).id
    _, _, outcome = trained()
    written: list[int] = []
    allowed = threading.Event()

    class Slow(Runs):
        def record(self, run_id: int, progress: Progress, seconds: float = 0.0) -> None:
            allowed.wait(60)
            written.append(len(progress.training))

    def work(report: Report) -> Outcome:
        for points in range(100):
            report(progress(points))
        allowed.set()
        return outcome

    recorded(Slow(runs.path), run_id, work)
    assert written == [0]
    assert runs.get(run_id).state is RunState.FINISHED


def test_a_full_disk_costs_the_entry_but_not_what_was_learned(tmp_path: Path) -> None:
    runs = Runs()
    run_id = runs.add("long", CONFIG).id
    _, _, outcome = trained()

    def work(report: Report) -> Outcome:
        return outcome

    class Full(Runs):
        def finish(self, run_id: int, state: RunState, *args: object, **facts: object) -> None:
            with nearly_full_disk():
                super().finish(run_id, state, *args, **facts)  # type: ignore[arg-type]

    full = Full(runs.path)
    assert recorded(full, run_id, work) is outcome
    assert full.get(run_id).state is RunState.INTERRUPTED, "nobody holds it any more"


def test_a_run_whose_beginning_cannot_be_written_does_not_wait_for_ever() -> None:
    runs = Runs()
    run_id = runs.add("never", CONFIG).id

    def work(report: Report) -> Outcome:
        raise AssertionError("it must not begin")

    with nearly_full_disk(), pytest.raises(DigitLabError, match="free some disk space"):
        recorded(runs, run_id, work)
    assert runs.get(run_id).state is RunState.INTERRUPTED
    runs.delete(run_id)
