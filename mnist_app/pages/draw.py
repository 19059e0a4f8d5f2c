"""The start page: draw a digit or a number and see at once how the network reads it."""

import time

import numpy as np
import streamlit as st

from mnist_app import model_store
from mnist_app.classifier import Classifier
from mnist_app.errors import DigitLabError
from mnist_app.jobs import Snapshot, State
from mnist_app.model_store import StoredModel
from mnist_app.pages import answer, canvas, looking
from mnist_app.pages.canvas import Canvas
from mnist_app.pages.correcting import correcting_panel
from mnist_app.pages.photo import picture_panel
from mnist_app.pages.waiting import POLL_SECONDS
from mnist_app.pages.workers import classifier_job, workers
from mnist_app.reading import Digit, Reading, read_drawing

DONE = "Your drawing, brought to the size, place and line width of the digits it learned from."


def page() -> None:
    """Show the page."""
    st.title("Draw a digit")
    own = canvas.visitors_canvas()
    # It stands first but needs what is chosen below it and outside of it: each stroke sends only
    # what it changes, and looks for nothing on the disk.
    place = st.container()
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        canvas.tools(own)
        model = _chosen_model()
    with place:
        _lab(own, model)
    if model is not None:
        correcting_panel(own, model)
        picture_panel(model)


@st.fragment
def _lab(own: Canvas, model: StoredModel | None) -> None:
    left, right = st.columns([17, 9] if own.is_wide else [5, 6], gap="large")
    own.look()
    if model is None:
        with right, st.container(key="prediction"):
            st.info("There is no model here that reads digits: train one on the Train page.")
        with left:
            canvas.show(own)
        return
    job = classifier_job(model)
    reading, milliseconds = _read(own, job.result if job.state == State.DONE else None)
    # The answer is sent before the canvas that stands left of it: it is what is waited for.
    with right, st.container(key="prediction"):
        answer.show_words(_words(own, reading, job))
    with left:
        canvas.show(own)
    with right:
        with st.container(key="probabilities"):
            digit = answer.picked(reading, key="picked")
            # A chart does not notice that its column became narrower; another one begins so.
            answer.show_bars(digit, model.class_names, key=f"bars-{own.is_wide}")
        with st.container(key="model_input"):
            speed = f"Read in {milliseconds:.1f} ms." if reading.digits else ""
            answer.show_inputs(reading, DONE, speed)
    _look_inside(digit, model)
    if job.state == State.FAILED:
        _failure(job)
    elif not job.is_over:
        _when_ready(job.id)


def _look_inside(digit: Digit | None, model: StoredModel) -> None:
    """What the network looks at in the digit whose bars are shown, once somebody wants to know."""
    with st.expander(
        "Look inside: how did it come to that?", key="look_inside", icon=":material/visibility:",
        on_change="rerun", bind="query-params",
    ) as inside:  # fmt: skip
        if not inside.open:
            return
        if digit is None:
            st.caption("Draw a digit, and see here what the network makes of it, step by step.")
        else:
            looking.panel(digit.image / np.float32(255), model, "drawn")


def _chosen_model() -> StoredModel | None:
    """The model that reads, kept in the link as `model`."""
    models = {model.name: model for model in model_store.models() if model.reads_digits}
    if not models:
        return None
    st.session_state.model = st.session_state.pop("wanted_model", st.session_state.get("model"))
    if st.session_state.model not in models:
        wanted = st.query_params.get("model")
        st.session_state.model = wanted if wanted in models else next(iter(models))
    with st.popover(f"Read by: {models[st.session_state.model].title}"):
        name = st.radio(
            "The model that reads your drawing",
            list(models),
            key="model",
            format_func=lambda name: _label(models[name]),
        )
    return models[name]


def _label(model: StoredModel) -> str:
    origin = "comes with the app" if model.is_shipped else "trained here"
    return f"{model.title} ({origin})"


def _read(own: Canvas, classifier: Classifier | None) -> tuple[Reading, float]:
    """What is drawn, and the milliseconds it took; no digits while the model is not ready."""
    started = time.perf_counter()
    try:
        drawing = own.drawing
        if classifier is None:
            return Reading(()), 0.0
        reading = read_drawing(drawing, classifier, as_number=own.is_wide)
    except DigitLabError as error:
        return Reading((), str(error)), 0.0
    return reading, (time.perf_counter() - started) * 1000


def _words(own: Canvas, reading: Reading, job: Snapshot) -> str:
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


def _failure(job: Snapshot) -> None:
    st.error(job.error, icon=":material/error:")
    st.button(
        "Try again", key="retry-model", icon=":material/refresh:",
        on_click=workers().models.forget, args=(job.id,),
    )  # fmt: skip


@st.fragment(run_every=POLL_SECONDS)
def _when_ready(job_id: int) -> None:
    """Run the page again as soon as the model is ready, so that a waiting drawing is read."""
    job = workers().models.snapshot(job_id)
    if job is None or job.is_over:
        st.rerun()
