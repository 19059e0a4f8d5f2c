"""The reading of a visitor's canvas, and what is shown while there is none yet."""

import time
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from mnist_app.core.errors import DigitLabError
from mnist_app.core.jobs.snapshot import JobState, Snapshot
from mnist_app.core.models import model_cache
from mnist_app.core.models.model_store import StoredModel
from mnist_app.core.recognition import answers
from mnist_app.core.recognition.reading import Reading, is_rather_a_number, read_drawing
from mnist_app.pages.components import answer
from mnist_app.pages.components.canvas import Canvas, read_as_number
from mnist_app.pages.session.choices import models_at_hand
from mnist_app.pages.session.jobs import loading_job
from mnist_app.pages.session.queues import queues
from mnist_app.pages.session.waiting import rerun_when_over, show_failure

# A model that is ready is loaded in a fraction of this.
PATIENCE_SECONDS = 0.3
NO_READER = "No network here reads digits yet. Train one on the Train page."


@dataclass(frozen=True)
class CanvasReading:
    """A model's reading of a canvas.

    Attributes:
        canvas: where it was drawn.
        model: who reads it.
        job: what loads the model.
        reading: no digits while the model is not loaded.
        milliseconds: how long the reading took.
    """

    canvas: Canvas
    model: StoredModel
    job: Snapshot
    reading: Reading
    milliseconds: float = 0.0


def readers_at_hand() -> dict[str, StoredModel]:
    """Return the models that may read this visitor's digits, by name; the built-in one first."""
    return {name: model for name, model in models_at_hand().items() if model.reads_digits}


def chosen_model(models: dict[str, StoredModel]) -> StoredModel | None:
    """Return the model that this visitor has chosen, or a link names, or the first.

    The session keeps its name as `model`, also for pages that do not offer the choice.
    """
    if not models:
        return None
    st.session_state.model = st.session_state.pop("wanted_model", st.session_state.get("model"))
    if st.session_state.model not in models:
        wanted = st.query_params.get("model")
        st.session_state.model = wanted if wanted in models else next(iter(models))
    return models[st.session_state.model]


def read_canvas(canvas: Canvas, model: StoredModel, patience: float = 0.0) -> CanvasReading:
    """Read what is drawn.

    Args:
        patience: seconds to wait for the model.
    """
    job = loading_job(model)
    if patience:
        job = queues().short.wait(job.id, patience) or job
    found = CanvasReading(canvas, model, job, Reading(()))
    started = time.perf_counter()
    try:
        drawing = canvas.drawing
        if job.state != JobState.DONE:
            return found
        reading = read_drawing(drawing, model_cache.loaded(model.path), as_number=canvas.is_wide)
    except DigitLabError as error:
        return replace(found, reading=Reading((), str(error)))
    return replace(found, reading=reading, milliseconds=(time.perf_counter() - started) * 1000)


def read_latest(canvas: Canvas, model: StoredModel) -> CanvasReading:
    """Read what the browser last sent; a page whose model was deleted chooses another."""
    canvas.update()
    if not model.path.exists():
        st.rerun()
    return read_canvas(canvas, model, PATIENCE_SECONDS)


def looks_like_a_number(found: CanvasReading) -> bool:
    """Return whether what was drawn as one digit reads better as several."""

    def as_number() -> Reading:
        classifier = model_cache.loaded(found.model.path)
        return read_drawing(found.canvas.drawing, classifier, as_number=True)

    return not found.canvas.is_wide and is_rather_a_number(found.reading, as_number)


def offer_number(canvas: Canvas, key: str) -> None:
    """Offer to read what is more than one digit as a number."""
    with st.container(horizontal=True, vertical_alignment="center", key=f"{key}_offer"):
        st.markdown("This looks like more than one digit.", width="content")
        st.button(
            "Read as a number",
            key=key,
            icon=":material/pin:",
            on_click=read_as_number,
            args=(canvas,),
        )


def show_answer(found: CanvasReading) -> None:
    """Show the answer, or why there is none, and follow the pen from now on."""
    canvas = found.canvas
    shown = _answer(found) | {"milliseconds": found.milliseconds}
    followed = canvas.as_followed | {"model": found.model.name}
    with st.container(key="prediction"):
        answer.show_words(canvas.name, shown, followed, _invitation(found), canvas.erase)


def _answer(found: CanvasReading) -> dict[str, Any]:
    if found.reading.digits:
        return answers.as_dict(found.reading, found.model.names)
    if found.canvas.is_empty:
        return _invitation(found)
    if found.job.state == JobState.FAILED:
        return answers.unread("This network cannot be opened. Choose another.")
    if not found.job.is_over:
        return answers.unread(
            "The network is waking up …", "It reads your drawing as soon as it is ready."
        )
    return answers.as_dict(found.reading)


def _invitation(found: CanvasReading) -> dict[str, Any]:
    one = "one of the symbols" if found.model.names else "a digit"
    what = "a number" if found.canvas.is_wide else one
    return answers.unread(
        f"Draw {what} and the answer appears here.",
        "Use a mouse, pen or finger, just as on paper.",
    )


def rerun_when_ready(job: Snapshot) -> None:
    """Run the page again when the model is loaded; show why it cannot be."""
    if job.state == JobState.FAILED:
        show_failure(queues().short, job, "retry-model")
    elif not job.is_over:
        rerun_when_over(queues().short, job.id)
