from collections.abc import Iterator

import pytest
from streamlit.testing.v1 import AppTest

from mnist_app.core.jobs.job_queue import Control, State, Worker
from mnist_app.pages.session.interest import GONE_SECONDS, Interest
from mnist_app.pages.session.workers import workers
from tests.support.gates import PATIENCE, Gate
from tests.support.visits import said

pytestmark = pytest.mark.usefixtures("idle_workers")

SCRIPT = """
import streamlit as st
from mnist_app.pages.session.waiting import result_if_there
from mnist_app.pages.session.workers import once_unless_given_up, workers

line = workers().maps
job = once_unless_given_up(line, "shared", st.session_state.task)
st.write(f"Found: {result_if_there(line, job, 'Working')}.")
"""


class Halfway(Gate):
    """A gate that says at once that half of its work is done."""

    def __call__(self, control: Control) -> str:
        control.report(0.5)
        return super().__call__(control)


@pytest.fixture
def gate() -> Iterator[Halfway]:
    gate = Halfway()
    yield gate
    gate.opened.set()


def visitor(gate: Halfway) -> AppTest:
    """Somebody who waits for the shared job."""
    app = AppTest.from_string(SCRIPT, default_timeout=60)
    app.session_state["task"] = gate
    app.run()
    assert gate.entered.wait(PATIENCE)
    return app.run()


def press(app: AppTest, label: str) -> None:
    next(button for button in app.button if button.label == label).click().run()
    assert not app.exception


def test_who_stops_what_somebody_else_waits_for_stops_it_for_nobody_else(gate: Halfway) -> None:
    ann, ben = visitor(gate), visitor(gate)
    press(ann, "Stop")
    assert "Working was stopped" in said(ann)
    (job,) = workers().maps.jobs()
    assert (job.state, job.stopping) == (State.RUNNING, False)
    assert "Working …" in said(ben.run())
    gate.opened.set()
    workers().maps.wait(job.id, PATIENCE)
    assert "Found: through." in said(ben.run())
    assert "Found: through." in said(ann.run())


def test_who_gave_up_can_wait_again(gate: Halfway) -> None:
    ann, _ = visitor(gate), visitor(gate)
    press(ann, "Stop")
    press(ann, "Start again")
    assert "Working …" in said(ann)
    assert len(workers().maps.jobs()) == 1


def test_the_last_who_waits_stops_it_and_only_they_see_that(gate: Halfway) -> None:
    ann, ben = visitor(gate), visitor(gate)
    press(ann, "Stop")
    press(ben, "Stop")
    (job,) = workers().maps.jobs()
    stopped = workers().maps.wait(job.id, PATIENCE)
    assert stopped is not None
    assert stopped.state is State.STOPPED
    for app in (ann, ben):
        assert "Working was stopped" in said(app.run())
    assert len(workers().maps.jobs()) == 1
    gate.opened.set()
    visitor(gate)
    assert next(job.state for job in workers().maps.jobs()) is State.STOPPED
    assert len(workers().maps.jobs()) == 2


def test_who_closed_the_page_waits_no_longer() -> None:
    now = [0.0]
    interest, line = Interest(clock=lambda: now[0]), Worker("test")
    for tab in ("ann", "ben"):
        interest.note(line, 1, tab)
    now[0] = GONE_SECONDS
    interest.note(line, 1, "ann")
    assert interest.drop(line, 1, "ann")
