import threading

import pytest
from streamlit.testing.v1 import AppTest

from mnist_app.core.jobs.job_queue import JobQueue
from mnist_app.core.jobs.snapshot import JobState
from mnist_app.pages.session import presence
from mnist_app.pages.session.queues import LEFT_SECONDS, Queues

SCRIPT = "from mnist_app.pages.session import presence\npresence.report_presence()"


def test_who_is_there_keeps_the_place_and_who_left_loses_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [0.0]
    line = JobQueue("training", patience=LEFT_SECONDS, clock=lambda: now[0])
    monkeypatch.setattr(presence, "queues", lambda: Queues(training=line))
    end = threading.Event()
    line.submit(lambda control: end.wait(60))
    ours, theirs = (line.submit(lambda control: None, owner) for owner in ("we", "they"))
    app = AppTest.from_string(SCRIPT, default_timeout=60)
    app.session_state["visitor"] = "we"
    while now[0] <= LEFT_SECONDS:
        app.run()
        now[0] += presence.SIGN_SECONDS
    app.run()
    found = [line.snapshot(job.id) for job in (ours, theirs)]
    end.set()
    assert [job.state for job in found if job] == [JobState.WAITING, JobState.STOPPED]


def test_a_tab_in_the_background_is_there() -> None:
    # Browsers let the clocks of hidden pages tick once a minute.
    assert 60 + presence.SIGN_SECONDS < LEFT_SECONDS
