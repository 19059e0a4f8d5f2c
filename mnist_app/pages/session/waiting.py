"""The progress and the failure of a background job, as a page shows them."""

import time
from collections.abc import Callable
from typing import Any

import streamlit as st

from mnist_app.core.errors import DigitLabError
from mnist_app.core.jobs.job_queue import JobQueue
from mnist_app.core.jobs.phases import Phase
from mnist_app.core.jobs.snapshot import JobState, Snapshot
from mnist_app.pages.session.wording import about, show_error

POLL_SECONDS = 0.4


def result_or_stop(
    queue: JobQueue, job: Snapshot, doing: str, stop: Callable[[int], object] | None = None
) -> Any:
    """Return the job's result; until it is there, show its progress and end this run of the page.

    The page runs again by itself when the job is over. A failure comes with a button to try again.

    Args:
        doing: what is being done, such as "Opening MNIST".
        stop: see `show_progress`.
    """
    result = result_or_progress(queue, job, doing, stop=stop)
    if job.state != JobState.DONE:
        st.stop()
    return result


def result_or_progress(
    queue: JobQueue,
    job: Snapshot,
    doing: str,
    seen: int | None = None,
    stop: Callable[[int], object] | None = None,
    is_file: bool = False,
) -> Any:
    """Return the job's result; until it is there, show its progress and return None.

    Args:
        seen, stop: see `show_progress`.
        is_file: see `show_failure`.
    """
    if job.state == JobState.DONE:
        return job.result
    if job.is_over:
        show_failure(queue, job, f"retry-{doing}", is_file)
    else:
        show_progress(queue, job.id, doing, seen, stop)
    return None


def show_failure(queue: JobQueue, job: Snapshot, key: str, is_file: bool = False) -> None:
    """Show why a job failed, or that it was stopped, and a button to try again.

    Args:
        is_file: it is about a file that a visitor brought. One that is refused stays as it is,
            while a host may mend what everybody uses.
    """
    if job.state == JobState.STOPPED:
        st.caption("Stopped.")
    else:
        show_error(job.error)
        if is_file and job.is_refused:
            return
    st.button(
        "Try again", key=key, icon=":material/refresh:", on_click=queue.forget, args=(job.id,)
    )


@st.fragment(run_every=POLL_SECONDS)
def show_progress(
    queue: JobQueue,
    job_id: int,
    doing: str,
    seen: int | None = None,
    stop: Callable[[int], object] | None = None,
) -> None:
    """Show a job's progress, a few times a second; run the whole page again when it is over.

    Args:
        seen: of a job whose progress has stages, the one on the page, which runs again at the next.
        stop: called with the job when somebody presses Stop, which None does not offer. Of what
            visitors share, one stops only to wait.
    """
    job = queue.snapshot(job_id)
    if job is None or job.is_over or (seen is not None and _stage(job) != seen):
        st.rerun()
    fraction = 0.0 if job.ahead else float(getattr(job.progress, "fraction", job.progress or 0.0))
    text = f"{doing} … {_how_far(job, fraction)}"
    if fraction:
        st.progress(fraction, text)
    else:
        moving_bar(text, doing)
    if (
        stop is not None
        and not job.stopping
        and st.button("Stop", key=f"stop-{doing}", icon=":material/stop:")
    ):
        stop(job.id)
        st.rerun()


def _how_far(job: Snapshot, fraction: float) -> str:
    if job.ahead:
        others = "another" if job.ahead == 1 else f"{job.ahead} others"
        return f"waits for {others} to finish first"
    if job.stopping:
        return "stopping"
    elapsed = time.time() - job.started if job.started else 0.0
    left = f", {about(elapsed / fraction - elapsed)} left" if fraction else ""
    stage = ""
    if isinstance(job.progress, Phase):
        words = job.progress.stage
        stage = f", {words[0].lower()}{words[1:]}"
    return f"{elapsed:.0f} s{left}{stage}"


def moving_bar(text: str, key: str, fraction: float = 0.0) -> None:
    """Show that something goes on of which nobody knows when it ends; the style has it move.

    Args:
        fraction: what is done before, 0..1.
    """
    with st.container(key=f"moving_{key}"):
        st.progress(fraction, text)


@st.fragment(run_every=POLL_SECONDS)
def rerun_when_over(queue: JobQueue, job_id: int, text: str = "") -> None:
    """Run the page again as soon as a job is over; show `text` until then."""
    job = queue.snapshot(job_id)
    if job is None or job.is_over:
        st.rerun()
    if text:
        st.caption(text)


def rerun_after(act: Callable[[], object]) -> None:
    """Run the page again after `act`; show why it was refused instead."""
    try:
        act()
    except DigitLabError as error:
        show_error(error)
    else:
        st.rerun()


def _stage(job: Snapshot) -> int:
    return job.progress.stage if job.progress else 0
