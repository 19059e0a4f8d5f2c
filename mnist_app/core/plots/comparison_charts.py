"""Several training runs -> Plotly figures: their curves over each other, accuracy against cost."""

from collections.abc import Callable, Sequence
from typing import Any

from mnist_app.core.plots.charts import CONTRAST, LEGEND_LEFT, STRONG, Figure, Trace, figure, plain
from mnist_app.core.plots.run_charts import smoothed
from mnist_app.core.runs.learning_curve import LearningCurves
from mnist_app.core.runs.progress import Point
from mnist_app.core.runs.run import Run

# For several runs; told apart by people who see red and green alike (Okabe and Ito, 2008).
RUN_COLOURS = (STRONG, CONTRAST, "#009e73", "#cc79a7", "#56b4e9", "#b8860b", "#d55e00", "#7a7f8a")


def smoothed_curve(
    name: str, epochs: Sequence[float], values: Sequence[float], colour: str, weight: float = 0.9
) -> list[Trace]:
    """Return a curve twice: raw and faint, and smoothed over it; both hide and show together."""
    raw = {
        "type": "scatter",
        "x": list(epochs),
        "y": list(values),
        "mode": "lines",
        "line": {"color": colour, "width": 1},
        "opacity": 0.35,
        "legendgroup": name,
        "showlegend": False,
        "hoverinfo": "skip",
    }
    calm = {
        "type": "scatter",
        "x": list(epochs),
        "y": smoothed(values, weight),
        "name": name,
        "mode": "lines",
        "line": {"color": colour, "width": 2},
        "legendgroup": name,
        "hovertemplate": f"{name}, epoch %{{x:.2f}}: %{{y:.4g}}<extra></extra>",
    }
    return [raw, calm]


def runs_accuracy(
    runs: Sequence[Run],
    curves: Sequence[LearningCurves],
    weight: float = 0.9,
    **layout: Any,
) -> Figure:
    """Return the fraction of pictures read right, in percent, of several runs over each other.

    Args:
        curves: of each run.
        layout: more of it, see `figure`.
    """
    return _runs_curves(
        runs,
        curves,
        weight,
        lambda point: point.accuracy * 100,
        " %",
        **{
            "title": "Accuracy: pictures read right",
            "yaxis": {"ticksuffix": " %"},
            **layout,
        },
    )


def runs_loss(
    runs: Sequence[Run],
    curves: Sequence[LearningCurves],
    weight: float = 0.9,
    **layout: Any,
) -> Figure:
    """Return the cross-entropy, in nats, likewise."""
    return _runs_curves(
        runs,
        curves,
        weight,
        lambda point: point.loss,
        "",
        **{"title": "Loss: how wrong it is", "yaxis": {"rangemode": "tozero"}, **layout},
    )


def _runs_curves(
    runs: Sequence[Run],
    curves: Sequence[LearningCurves],
    weight: float,
    value: Callable[[Point], float],
    suffix: str,
    **layout: Any,
) -> Figure:
    """Return training as lines, smoothed and raw; validation as points joined by dashes."""
    traces: list[Trace] = []
    for number, (run, known_curves) in enumerate(zip(runs, curves, strict=True)):
        colour, name = RUN_COLOURS[number % len(RUN_COLOURS)], plain(run.title)
        training, validation = known_curves.training, known_curves.validation
        epochs = [point.epoch for point in training]
        traces += smoothed_curve(name, epochs, [value(one) for one in training], colour, weight)
        traces.append(
            {
                "type": "scatter",
                "x": [point.epoch for point in validation],
                "y": [value(point) for point in validation],
                "mode": "lines+markers",
                "line": {"color": colour, "width": 2, "dash": "dot"},
                "marker": {"size": 8},
                "legendgroup": name,
                "showlegend": False,
                "hovertemplate": f"{name}, validation, epoch %{{x:.2f}}: %{{y:.4g}}{suffix}"
                "<extra></extra>",
            }
        )
    shared = {"height": 340, "margin": {"t": 64}, "legend": LEGEND_LEFT}
    axis = {"title": {"text": "epoch"}, "rangemode": "tozero"}
    return figure(traces, **{**shared, "xaxis": axis, **layout})


def accuracy_against_weights(runs: Sequence[Run], **layout: Any) -> Figure:
    """Return what more weights bring: one point a run whose accuracy was measured."""
    return _accuracy_against(
        runs, "weights", "weights", lambda run: run.weights, "%{x:,} weights", **layout
    )


def accuracy_against_seconds(runs: Sequence[Run], **layout: Any) -> Figure:
    """Return what more time brings: one point a run whose accuracy was measured."""
    seconds = "seconds of training"
    return _accuracy_against(
        runs, "time", seconds, lambda run: run.seconds, "%{x:.1f} seconds", **layout
    )


def _accuracy_against(
    runs: Sequence[Run],
    what: str,
    axis: str,
    value: Callable[[Run], float],
    form: str,
    **layout: Any,
) -> Figure:
    points = [
        {
            "type": "scatter",
            "x": [value(run)],
            "y": [run.accuracy * 100],
            "name": plain(run.title),
            "mode": "markers",
            "marker": {"size": 14, "color": RUN_COLOURS[number % len(RUN_COLOURS)]},
            "hovertemplate": f"{plain(run.title)}<br>{form}<br>%{{y:.2f}} % read right"
            "<extra></extra>",
        }
        for number, run in enumerate(runs)
        # A logarithmic axis has no place for nought.
        if run.accuracy is not None and value(run) > 0
    ]
    shared = {
        "title": f"Accuracy against {what}",
        "height": 340,
        "margin": {"t": 64},
        "showlegend": True,
        "hovermode": "closest",
        "legend": LEGEND_LEFT,
        "xaxis": {"title": {"text": axis}, "type": "log"},
        "yaxis": {"title": {"text": "test pictures read right"}, "ticksuffix": " %"},
    }
    return figure(points, **{**shared, **layout})
