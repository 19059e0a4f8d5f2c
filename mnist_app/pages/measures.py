"""Every measure of a model, with what it means and where it misleads."""

import pandas as pd
import streamlit as st

from mnist_app.evaluation import EvaluationReport, calibration_error, reliability
from mnist_app.measure_charts import reliability_diagram
from mnist_app.model_store import StoredModel
from mnist_app.pages.live_chart import live_chart
from mnist_app.progress import Point
from mnist_app.run_charts import accuracy_curves, loss_curves

MEANINGS = {
    "Accuracy": "The share of pictures that it read right. It hides where the errors are: a model "
    "that never finds a rare class can still score high.",
    "Top-2 accuracy": "The share of pictures whose true class is its first or second guess. It "
    "flatters a model that wavers: a second guess is no answer.",
    "Loss": "How wrong its probabilities are (categorical cross-entropy): 0 is sure and right each "
    "time. A few pictures that it is sure of and wrong about can outweigh all others.",
    "Binary loss": "The same for ten separate yes-or-no questions, one a class (binary "
    "cross-entropy). Nine of ten are an easy no, so it always looks small.",
    "Precision": "When it gives an answer, how often that is true; the mean over all classes "
    "(macro). It does not count what is missed: who rarely says 8 is rarely wrong about it.",
    "Recall": "Of the pictures of a class, how many it finds; the mean over all classes (macro). "
    "It does not count false alarms: who always says 8 finds every 8.",
    "F1": "Precision and recall in one number, low when either is low; the mean over all classes "
    "(macro). It does not tell which of the two is low: see the table by class.",
    "Calibration error": "How far its sureness is from how often it is right, on average over 15 "
    "bins: 0 % is honest. Honest is not good: always saying “10 % sure” by chance is honest too.",
}


def metrics(report: EvaluationReport) -> None:
    """Show each measure as a number."""
    values = {
        "Accuracy": f"{report.accuracy:.2%}",
        "Top-2 accuracy": f"{report.top_2:.2%}",
        "Loss": f"{report.loss:.4f}",
        "Binary loss": f"{report.binary_crossentropy:.4f}",
        "Precision": f"{report.macro.precision:.2%}",
        "Recall": f"{report.macro.recall:.2%}",
        "F1": f"{report.macro.f1:.2%}",
        "Calibration error": f"{calibration_error(report):.2%}",
    }
    with st.container(key="metrics"):
        for label, value in values.items():
            st.metric(label, value, help=MEANINGS[label], border=True)


def class_table(report: EvaluationReport, names: tuple[str, ...]) -> None:
    """Show the scores of each class and their means."""
    scores = [*report.per_class, report.macro, report.weighted]
    table = pd.DataFrame(
        {
            "precision": [of.precision * 100 for of in scores],
            "recall": [of.recall * 100 for of in scores],
            "F1": [of.f1 * 100 for of in scores],
            "pictures": [of.images for of in scores],
        },
        index=pd.Index([*names, "macro", "weighted"], name="class"),
    )
    percent = st.column_config.NumberColumn(format="%.2f%%")
    columns = dict.fromkeys(("precision", "recall", "F1"), percent)
    columns["class"] = st.column_config.TextColumn(width=90)
    st.dataframe(table, column_config=columns, height="content")
    st.caption(
        "Macro: the mean of the classes, a rare one counts as much as a common one. Weighted: each "
        "class counts by its pictures, which hides a rare one."
    )


def calibration(report: EvaluationReport) -> None:
    """Show whether answers are right as often as the model is sure of them."""
    bins = reliability(report)
    st.caption(
        "Of the answers it is 80 % sure of, 80 % should be right: then the points lie on the "
        "dotted line. Below it, the model is too sure of itself. Faint points are few pictures, "
        "which can lie anywhere by chance."
    )
    with st.container(key="reliability"):
        live_chart(
            reliability_diagram(bins),
            key="reliability_chart",
            alt="Reliability: "
            + "; ".join(
                f"{part.confidence:.0%} sure, {part.accuracy:.0%} right ({part.images:,} pictures)"
                for part in bins
            ),
        )


def curves(model: StoredModel) -> None:
    """Show how the run that made the model went, if its card tells."""
    training, validation = _curve(model, "training"), _curve(model, "validation")
    if not training:
        st.info("No learning curves were kept with this model: they are with those trained here.")
        return
    st.caption(
        "It learns as long as both curves get better. Where only training does, it learns by "
        "heart. Training is measured on pictures made harder on purpose, so it can look the "
        "worse of both."
    )
    epochs = max(1, round(training[-1].epoch))
    left, right = st.columns(2, gap="large")
    with left:
        live_chart(
            accuracy_curves(training, validation, epochs), key="learning_accuracy",
            alt=f"Share read right in training: {training[0].accuracy:.1%} at first, "
            f"{training[-1].accuracy:.1%} at last",
        )  # fmt: skip
    with right:
        live_chart(
            loss_curves(training, validation, epochs), key="learning_loss",
            alt=f"Loss in training: {training[0].loss:.3g} at first, {training[-1].loss:.3g} at "
            "last",
        )  # fmt: skip


def _curve(model: StoredModel, part: str) -> tuple[Point, ...]:
    """A curve from the model's card, which a stranger may have written: empty if it is no curve."""
    try:
        points = model.card.training["curves"][part] if model.card else ()
        numbers = [[float(number) for number in point] for point in points]
        if not all(math.isfinite(number) for point in numbers for number in point):
            return ()
        return tuple(Point(epoch, loss, share) for epoch, loss, share in numbers)
    except (TypeError, ValueError, KeyError, AttributeError, OverflowError):
        return ()
