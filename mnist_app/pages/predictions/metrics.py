"""Every measure of a model, with what it means and where it misleads."""

import math
from collections.abc import Sequence

import pandas as pd
import streamlit as st

from mnist_app.core.evaluation.metric_explanations import (
    MEANS,
    RELIABILITY,
    Measure,
    measures,
    of_curves,
)
from mnist_app.core.evaluation.metrics import EvaluationReport, reliability
from mnist_app.core.models.model_store import StoredModel
from mnist_app.core.percentages import percent
from mnist_app.core.plots.metric_charts import reliability_diagram
from mnist_app.core.plots.run_charts import ACCURACY, LOSS, run_curves
from mnist_app.core.runs.learning_curve import LearningCurves
from mnist_app.core.runs.progress import Point
from mnist_app.pages.components.live_chart import live_chart
from mnist_app.pages.session.wording import counted, noun

# Measures that are shown at once.
MAIN = 4


def show_metrics(report: EvaluationReport) -> None:
    """Show each measure as a number, with what it means and where it misleads."""
    found = measures(report)
    first, more = found[:MAIN], found[MAIN:]
    with st.container(key="metrics"):
        _show_cards("main", first)
        names = ", ".join(measure.name.lower() for measure in more)
        with st.expander(f"More measures: {names}", icon=":material/speed:"):
            _show_cards("more", more)


def _show_cards(name: str, shown: Sequence[Measure]) -> None:
    with st.container(key=f"cards_{name}"):
        for measure in shown:
            with st.container(border=True, gap="xsmall"):
                st.metric(measure.name, measure.value)
                st.caption(f"{measure.meaning} *{measure.catch}*")


def show_class_table(report: EvaluationReport, names: tuple[str, ...]) -> None:
    """Show the scores of each class and their means."""
    scores = [*report.per_class, report.macro, report.weighted]
    table = pd.DataFrame(
        {
            "precision": [of.precision * 100 for of in scores],
            "recall": [of.recall * 100 for of in scores],
            "F1": [of.f1 * 100 for of in scores],
            "pictures": [of.images for of in scores],
        },
        index=pd.Index([*names, "macro", "weighted"], name=noun(names)),
    )
    written = st.column_config.NumberColumn(format="%.2f%%")
    columns = dict.fromkeys(("precision", "recall", "F1"), written)
    columns[noun(names)] = st.column_config.TextColumn(width=90)
    st.dataframe(table, column_config=columns, height="content")
    st.caption(MEANS)


def show_calibration(report: EvaluationReport) -> None:
    """Show whether answers are correct as often as the model is sure of them."""
    bins = reliability(report)
    st.caption(RELIABILITY)
    with st.container(key="reliability"):
        live_chart(
            reliability_diagram(bins),
            key="reliability_chart",
            alt="Confidence and correct answers: "
            + "; ".join(
                f"{percent(part.confidence, 0)} sure, {percent(part.accuracy, 0)} correct "
                f"({counted(part.images, 'picture')})"
                for part in bins
            ),
        )


def show_learning_curves(model: StoredModel) -> None:
    """Show the learning curves of the run that made the model, if its card has them."""
    known = learning_curves(model)
    training, validation = known.training, known.validation
    if not training:
        st.info("No learning curves were kept with this model. Models trained here keep theirs.")
        return
    st.caption(of_curves(known.is_taught))
    done = "Agreement with its teachers" if known.is_taught else "Accuracy in training"
    epochs = max(1, round(training[-1].epoch))
    left, right = st.columns(2, gap="large")
    with left:
        live_chart(
            run_curves(ACCURACY, training, validation, epochs),
            key="learning_accuracy",
            alt=f"{done}: {percent(training[0].accuracy)} at first, "
            f"{percent(training[-1].accuracy)} at the end",
        )
    with right:
        live_chart(
            run_curves(LOSS, training, validation, epochs),
            key="learning_loss",
            alt=f"Loss in training: {training[0].loss:.3g} at first, {training[-1].loss:.3g} at "
            "the end",
        )


def learning_curves(model: StoredModel) -> LearningCurves:
    """Return the learning curves of the run that made the model, as far as its card has them."""
    is_taught = model.card is not None and bool(model.card.training.get("teachers"))
    return LearningCurves(_curve(model, "training"), _curve(model, "validation"), is_taught)


def _curve(model: StoredModel, part: str) -> tuple[Point, ...]:
    """Return a curve of the model's card, which anybody may have written; () if it is no curve."""
    try:
        points = model.card.training["curves"][part] if model.card else ()
        numbers = [tuple(float(number) for number in point) for point in points]
        return tuple(
            Point(epoch, loss, accuracy)
            for epoch, loss, accuracy in numbers
            if all(map(math.isfinite, (epoch, loss, accuracy)))
        )
    except (TypeError, ValueError, KeyError, AttributeError, OverflowError):
        return ()
