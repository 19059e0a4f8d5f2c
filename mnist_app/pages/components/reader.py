"""Who reads what is drawn, what it says, and what is shown while it cannot say anything yet."""

import time
from typing import Any

import streamlit as st

from mnist_app.core.errors import DigitLabError
from mnist_app.core.jobs.job_queue import Snapshot, State
from mnist_app.core.models.model_store import StoredModel
from mnist_app.core.recognition import answers
from mnist_app.core.recognition.reading import Reading, read_drawing
from mnist_app.pages.components import answer
from mnist_app.pages.components.canvas import Canvas
from mnist_app.pages.session.queues import classifier_job, queues
from mnist_app.pages.session.waiting import POLL_SECONDS
from mnist_app.pages.session.wording import show_error

# A model that is ready is loaded in a fraction of this.
PATIENCE_SECONDS = 0.3
NO_READER = "There is no model here that reads digits: train one on the Train page."


def chosen_model(models: dict[str, StoredModel]) -> StoredModel | None:
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


def read_canvas(own: Canvas, job: Snapshot) -> tuple[Reading, float]:
    """What is drawn, and the milliseconds it took; no digits while the model is not ready.

    Args:
        job: the model's `queues.classifier_job`.
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


def read_latest(own: Canvas, model: StoredModel) -> tuple[Reading, float, Snapshot]:
    """As `read`, of what was drawn just now, with the model's `queues.classifier_job`."""
    own.look()
    job = classifier_job(model)
    # It is there at once, unless it has to be made ready first.
    job = queues().models.wait(job.id, PATIENCE_SECONDS) or job
    return *read_canvas(own, job), job


def show_answer(
    own: Canvas, model: StoredModel, reading: Reading, milliseconds: float, job: Snapshot
) -> None:
    """Show the answer, or why there is none, and follow the pen from now on."""
    told = _told(own, reading, job) | {"milliseconds": milliseconds}
    with st.container(key="prediction"):
        answer.show_words(own.name, told, _followed(own, model), _invitation(own))


def _told(own: Canvas, reading: Reading, job: Snapshot) -> dict[str, Any]:
    if reading.digits:
        return answers.told(reading)
    if own.is_empty:
        return _invitation(own)
    if job.state == State.FAILED:
        return answers.unread("This model cannot read.")
    if not job.is_over:
        return answers.unread(
            "The network is waking up …", "Your drawing is read as soon as it is ready."
        )
    return answers.told(reading)


def _invitation(own: Canvas) -> dict[str, Any]:
    what = "a number" if own.is_wide else "a digit"
    return answers.unread(
        f"Draw {what}, and it is read here.", "Mouse, pen or finger: as you would on paper."
    )


def _followed(own: Canvas, model: StoredModel) -> dict[str, Any]:
    """What the browser has to know of the canvas to follow the pen, see live.js."""
    strokes, tip = own.last_stroke
    return {
        "key": own.key,
        "model": model.name,
        "number": own.is_wide,
        "pen": own.brush,
        "paper": own.paper,
        "start": own.starting_points,
        "strokes": strokes,
        "tip": tip,
    }


def rerun_when_ready(job: Snapshot) -> None:
    """Run the page again when the model is ready; tell it when it cannot be loaded."""
    if job.state == State.FAILED:
        show_error(job.error)
        st.button(
            "Try again",
            key="retry-model",
            icon=":material/refresh:",
            on_click=queues().models.forget,
            args=(job.id,),
        )
    elif not job.is_over:
        _when_ready(job.id)


@st.fragment(run_every=POLL_SECONDS)
def _when_ready(job_id: int) -> None:
    """Run the page again as soon as the model is ready, so that a waiting drawing is read."""
    job = queues().models.snapshot(job_id)
    if job is None or job.is_over:
        st.rerun()
