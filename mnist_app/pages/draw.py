"""The start page: draw a digit and see at once how the network reads it."""

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from mnist_app import model_store
from mnist_app.charts import probability_bars
from mnist_app.classifier import Classifier
from mnist_app.errors import DigitLabError
from mnist_app.ink import SIDE, drawing_from_canvas
from mnist_app.jobs import Snapshot, State
from mnist_app.model_store import StoredModel
from mnist_app.pages.live_chart import live_chart
from mnist_app.pages.pixels import picture
from mnist_app.pages.waiting import POLL_SECONDS
from mnist_app.pages.workers import classifier_job, workers
from mnist_app.reading import Reading, inputs_from_drawing, read_inputs

CANVAS_SIDE = 320
INKS = {"White on black": ("#ffffff", "#000000"), "Ink on paper": ("#16244f", "#fbf8ee")}


@dataclass
class Canvas:
    """One visitor's canvas.

    Attributes:
        number: part of the widget's key; a new one makes a new canvas.
        start: the drawing that the new canvas begins with, the component's JSON.
        latest: the drawing as the browser last sent it.
    """

    number: int = 0
    start: dict[str, Any] | None = None
    latest: dict[str, Any] | None = None

    @property
    def key(self) -> str:
        return f"drawing-{self.number}"

    def renew(self, start: dict[str, Any] | None) -> None:
        """Replace the canvas by one that begins with `start`."""
        self.number += 1
        self.start = self.latest = start


def page() -> None:
    """Show the page."""
    st.title("Draw a digit")
    canvas = st.session_state.setdefault("canvas_state", Canvas())
    if canvas.latest and canvas.key not in st.session_state:
        # Another page was open meanwhile, and the browser forgot its canvas.
        canvas.renew(canvas.latest)
    _lab(canvas)


@st.fragment
def _lab(canvas: Canvas) -> None:
    left, right = st.columns([5, 6], gap="large")
    # Below both, so that on a phone the answer follows right after the canvas.
    saw, tools = st.columns([5, 6], gap="large")
    with left:
        raw = _draw(canvas)
    with tools:
        _tools(canvas)
        model = _chosen_model()
    if model is None:
        return
    job = classifier_job(model)
    classifier = job.result if job.state == State.DONE else None
    reading, milliseconds = _read(raw, classifier)
    with right:
        _answer(raw, reading, job)
        with st.container(key="probabilities"):
            _probabilities(reading, model)
    with saw:
        _what_it_saw(reading, milliseconds)
    if job.state == State.FAILED:
        _failure(job)
    elif not job.is_over:
        _when_ready(job.id)


def _draw(canvas: Canvas) -> dict[str, Any] | None:
    """The canvas; gives the drawing as the component's JSON."""
    from streamlit_drawable_canvas import st_canvas

    with st.container(key="canvas"):
        # The toolbar floats above the canvas; it gets its own room.
        st.html('<div class="toolbar-room">Draw one digit, large or small, anywhere.</div>')
        ink = st.session_state.get("ink") or next(iter(INKS))
        stroke_colour, background = INKS[ink]
        result = st_canvas(
            stroke_width=st.session_state.get("brush", 18),
            stroke_color=stroke_colour,
            background_color=background,
            width=CANVAS_SIDE,
            height=CANVAS_SIDE,
            initial_drawing=canvas.start,
            key=canvas.key,
        )
    canvas.latest = result.json_data
    with st.container(horizontal=True, width=CANVAS_SIDE):
        st.button(
            "Clear", key="clear", icon=":material/delete:", width="stretch",
            on_click=canvas.renew, args=(None,),
        )  # fmt: skip
        st.button(
            "Undo", key="undo", icon=":material/undo:", width="stretch",
            on_click=_undo, args=(canvas,),
        )  # fmt: skip
    return canvas.latest


def _tools(canvas: Canvas) -> None:
    tone, width = st.columns(2)
    tone.segmented_control(
        "Ink", list(INKS), default=next(iter(INKS)), key="ink", required=True,
        on_change=_recolour, args=(canvas,),
    )  # fmt: skip
    width.slider("Brush width", 6, 40, 18, key="brush")


def _undo(canvas: Canvas) -> None:
    objects = (canvas.latest or {}).get("objects", [])
    canvas.renew({"objects": objects[:-1]} if len(objects) > 1 else None)


