"""What a page shows while a background job works, and when it failed."""

import time
from typing import Any

import streamlit as st

from mnist_app.jobs import Snapshot, State, Worker

POLL_SECONDS = 0.4


def result_of(worker: Worker, job: Snapshot, what: str) -> Any:
    """The job's result; until it is there, show how it stands and end this run of the page.

    The page runs again by itself when the job is over. A failure is told with a button to retry.

    Args:
        what: what is being done, such as "Opening MNIST".
    """
    if job.state == State.DONE:
        return job.result
    if job.state == State.FAILED:
        st.error(job.error, icon=":material/error:")
        if st.button("Try again", icon=":material/refresh:", key=f"retry-{what}"):
            worker.forget(job.id)
            st.rerun()
    elif job.state == State.STOPPED:
        st.info(f"{what} was stopped.")
        if st.button("Start again", icon=":material/refresh:", key=f"retry-{what}"):
            worker.forget(job.id)
            st.rerun()
    else:
        watch(worker, job.id, what)
    st.stop()


@st.fragment(run_every=POLL_SECONDS)
def watch(worker: Worker, job_id: int, what: str) -> None:
    """Show how a job stands, a few times a second; run the whole page again when it is over."""
    job = worker.snapshot(job_id)
    if job is None or job.is_over:
        st.rerun()
        return
    if job.ahead:
        others = "another" if job.ahead == 1 else f"{job.ahead} others"
        st.progress(0.0, f"{what}: waits for {others} to finish first.")
        return
    share = job.progress if isinstance(job.progress, float) else 0.0
    elapsed = time.time() - job.started if job.started else 0.0
    left = f", about {_seconds(elapsed / share - elapsed)} left" if share else ""
    st.progress(share, f"{what} … {elapsed:.0f} s{left}")
    if share and st.button("Stop", key=f"stop-{job_id}"):
        worker.stop(job_id)


def _seconds(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"
