"""A training run -> Plotly figures: its curves while it goes."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from mnist_app.core.plots.charts import (
    CONTRAST,
    FAINT,
    LEGEND_LEFT,
    STRONG,
    TEN,
    Figure,
    figure,
    known,
)
from mnist_app.core.runs.progress import Opinion, Point

# How much of the past a smoothed curve keeps at each point.
SMOOTHING = 0.7


def accuracy_curves(
    training: Sequence[Point], validation: Sequence[Point], epochs: int, **layout: Any
) -> Figure:
    """Return the fraction of pictures read right, in percent, over a run of `epochs` epochs.

    Args:
        layout: more of it, see `figure`.
    """
    return _curves(
        training,
        validation,
        lambda point: point.accuracy * 100,
        " %",
        **{
            "title": "Accuracy: pictures read right",
            "xaxis": _epochs(epochs),
            "yaxis": {"ticksuffix": " %", "range": [0, 101]},
            **layout,
        },
    )


def loss_curves(training: Sequence[Point], validation: Sequence[Point], epochs: int) -> Figure:
    """Return the cross-entropy, in nats, over a run of `epochs` epochs."""
    highest = max((point.loss for point in (*training, *validation)), default=2.5)
    return _curves(
        training,
        validation,
        lambda point: point.loss,
        "",
        title="Loss: how wrong it is",
        xaxis=_epochs(epochs),
        yaxis={"range": [0, highest * 1.05]},
    )


def lesson_curve(training: Sequence[Point], epochs: int) -> Figure:
    """Return accuracy over a short run, in words for an audience."""
    return accuracy_curves(
        training,
        (),
        epochs,
        title="Pictures read right",
        height=260,
        showlegend=False,
        xaxis=_epochs(epochs, "times through all pictures"),
    )


def _epochs(epochs: int, title: str = "epoch") -> dict[str, Any]:
    return {"title": {"text": title}, "range": [0, epochs]}


def _curves(
    training: Sequence[Point],
    validation: Sequence[Point],
    value: Callable[[Point], float],
    suffix: str,
    **layout: Any,
) -> Figure:
    epochs, raw = [point.epoch for point in training], [value(point) for point in training]
    traces = [
        {
            "type": "scatter",
            "name": name,
            "mode": mode,
            "x": x,
            "y": y,
            "line": line,
            "marker": {"size": 9},
            "hovertemplate": f"{name}, epoch %{{x:.2f}}: %{{y:.4g}}{suffix}<extra></extra>",
        }
        for name, line, mode, x, y in (
            ("training", {"color": FAINT, "width": 1}, "lines", epochs, raw),
            ("smoothed", {"color": STRONG, "width": 2.5}, "lines", epochs, smoothed(raw)),
            (
                "validation",
                {"color": CONTRAST, "width": 2},
                "lines+markers",
                [point.epoch for point in validation],
                [value(point) for point in validation],
            ),
        )
    ]
    return figure(traces, **{"height": 300, "margin": {"t": 64}, "legend": LEGEND_LEFT, **layout})


def smoothed(values: Sequence[float], weight: float = SMOOTHING) -> list[float]:
    """Return the exponentially weighted mean of the values so far, corrected for its bias.

    Args:
        weight: in 0..1; how much of the past each value keeps, 0 leaves the values as they are.
    """
    mean, total, result = 0.0, 0.0, []
    for value in values:
        mean = weight * mean + (1 - weight) * value
        total = weight * total + (1 - weight)
        result.append(mean / total)
    return result


def learning_rate_curve(training: Sequence[Point], epochs: int) -> Figure:
    """Return how large each step was, over a run of `epochs` epochs."""
    line = {
        "type": "scatter",
        "x": [point.epoch for point in training],
        "y": [point.learning_rate for point in training],
        "mode": "lines",
        "line": {"color": STRONG, "width": 2},
        "hovertemplate": "epoch %{x:.2f}: %{y:.3g}<extra></extra>",
    }
    return figure(
        [line],
        height=240,
        title="Learning rate",
        xaxis=_epochs(epochs),
        yaxis={"rangemode": "tozero", "exponentformat": "power", "nticks": 5},
    )


def class_accuracy_curves(
    validation: Sequence[Point],
    shares: Sequence[Sequence[float]],
    names: Sequence[str],
    epochs: int,
    words: str = "",
) -> Figure:
    """Return how the fraction of each class that is read right rises over `epochs` epochs.

    Args:
        shares: of each point of `validation`, 0..1 for each class, NaN for one without
            pictures.
        names: one a class.
        words: stand in the chart while nothing is validated.
    """
    percent = np.array(shares, dtype=float).reshape(-1, len(names)) * 100
    is_known = ~np.isnan(percent)
    # From the tens that the worst class began in: near the end all are close to each other.
    low = min(90, int(min(percent[is_known], default=0) / 10) * 10)
    note = {"text": words, "showarrow": False, "x": 0.5, "xref": "paper", "y": 0.5, "yref": "paper"}
    return _class_curves(
        names,
        [point.epoch for point in validation],
        percent,
        mode="lines+markers",
        title="Validation accuracy of each class",
        height=358,
        margin={"t": 36, "b": 130},
        xaxis=_epochs(epochs),
        yaxis={"range": [low, 100 + (100 - low) / 50]},
        annotations=[] if shares else [note],
    )


def opinion_curves(opinions: Sequence[Opinion], names: Sequence[str], epochs: int) -> Figure:
    """Return how the probabilities of each class for one drawing move over `epochs` epochs."""
    chances = np.array([opinion.probabilities for opinion in opinions]).reshape(-1, len(names))
    return _class_curves(
        names,
        [round(opinion.epoch, 4) for opinion in opinions],
        chances * 100,
        height=330,
        margin={"t": 8, "b": 130},
        xaxis=_epochs(epochs),
        yaxis={"range": [0, 101]},
    )


def _class_curves(
    names: Sequence[str],
    epochs: Sequence[float],
    percent: np.ndarray,
    mode: str = "lines",
    **layout: Any,
) -> Figure:
    """Return a line for each class.

    Args:
        percent: float (points, classes), NaN where nothing is known.
    """
    traces = [
        {
            "type": "scatter",
            "name": name,
            "mode": mode,
            "x": list(epochs),
            "y": known(values.round(2)),
            "showlegend": not (len(values) and np.isnan(values).all()),
            "line": {"color": colour, "width": 2},
            "hovertemplate": f"{name}, epoch %{{x:.2f}}: %{{y:.1f}} %<extra></extra>",
        }
        for name, colour, values in zip(names, TEN, percent.T, strict=False)
    ]
    # Close to the axis: further down it meets the legend.
    layout["xaxis"] |= {"title": {"text": "epoch", "standoff": 4}}
    layout["yaxis"] |= {"ticksuffix": " %"}
    legend = {**LEGEND_LEFT, "y": -0.28, "yanchor": "top", "itemwidth": 30}
    return figure(traces, legend=legend, **layout)