def _recolour(canvas: Canvas) -> None:
    """Keep the drawing when paper and ink change."""
    colour, _ = INKS[st.session_state.ink]
    objects = (canvas.latest or {}).get("objects", [])
    canvas.renew({"objects": [{**item, "stroke": colour} for item in objects]} if objects else None)


def _chosen_model() -> StoredModel | None:
    """The model that reads, kept in the link as `model`."""
    models = {model.name: model for model in model_store.models() if model.reads_digits}
    if not models:
        with st.container(key="prediction"):
            st.info("There is no model here that reads digits: train one on the Train page.")
        return None
    if st.session_state.get("model") not in models:
        wanted = st.query_params.get("model")
        st.session_state.model = wanted if wanted in models else next(iter(models))
    with st.popover(f"Read by: {models[st.session_state.model].title}", width="stretch"):
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


def _read(raw: dict[str, Any] | None, classifier: Classifier | None) -> tuple[Reading, float]:
    """What is drawn, and the milliseconds it took; no digits while the model is not ready."""
    started = time.perf_counter()
    try:
        inputs = inputs_from_drawing(drawing_from_canvas(raw))
    except DigitLabError as error:
        return Reading((), str(error)), 0.0
    if classifier is None:
        return Reading(()), 0.0
    reading = read_inputs(inputs, classifier)
    return reading, (time.perf_counter() - started) * 1000


def _answer(raw: dict[str, Any] | None, reading: Reading, job: Snapshot) -> None:
    is_empty = not (raw or {}).get("objects")
    if reading.digits:
        first = reading.digits[0]
        text = (
            f'<div class="digit" aria-label="The network reads {first.digit}">{first.digit}</div>'
            f'<div class="sureness">{_sureness(first.probability)}</div>'
        )
    elif is_empty:
        text = (
            '<div class="invitation">Draw a digit, and it is read here.</div>'
            '<div class="quiet">Mouse, pen or finger: as you would on paper.</div>'
        )
    elif job.state == State.FAILED:
        text = '<div class="invitation">This model cannot read.</div>'
    elif not job.is_over:
        text = (
            '<div class="invitation">The network is waking up …</div>'
            '<div class="quiet">Your drawing is read as soon as it is ready.</div>'
        )
    else:
        text = f'<div class="invitation">{reading.reason}</div>'
    with st.container(key="prediction"):
        st.html(f'<div class="answer" role="status" aria-live="polite">{text}</div>')


def _sureness(probability: float) -> str:
    word = "Very sure" if probability > 0.95 else "Fairly sure" if probability > 0.7 else "Not sure"
    share = "more than 99.9%" if probability > 0.999 else f"{probability:.1%}"
    return f"{word}: {share}"


def _probabilities(reading: Reading, model: StoredModel) -> None:
    digits = reading.digits
    probabilities = digits[0].probabilities if digits else None
    alt = "No drawing yet: ten empty bars, one for each digit."
    if digits:
        ranked = np.argsort(-digits[0].probabilities)[:3]
        alt = "How probable each digit is: " + ", ".join(
            f"{model.class_names[index]} {digits[0].probabilities[index]:.1%}" for index in ranked
        )
    st.markdown("**How probable it finds each digit**")
    live_chart(probability_bars(probabilities, model.class_names), key="bars", alt=alt)


def _what_it_saw(reading: Reading, milliseconds: float) -> None:
    image = reading.digits[0].image if reading.digits else np.zeros((SIDE, SIDE), dtype=np.uint8)
    with st.container(key="model_input"):
        alt = "The picture of 28 by 28 pixels that the network saw"
        speed = f"<br>Read in {milliseconds:.1f} ms." if reading.digits else ""
        st.html(
            f'<div class="saw">{picture(image, alt, 112)}<div><strong>What the network saw</strong>'
            "<br>Your drawing, brought to the size, place and line width of the digits it learned "
            f'from.<span class="quiet">{speed}</span></div></div>'
        )


def _failure(job: Snapshot) -> None:
    st.error(job.error, icon=":material/error:")
    if st.button("Try again", key="retry-model", icon=":material/refresh:"):
        workers().models.forget(job.id)
        st.rerun(scope="fragment")


@st.fragment(run_every=POLL_SECONDS)
def _when_ready(job_id: int) -> None:
    """Run the page again as soon as the model is ready, so that a waiting drawing is read."""
    job = workers().models.snapshot(job_id)
    if job is None or job.is_over:
        st.rerun()
