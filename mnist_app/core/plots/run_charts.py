"""A training run -> Plotly figures: its curves while it goes."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mnist_app.core.plots.charts import (
    CONTRAST,
    FAINT,
    LEGEND_LEFT,
    STRONG,
    TEN,
    Figure,
    Trace,
    figure,
    known,
    scatter,
)
from mnist_app.core.runs.progress import Opinion, Point

# How much of the past a smoothed curve keeps at each point.
SMOOTHING = 0.7


@dataclass(frozen=True)
class Quantity:
    """A quantity that changes as a network learns.

    Attributes:
        title: of its chart.
        unit: behind its numbers.
        value: returns it, in its unit.
    """

    title: str
    unit: str
    value: Callable[[Point], float]

    def line(
        self, points: Sequence[Point], name: str, line: Trace, smoothing: float = 0.0, **look: Any
    ) -> Trace:
        """Return the quantity over epochs, smoothed by `smoothing` as `smoothed` does."""
        return scatter(
            [point.epoch for point in points],
            smoothed(map(self.value, points), smoothing),
            f"{name}, epoch %{{x:.2f}}: %{{y:.4g}}{self.unit}",
            name=name,
            line={"width": 2, **line},
            **look,
        )


ACCURACY = Quantity("Accuracy: pictures read right", " %", lambda point: point.accuracy * 100)
LOSS = Quantity("Loss: how wrong it is", "", lambda point: point.loss)


def smoothed(values: Iterable[float], weight: float) -> list[float]:
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


def accuracy_curves(
    training: Sequence[Point], validation: Sequence[Point], epochs: int, **layout: Any
) -> Figure:
    """Return the fraction of pictures read right, in percent, over a run of `epochs` epochs.

    Args:
        layout: more of it, see `figure`.
    """
    axis = {"ticksuffix": " %", "range": [0, 101]}
    return _curves(ACCURACY, training, validation, epochs, **{"yaxis": axis, **layout})


def loss_curves(training: Sequence[Point], validation: Sequence[Point], epochs: int) -> Figure:
    """Return the cross-entropy, in nats, over a run of `epochs` epochs."""
    highest = max((point.loss for point in (*training, *validation)), default=2.5)
    return _curves(LOSS, training, validation, epochs, yaxis={"range": [0, highest * 1.05]})


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


def _curves(
    quantity: Quantity,
    training: Sequence[Point],
    validation: Sequence[Point],
    epochs: int,
    **layout: Any,
) -> Figure:
    checked: Trace = {"mode": "lines+markers", "marker": {"size": 9}}
    traces = [
        quantity.line(training, "training", {"color": FAINT, "width": 1}),
        quantity.line(training, "smoothed", {"color": STRONG, "width": 2.5}, SMOOTHING),
        quantity.line(validation, "validation", {"color": CONTRAST}, **checked),
    ]
    shared: dict[str, Any] = {
        "title": quantity.title,
        "height": 300,
        "margin": {"t": 64},
        "legend": LEGEND_LEFT,
        "xaxis": _epochs(epochs),
    }
    return figure(traces, **{**shared, **layout})


def _epochs(epochs: int, title: str = "epoch") -> dict[str, Any]:
    return {"title": {"text": title}, "range": [0, epochs]}


def learning_rate_curve(training: Sequence[Point], epochs: int) -> Figure:
    """Return how large each step was, over a run of `epochs` epochs."""
    line = scatter(
        [point.epoch for point in training],
        [point.learning_rate for point in training],
        "epoch %{x:.2f}: %{y:.3g}",
        line={"color": STRONG, "width": 2},
    )
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
    # From the tens that the worst class began in: near the end all are close to each other.
    low = min(90, int(min(percent[~np.isnan(percent)], default=0) / 10) * 10)
    note = {"text": words, "showarrow": False, "x": 0.5, "xref": "paper", "y": 0.5, "yref": "paper"}
    return _class_curves(
        names,
        [point.epoch for point in validation],
        percent,
        epochs,
        mode="lines+markers",
        title="Validation accuracy of each class",
        height=358,
        margin={"t": 36, "b": 130},
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
        epochs,
        height=330,
        margin={"b": 130},
        yaxis={"range": [0, 101]},
    )


def _class_curves(
    names: Sequence[str],
    places: Sequence[float],
    percent: np.ndarray,
    epochs: int,
    mode: str = "lines",
    **layout: Any,
) -> Figure:
    """Return a line for each class: percent, float (places, classes), NaN where it is not known."""
    traces = [
        scatter(
            places,
            known(values.round(2)),
            f"{name}, epoch %{{x:.2f}}: %{{y:.1f}} %",
            mode,
            name=name,
            showlegend=not (len(values) and np.isnan(values).all()),
            line={"color": colour, "width": 2},
        )
        for name, colour, values in zip(names, TEN, percent.T, strict=False)
    ]
    layout["yaxis"] |= {"ticksuffix": " %"}
    # Close to the axis: further down it meets the legend.
    axis = {"title": {"text": "epoch", "standoff": 4}, "range": [0, epochs]}
    legend = {**LEGEND_LEFT, "y": -0.28, "yanchor": "top", "itemwidth": 30}
    return figure(traces, xaxis=axis, legend=legend, **layout)
