"""Several training runs -> Plotly figures: their curves over each other, accuracy against cost.

No chart has a legend: the page's table of the runs names the colours.
"""

from collections.abc import Callable, Sequence
from typing import Any

from mnist_app.core.plots.charts import CONTRAST, STRONG, Figure, Trace, figure, plain, scatter
from mnist_app.core.plots.run_charts import ACCURACY, LOSS, Quantity
from mnist_app.core.runs.learning_curve import LearningCurves
from mnist_app.core.runs.run import Run

# For several runs; told apart by people who see red and green alike (Okabe and Ito, 2008).
RUN_COLOURS = (STRONG, CONTRAST, "#009e73", "#cc79a7", "#56b4e9", "#b8860b", "#d55e00", "#7a7f8a")
# Of several curves over each other only the trend is legible: see `run_charts.smoothed`.
SMOOTHING = 0.9


def runs_accuracy(runs: Sequence[Run], curves: Sequence[LearningCurves]) -> Figure:
    """Return the fraction of pictures read right, in percent, of several runs over each other.

    Args:
        curves: of each run.
    """
    return _runs_curves(ACCURACY, runs, curves, {"ticksuffix": " %"})


def runs_loss(runs: Sequence[Run], curves: Sequence[LearningCurves]) -> Figure:
    """Return the cross-entropy, in nats, likewise."""
    return _runs_curves(LOSS, runs, curves, {"rangemode": "tozero"})


def _runs_curves(
    quantity: Quantity, runs: Sequence[Run], curves: Sequence[LearningCurves], axis: dict[str, Any]
) -> Figure:
    """Return training as lines, smoothed and raw; validation as points joined by dots."""
    traces: list[Trace] = []
    for number, (run, known) in enumerate(zip(runs, curves, strict=True)):
        line, name = {"color": _colour(number)}, plain(run.title)
        dotted = {**line, "dash": "dot"}
        points: Trace = {"mode": "lines+markers", "marker": {"size": 8}}
        faint: Trace = {"opacity": 0.35, "hoverinfo": "skip"}
        traces += [
            quantity.line(known.training, name, {**line, "width": 1}, **faint),
            quantity.line(known.training, name, line, SMOOTHING),
            quantity.line(known.validation, f"{name}, validation", dotted, **points),
        ]
    epochs = {"title": {"text": "epoch"}, "rangemode": "tozero"}
    return _runs_figure(traces, quantity.title, xaxis=epochs, yaxis=axis)


def accuracy_against_weights(runs: Sequence[Run]) -> Figure:
    """Return what more weights bring: one point a run whose accuracy was measured."""
    return _accuracy_against("weights", "weights", "%{x:,} weights", lambda run: run.weights, runs)


def accuracy_against_seconds(runs: Sequence[Run]) -> Figure:
    """Return what more time brings: one point a run whose accuracy was measured."""
    axis = "seconds of training"
    return _accuracy_against("time", axis, "%{x:.1f} seconds", lambda run: run.seconds, runs)


def _accuracy_against(
    what: str, axis: str, said: str, value: Callable[[Run], float], runs: Sequence[Run]
) -> Figure:
    points = [
        scatter(
            [value(run)],
            [run.accuracy * 100],
            f"{plain(run.title)}<br>{said}<br>%{{y:.2f}} % read right",
            mode="markers",
            name=plain(run.title),
            marker={"size": 14, "color": _colour(number)},
        )
        for number, run in enumerate(runs)
        # A logarithmic axis has no place for nought.
        if run.accuracy is not None and value(run) > 0
    ]
    return _runs_figure(
        points,
        f"Accuracy against {what}",
        hovermode="closest",
        xaxis={"title": {"text": axis}, "type": "log"},
        yaxis={"title": {"text": "test pictures read right"}, "ticksuffix": " %"},
    )


def _runs_figure(traces: Sequence[Trace], title: str, **layout: Any) -> Figure:
    return figure(traces, height=340, title=title, showlegend=False, **layout)


def _colour(number: int) -> str:
    return RUN_COLOURS[number % len(RUN_COLOURS)]
