"""The fourth step of the show: what the network reads wrong, and how sure it is of it."""

import numpy as np
import streamlit as st

from mnist_app.core.data import datasets
from mnist_app.core.evaluation.metrics import EvaluationReport
from mnist_app.core.models.model_store import StoredModel
from mnist_app.core.settings import DATASETS
from mnist_app.pages.components import reader
from mnist_app.pages.components.canvas import Canvas
from mnist_app.pages.components.pixel_images import gallery as grid
from mnist_app.pages.predictions import gallery
from mnist_app.pages.predictions.confusion import most_confused
from mnist_app.pages.session.choices import default_dataset, open_dataset
from mnist_app.pages.session.queues import classifier_job, evaluation_job, queues
from mnist_app.pages.session.waiting import result_or_stop

SHOWN = 6
ON_SCREEN = 96


def show_mistakes(own: Canvas, model: StoredModel) -> None:
    """How many it reads right, the worst of the others, what it confuses, and the own digit."""
    fitting = [name for name in DATASETS if datasets.class_names(name) == model.class_names]
    dataset = open_dataset(default_dataset(fitting))
    report: EvaluationReport = result_or_stop(
        queues().evaluations,
        evaluation_job(model, dataset),
        f"Reading {len(dataset.test_labels):,} digits of other people",
    )
    wrong = gallery.in_order(report, np.flatnonzero(~report.is_right), gallery.CONFIDENTLY_WRONG)
    st.html(
        f'<div class="score"><b>{int(report.is_right.sum()):,}</b> of {report.images:,} read '
        f"right, <b>{len(wrong):,}</b> wrong</div>"
    )
    with st.container(key="mistakes"):
        worst = [gallery.gallery_item(report, dataset, int(index)) for index in wrong[:SHOWN]]
        st.html(grid(worst, ON_SCREEN, "worst"))
    st.markdown("\n\n".join(filter(None, (_confused(report, model), _own(own, report, model)))))


def _confused(report: EvaluationReport, model: StoredModel) -> str:
    """The pair that it confuses most often; nothing when it confuses none."""
    names = model.class_names
    for true, read, count in most_confused(report.confusion_matrix)[:1]:
        times = "once" if count == 1 else f"{count} times"
        return f"Most often it took **a {names[true]} for a {names[read]}**: {times}."
    return "It confused nothing: try other digits."


def _own(own: Canvas, report: EvaluationReport, model: StoredModel) -> str:
    """What that means for the digit on the canvas; nothing when there is none, or it waits."""
    reading, _ = reader.read_canvas(own, classifier_job(model))
    if not reading.digits:
        return ""
    digit = reading.digits[0].digit
    name = model.class_names[digit]
    said = report.predictions == digit
    right = int((said & report.is_right).sum())
    return (
        f"It took yours for **a {name}**. When it said {name} to these digits, it was right "
        f"{right:,} times of {int(said.sum()):,}."
    )
