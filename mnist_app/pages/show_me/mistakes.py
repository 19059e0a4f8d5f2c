"""The fourth step of the show: what the network reads wrong, and how sure it is of it."""

import numpy as np
import streamlit as st

from mnist_app.core.data import datasets
from mnist_app.core.models.model_store import StoredModel
from mnist_app.core.recognition.confidence import candidates
from mnist_app.core.settings import DATASETS
from mnist_app.pages.components import reader
from mnist_app.pages.components.canvas import Canvas
from mnist_app.pages.components.pixel_images import picture_grid
from mnist_app.pages.predictions import gallery
from mnist_app.pages.predictions.confusion import most_confused, times
from mnist_app.pages.predictions.evaluated_model import EvaluatedModel, evaluate_or_stop
from mnist_app.pages.session.choices import default_dataset, open_dataset
from mnist_app.pages.session.jobs import dataset_job

SHOWN = 6
# Of mistakes that are equally common, at most.
NAMED = 3
ON_SCREEN = 96


def show_mistakes(canvas: Canvas, model: StoredModel) -> None:
    """Show how many it gets right, the worst mistakes, the most common ones, and the drawing."""
    dataset = open_dataset(_dataset_name(model))
    doing = f"Reading {len(dataset.test_labels):,} digits written by other people"
    evaluated = evaluate_or_stop(model, dataset, doing)
    report = evaluated.report
    wrong = gallery.in_order(report, np.flatnonzero(~report.is_right), gallery.CONFIDENTLY_WRONG)
    st.html(
        f'<div class="score"><b>{int(report.is_right.sum()):,}</b> of {report.images:,} correct, '
        f"<b>{len(wrong):,}</b> wrong</div>"
    )
    with st.container(key="mistakes"):
        st.html(picture_grid(evaluated.items(wrong[:SHOWN].tolist()), ON_SCREEN, "worst"))
    st.markdown("\n\n".join(filter(None, (_confused(evaluated), _drawn(canvas, evaluated)))))


def prepare_mistakes(model: StoredModel) -> None:
    """Have opened what takes seconds the first time, before somebody turns to the step."""
    dataset_job(_dataset_name(model))


def _dataset_name(model: StoredModel) -> str:
    fitting = [name for name in DATASETS if datasets.class_names(name) == model.class_names]
    return default_dataset(fitting)


def _confused(evaluated: EvaluatedModel) -> str:
    """Return the pairs that it confuses most often."""
    pairs, names = most_confused(evaluated.report.confusion_matrix), evaluated.names
    if not pairs:
        return "It made no mistake here."
    most = pairs[0][2]
    worst = [f"**{names[true]} read as {names[read]}**" for true, read, n in pairs if n == most]
    if len(worst) == 1:
        return f"Its most common mistake: {worst[0]} ({times(most)})."
    start = "Its most common mistakes" if len(worst) <= NAMED else "Among its most common mistakes"
    *first, last = worst[:NAMED]
    return f"{start}: {', '.join(first)} and {last} ({times(most)} each)."


def _drawn(canvas: Canvas, evaluated: EvaluatedModel) -> str:
    """Return what that means for the last drawing; "" when none is read as a digit."""
    digits = reader.read_canvas(canvas, evaluated.model).reading.digits
    if not digits or not candidates(digits[0].probabilities):
        return ""
    digit, report = digits[0].digit, evaluated.report
    name, said = evaluated.names[digit], report.predictions == digit
    right = int((said & report.is_right).sum())
    return (
        f"It read your last drawing as **{name}**. In this test it answered "
        f"“{name}” {times(int(said.sum()))}, and was right {times(right)}."
    )
