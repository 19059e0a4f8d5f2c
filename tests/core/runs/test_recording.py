from dataclasses import replace

import numpy as np
import pytest

from mnist_app.core.errors import DigitLabError
from mnist_app.core.evaluation.metrics import score
from mnist_app.core.models import model_store
from mnist_app.core.runs import recording
from mnist_app.core.runs.outcomes import TrainingOutcome
from mnist_app.core.runs.progress import Point, Progress
from mnist_app.core.runs.recording import Report, Saved, recorded
from mnist_app.core.runs.run import RunState
from mnist_app.core.runs.run_store import Runs
from tests.support.samples import nearly_full_disk, quick


def progress(points: int) -> Progress:
    curve = tuple(Point(number, 1, 0.5) for number in range(points))
    return Progress(1, 1, 1, 1, seconds=points, training=curve)


@pytest.fixture(scope="module")
def outcome() -> Saved:
    """Return what a run comes to that reads nine of ten pictures correctly."""
    labels = np.array([0, *range(1, 9), 0])
    report = score(np.eye(10, dtype=np.float32), labels)
    return TrainingOutcome(report, progress(4), False, model_store.describe(model_store.SHIPPED))


@pytest.fixture
def runs() -> Runs:
    return Runs()


@pytest.fixture
def run_id(runs: Runs) -> int:
    return runs.add("long", quick()).id


@pytest.mark.parametrize("stopped", [False, True])
def test_a_run_that_ends_is_written_down_with_its_results_and_model(
    runs: Runs, run_id: int, outcome: Saved, stopped: bool
) -> None:
    recorded(runs, run_id, lambda report: replace(outcome, stopped=stopped))
    run = runs.get(run_id)
    assert run.state is (RunState.STOPPED if stopped else RunState.FINISHED)
    assert (run.accuracy, run.loss) == (0.9, outcome.report.loss)
    assert run.model == outcome.model.path
    assert outcome.model.card is not None
    assert run.parameter_count == outcome.model.card.parameter_count
    assert run.seconds == 4
    assert len(runs.curves(run_id).training) == 4


def test_a_run_that_fails_keeps_its_curve_and_says_why(runs: Runs, run_id: int) -> None:
    def work(report: Report) -> Saved:
        report(progress(3))
        raise DigitLabError("Lower the learning rate.")

    with pytest.raises(DigitLabError):
        recorded(runs, run_id, work)
    run = runs.get(run_id)
    assert (run.state, run.error) == (RunState.FAILED, "Lower the learning rate.")
    assert (len(runs.curves(run_id).training), run.seconds) == (3, 3)


def test_what_was_not_foreseen_is_no_secret_and_no_jargon(runs: Runs, run_id: int) -> None:
    def work(report: Report) -> Saved:
        raise ZeroDivisionError("float division")

    with pytest.raises(ZeroDivisionError):
        recorded(runs, run_id, work)
    run = runs.get(run_id)
    assert run.state is RunState.FAILED
    assert "division" not in run.error


def test_it_is_seen_how_far_a_run_is_while_it_goes(
    runs: Runs, run_id: int, outcome: Saved, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "RECORD_SECONDS", 0.0)

    def work(report: Report) -> Saved:
        assert runs.get(run_id).state is RunState.RUNNING
        while not runs.curves(run_id).training:
            report(progress(4))
        return outcome

    assert recorded(runs, run_id, work) is outcome


def test_a_run_is_not_written_down_often(runs: Runs, run_id: int, outcome: Saved) -> None:
    written: list[int] = []

    class Counting(Runs):
        def record(self, run_id: int, progress: Progress) -> None:
            written.append(len(progress.training))

    def work(report: Report) -> Saved:
        for points in range(100):
            report(progress(points))
        return outcome

    recorded(Counting(runs.path), run_id, work)
    assert written == [0]


def test_a_full_disk_on_the_way_costs_an_entry_and_not_the_run(
    runs: Runs, run_id: int, outcome: Saved
) -> None:
    def work(report: Report) -> Saved:
        with nearly_full_disk():
            report(progress(4))
        return outcome

    assert recorded(runs, run_id, work) is outcome
    assert runs.get(run_id).state is RunState.FINISHED


def test_a_full_disk_costs_the_entry_but_not_what_was_learned(
    runs: Runs, run_id: int, outcome: Saved
) -> None:
    class Full(Runs):
        def finish(self, run_id: int, state: RunState, *args: object, **facts: object) -> None:
            with nearly_full_disk():
                super().finish(run_id, state, *args, **facts)  # type: ignore[arg-type]

    full = Full(runs.path)
    assert recorded(full, run_id, lambda report: outcome) is outcome
    assert full.get(run_id).state is RunState.INTERRUPTED, "nobody holds it any more"


def test_a_run_whose_beginning_cannot_be_written_does_not_wait_for_ever(
    runs: Runs, run_id: int
) -> None:
    def work(report: Report) -> Saved:
        raise AssertionError("it must not begin")

    with nearly_full_disk(), pytest.raises(DigitLabError, match="Free some disk space"):
        recorded(runs, run_id, work)
    assert runs.get(run_id).state is RunState.INTERRUPTED
    runs.delete(run_id)
