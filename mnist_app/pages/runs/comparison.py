"""Several training runs beside each other: in what they differ, and what came of it."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import streamlit as st

from mnist_app.core.data import datasets
from mnist_app.core.plots import run_charts
from mnist_app.core.plots.run_charts import RUN_COLOURS
from mnist_app.core.runs import convolution
from mnist_app.core.runs.run import Run, differing_settings, told_apart
from mnist_app.pages.components.comparison_table import comparison_table
from mnist_app.pages.components.live_chart import live_chart
from mnist_app.pages.runs.details import stored_model
from mnist_app.pages.session import wording
from mnist_app.pages.session.queues import dataset_job, queues
from mnist_app.pages.session.run_jobs import runs, shift_job
from mnist_app.pages.session.waiting import result_or_progress

if TYPE_CHECKING:
    import plotly.graph_objects as go

# How a run did: what it is called, and its words.
MEASURES: tuple[tuple[str, Callable[[Run], str]], ...] = (
    ("State", lambda run: wording.STATE_LABELS[run.state]),
    ("Test accuracy", lambda run: "not yet" if run.accuracy is None else f"{run.accuracy:.2%}"),
    ("Test loss", lambda run: "not yet" if run.loss is None else f"{run.loss:.4f}"),
    ("Time", lambda run: wording.duration(run.seconds) if run.seconds else "not yet"),
    ("Weights", lambda run: f"{run.weights:,}" if run.weights else "not yet"),
)


def show_run_comparison(chosen: Sequence[Run]) -> None:
    """Show two or more runs."""
    pair = convolution.found(chosen)
    named = told_apart(chosen)
    with st.container(key="run_comparison"):
        if pair is not None:
            _why_convolution(*pair)
        else:
            st.subheader(f"{len(chosen)} runs side by side", anchor=False)
            st.write(_best_run(named))
        st.html(_table(named))
        if pair is not None:
            _shifted(*pair)
        _charts(named)


def _best_run(named: Sequence[Run]) -> str:
    measured = [run for run in named if run.accuracy is not None]
    if len(measured) < 2:
        return "Fewer than two of them are measured yet."
    if len({run.settings.get("dataset") for run in measured}) > 1:
        return (
            "They learned from different data, so each was tested on other pictures: their "
            "accuracies do not compare."
        )
    best = max(measured, key=lambda run: run.accuracy or 0)
    title = wording.escape_markdown(best.title)
    return f"“{title}” reads most test pictures right: {best.accuracy:.2%}."


def _table(named: Sequence[Run]) -> str:
    """A column a run; a row for each setting in which they differ, and for how they did."""
    rows = [
        (
            wording.setting_label(name),
            [wording.setting_value(name, run.settings.get(name)) for run in named],
        )
        for name in differing_settings(named)
    ]
    rows += [(name, [measure(run) for run in named]) for name, measure in MEASURES]
    if all(run.state is named[0].state for run in named):
        rows = [row for row in rows if row[0] != "State"]
    titles = [run.title for run in named]
    return comparison_table("Settings and results of the runs", titles, rows, RUN_COLOURS)


def _charts(named: Sequence[Run]) -> None:
    """The curves over each other, and what more weights and more time bring.

    The colours are named by the table above them.
    """
    titles = ", ".join(run.title for run in named)
    curves = [runs().curves(run.id) for run in named]
    if any(one.training for one in curves):
        live_chart(
            _without_names(run_charts.runs_accuracy(named, curves)),
            key="runs_accuracy",
            picture="runs-accuracy",
            alt=f"Accuracy over epochs of {titles}.",
        )
        live_chart(
            _without_names(run_charts.runs_loss(named, curves)),
            key="runs_loss",
            picture="runs-loss",
            alt=f"Loss over epochs of {titles}.",
        )
        st.caption("Lines: pictures it learns from, smoothed. Dots: pictures kept aside.")
    if any(run.accuracy is not None for run in named):
        left, right = st.columns(2)
        with left:
            live_chart(
                _without_names(run_charts.accuracy_against_weights(named)),
                key="runs_weights",
                picture="accuracy-against-weights",
                alt=_points(named, "Weights"),
            )
        with right:
            live_chart(
                _without_names(run_charts.accuracy_against_seconds(named)),
                key="runs_seconds",
                picture="accuracy-against-seconds",
                alt=_points(named, "Time"),
            )


def _without_names(figure: "go.Figure") -> "go.Figure":
    return figure.update_layout(showlegend=False, margin={"t": 36})


def _points(named: Sequence[Run], measure: str) -> str:
    words = dict(MEASURES)[measure]
    accuracy = dict(MEASURES)["Test accuracy"]
    return f"Test accuracy against {measure.lower()}: " + "; ".join(
        f"{run.title} {accuracy(run)} at {words(run)}" for run in named
    )


def _why_convolution(dense: Run, convolutional: Run) -> None:
    st.subheader("Why convolution?", anchor=False)
    if dense.accuracy is None or convolutional.accuracy is None:
        st.write(
            "Both networks see the same pictures, the dense one first. What differs is said here "
            "when both are done."
        )
        return
    st.write(convolution.in_words(dense, convolutional))


def _shifted(dense: Run, convolutional: Run) -> None:
    """What moving the test pictures does to both, once both models are there."""
    models = [model for run in (dense, convolutional) if (model := stored_model(run)) is not None]
    name = dense.config.dataset
    if len(models) < 2 or datasets.availability(name).place is None:
        return
    st.markdown("**And when a digit is not in the middle?**")
    dataset = result_or_progress(queues().datasets, dataset_job(name), "Opening the test pictures")
    if dataset is None:
        return
    shares = []
    for model in models:
        job = shift_job(model, dataset)
        share = result_or_progress(queues().shifts, job, "Moving every test picture by two pixels")
        if share is None:
            return
        shares.append(share)
    st.write(convolution.shift_in_words(*shares))
