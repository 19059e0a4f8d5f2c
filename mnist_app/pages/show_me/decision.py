"""The third step of the show: the way of a drawing through the network, which follows the pen."""

import numpy as np
import streamlit as st

from mnist_app.core.explaining.explanation_pictures import attributed
from mnist_app.core.explaining.explanations import Explanation
from mnist_app.core.models.model_store import StoredModel
from mnist_app.core.recognition.confidence import candidates
from mnist_app.pages.components import answer, reader
from mnist_app.pages.components.canvas import Canvas, show_plain_canvas
from mnist_app.pages.components.layers import show_layer_pictures
from mnist_app.pages.components.pixel_images import picture
from mnist_app.pages.session.jobs import explanation_job, loading_job
from mnist_app.pages.session.queues import queues
from mnist_app.pages.session.visitor import tab
from mnist_app.pages.session.waiting import result_or_stop

ON_SCREEN = 240
# So soon it is known where the network looked, nearly always.
PATIENCE_SECONDS = 1.0


def show_decision(canvas: Canvas, model: StoredModel) -> None:
    """Show the canvas, what each layer finds, the ten answers, and where it looked."""
    found = reader.read_latest(canvas, model)
    digits = found.reading.digits
    image = digits[0].image if digits else np.zeros((28, 28), dtype=np.uint8)
    with st.container(key="decision"):
        drawn, way = st.columns([1, 3], gap="medium")
    with drawn:
        show_plain_canvas(canvas)
        reader.show_answer(found)
    with way:
        result_or_stop(queues().short, loading_job(model), "Waking up the network")
        show_layer_pictures(canvas.name, image, model)
        bars, looked = st.columns(2, gap="medium")
    with bars, st.container(key="probabilities"):
        answer.show_bars(canvas.name)
    if digits:
        with looked:
            _show_where_it_looked(image, model, bool(candidates(digits[0].probabilities)))


def _show_where_it_looked(image: np.ndarray, model: StoredModel, is_digit: bool) -> None:
    short = queues().short
    job = explanation_job(model, image, tab())
    job = short.wait(job.id, PATIENCE_SECONDS) or job
    explanation: Explanation = result_or_stop(short, job, "Looking inside the network")
    name = model.class_names[explanation.answer]
    guess = "" if is_digit else ", its closest guess"
    alt = f"Where it looked: blue parts count for {name}, orange parts against it"
    over = attributed(image, explanation.occlusion_map)
    st.html(
        f'<div class="looked">{picture(over, alt, ON_SCREEN)}'
        f"<div><strong>Where it looked</strong><br>Blue parts count for {name}{guess}, orange "
        f"parts against it. A clue, not a proof.</div></div>"
    )
