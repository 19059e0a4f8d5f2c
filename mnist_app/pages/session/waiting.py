"""What a page shows while a background job works, and when it failed."""

import time
from typing import Any

import streamlit as st

from mnist_app.core.jobs.job_queue import Snapshot, State, Worker
from mnist_app.core.jobs.phases import Phase
from mnist_app.pages.session.interest import give_up, has_given_up, take_up
from mnist_app.pages.session.queues import queues
from mnist_app.pages.session.visitor import tab
from mnist_app.pages.session.wording import show_error

POLL_SECONDS = 0.4


def result_or_stop(worker: Worker, job: Snapshot, what: str) -> Any:
    """The job's result; until it is there, show how it stands and end this run of the page.

    The page runs again by itself when the job is over. A failure is told with a button to retry.

    Args:
        what: what is being done, such as "Opening MNIST".
    """
    found = result_or_progress(worker, job, what)
    if job.state != State.DONE:
        st.stop()
    return found


def result_or_progress(worker: Worker, job: Snapshot, what: str, seen: int | None = None) -> Any:
    """As `result_of`, for a part of a page: None while there is no result, and the page goes on.

    Args:
        seen: see `watch`.
    """
    if job.state == State.DONE:
        return job.result
    if job.state == State.FAILED:
        show_error(job.error)
        if st.button("Try again", icon=":material/refresh:", key=f"retry-{what}"):
            worker.forget(job.id)
            st.rerun()
    elif job.state == State.STOPPED or has_given_up(worker, job):
        st.info(f"{what} was stopped.")
        if st.button("Start again", icon=":material/refresh:", key=f"retry-{what}"):
            take_up(worker, job)
            worker.forget(job.id)
            st.rerun()
    else:
        show_progress(worker, job.id, what, seen)
    return None


@st.fragment(run_every=POLL_SECONDS)
def show_progress(worker: Worker, job_id: int, what: str, seen: int | None = None) -> None:
    """Show how a job stands, a few times a second; run the whole page again when it is over.

    Args:
        seen: of a job whose progress has stages, the one on the page, which runs again at the next.
    """
    job = worker.snapshot(job_id)
    if job is None or job.is_over or (seen is not None and _stage(job) != seen):
        st.rerun()
        return
    queues().interest.note(worker, job.id, tab())
    if job.ahead:
        others = "another" if job.ahead == 1 else f"{job.ahead} others"
        st.progress(0.0, f"{what}: waits for {others} to finish first.")
        return
    share = float(getattr(job.progress, "share", job.progress or 0.0))
    elapsed = time.time() - job.started if job.started else 0.0
    left = f", about {_seconds(elapsed / share - elapsed)} left" if share else ""
    stage = f", {job.progress.stage.lower()}" if isinstance(job.progress, Phase) else ""
    how = "stopping" if job.stopping else f"{elapsed:.0f} s{left}{stage}"
    st.progress(share, f"{what} … {how}")
    if share and not job.stopping and st.button("Stop", key=f"stop-{what}"):
        _stop(worker, job)


def _stop(worker: Worker, job: Snapshot) -> None:
    """Stop somebody's own job; one that all share only when nobody else waits for it."""
    if job.owner:
        worker.stop(job.id)
        return
    give_up(worker, job)
    if queues().interest.drop(worker, job.id, tab()):
        worker.stop(job.id)
    st.rerun()


def _stage(job: Snapshot) -> int:
    return job.progress.stage if job.progress else 0


def _seconds(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"
