"""Who reads what is drawn, what it says, and what is shown while it cannot say anything yet."""

import time

import streamlit as st

from mnist_app import model_store
from mnist_app.errors import DigitLabError
from mnist_app.jobs import Snapshot, State
from mnist_app.model_store import StoredModel
from mnist_app.pages import answer
from mnist_app.pages.canvas import Canvas
from mnist_app.pages.waiting import POLL_SECONDS
from mnist_app.pages.workers import workers
from mnist_app.reading import Reading, read_drawing

NO_READER = "There is no model here that reads digits: train one on the Train page."


def readers() -> dict[str, StoredModel]:
    """The models that read digits, by name; the shipped one first, then the newest first."""
    return {model.name: model for model in model_store.models() if model.reads_digits}


def chosen(models: dict[str, StoredModel]) -> StoredModel | None:
    """The one of `readers` that this visitor has chosen, or a link names, or the first.

    Its name stands in the session as `model`, also for pages that do not offer the choice.
    """
    if not models:
        return None
    st.session_state.model = st.session_state.pop("wanted_model", st.session_state.get("model"))
    if st.session_state.model not in models:
        wanted = st.query_params.get("model")
        st.session_state.model = wanted if wanted in models else next(iter(models))
    return models[st.session_state.model]


def read(own: Canvas, job: Snapshot) -> tuple[Reading, float]:
    """What is drawn, and the milliseconds it took; no digits while the model is not ready.

    Args:
        job: the model's `workers.classifier_job`.
    """
    started = time.perf_counter()
    try:
        drawing = own.drawing
        if job.state != State.DONE:
            return Reading(()), 0.0
        reading = read_drawing(drawing, job.result, as_number=own.is_wide)
    except DigitLabError as error:
        return Reading((), str(error)), 0.0
    return reading, (time.perf_counter() - started) * 1000


def words(own: Canvas, reading: Reading, job: Snapshot) -> str:
    """The HTML of the answer, or of why there is none."""
    if reading.digits:
        return answer.words(reading)
    if own.is_empty:
        what = "a number" if own.is_wide else "a digit"
        return answer.invitation(
            f"Draw {what}, and it is read here.", "Mouse, pen or finger: as you would on paper."
        )
    if job.state == State.FAILED:
        return answer.invitation("This model cannot read.")
    if not job.is_over:
        return answer.invitation(
            "The network is waking up …", "Your drawing is read as soon as it is ready."
        )
    return answer.invitation(reading.reason)


def follow(job: Snapshot) -> None:
    """Run the page again when the model is ready; tell it when it cannot be loaded."""
    if job.state == State.FAILED:
        st.error(job.error, icon=":material/error:")
        st.button(
            "Try again", key="retry-model", icon=":material/refresh:",
            on_click=workers().models.forget, args=(job.id,),
        )  # fmt: skip
    elif not job.is_over:
        _when_ready(job.id)


@st.fragment(run_every=POLL_SECONDS)
def _when_ready(job_id: int) -> None:
    """Run the page again as soon as the model is ready, so that a waiting drawing is read."""
    job = workers().models.snapshot(job_id)
    if job is None or job.is_over:
        st.rerun()
