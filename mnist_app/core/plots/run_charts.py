"""A training run -> Plotly figures: its curves while it goes."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mnist_app.core.plots.charts import (
    CONTRAST,
    FAINT,
    MANY_CLASSES,
    STRONG,
    Figure,
    Trace,
    class_colour,
    figure,
    known,
    scatter,
)
from mnist_app.core.runs.progress import Opinion, Point

# How much of the past a smoothed curve keeps at each point.
SMOOTHING = 0.7
# Both kinds of pictures, as all charts name them.
TRAINING, VALIDATION = "training pictures", "held-back pictures"
# Above this accuracy, in percent, a chart shows nothing of what is below.
HIGH = 90
# Each number below an axis has the browser lay out the page anew.
MOST_TICKS = 10
POINTS: Trace = {"mode": "lines+markers", "marker": {"size": 9}}


@dataclass(frozen=True)
class Quantity:
    """A quantity that changes as a network learns.

    Attributes:
        name: in one word.
        meaning: what it tells.
        unit: behind its numbers.
        value: returns it, in its unit.
        least, most: the ends of its axis, as far as the values do not decide them. An axis that
            does not begin at 0 is logarithmic, and what is less than `least` lies on its edge.
    """

    name: str
    meaning: str
    unit: str
    value: Callable[[Point], float]
    least: float
    most: float

    @property
    def title(self) -> str:
        """Return the title of its chart."""
        return f"{self.name}: {self.meaning}"

    def said(self, point: Point) -> str:
        """Return its value at a point, with its unit."""
        return f"{self.value(point):.3g}{self.unit}"

    def line(
        self, points: Sequence[Point], name: str, line: Trace, smoothing: float = 0.0, **look: Any
    ) -> Trace:
        """Return the quantity over epochs, smoothed by `smoothing` as `smoothed` does."""
        values = smoothed(map(self.value, points), smoothing)
        return scatter(
            [point.epoch for point in points],
            [max(value, self.least) for value in values],
            f"{name}, epoch %{{x:.2f}}: %{{customdata:.3g}}{self.unit}",
            name=name,
            customdata=values,
            line={"width": 2, **line},
            **look,
        )

    def layout(self, lines: Sequence[Trace]) -> dict[str, Any]:
        """Return the axis that shows what happens in `lines`, and a legend where they are not."""
        axis = self._logarithmic(lines) if self.least else _of_accuracy(lines)
        falls = bool(self.least)
        return {
            # Who looked closer at one quantity has not looked closer at another.
            "yaxis": {"ticksuffix": self.unit, "uirevision": self.title, **axis},
            "legend": {
                "orientation": "v",
                "x": 1,
                "xanchor": "right",
                "y": 1 if falls else 0,
                "yanchor": "top" if falls else "bottom",
                "traceorder": "normal",
                "bgcolor": "rgba(128,128,128,0.12)",
                "itemwidth": 30,
            },
        }

    def _logarithmic(self, lines: Sequence[Trace]) -> dict[str, Any]:
        """Return an axis from below the least of all values, by whole decades, to the largest."""
        values = [value for line in lines for value in line["y"]]
        top = max([*values, self.most])
        low = min([*values, self.most / 100])
        bottom = max(self.least, 10.0 ** math.floor(math.log10(low)))
        ticks = [digit * 10.0**power for power in range(-3, 3) for digit in (1, 2, 5)]
        return {
            "type": "log",
            "range": [math.log10(bottom) - 0.02, math.log10(top) + 0.02],
            "tickvals": ticks,
            "ticktext": [f"{tick:g}{self.unit}" for tick in ticks],
        }


def _of_accuracy(lines: Sequence[Trace]) -> dict[str, Any]:
    """Return an axis of all percents; of the highest once all lines have been there an epoch."""
    ends = [(line["x"][-1], line["y"][-1]) for line in lines if line["y"]]
    is_high = bool(ends) and all(epoch >= 1 and value >= HIGH for epoch, value in ends)
    low = HIGH if is_high else 0
    return {"range": [low, 100 + (100 - low) / 100]}


ACCURACY = Quantity(
    "Accuracy", "pictures read correctly", "%", lambda point: point.accuracy * 100, 0, 100
)
ERROR = Quantity(
    "Error", "pictures misread", "%", lambda point: (1 - point.accuracy) * 100, 0.1, 100
)
LOSS = Quantity("Loss", "how far from sure and correct", "", lambda point: point.loss, 0.001, 2.5)


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


def run_curves(
    quantity: Quantity,
    training: Sequence[Point],
    validation: Sequence[Point],
    epochs: int,
    **layout: Any,
) -> Figure:
    """Return a quantity over a run of `epochs` epochs: each moment, smoothed, and validated.

    Args:
        layout: more of it, see `figure`.
    """
    moments: Trace = {"showlegend": False, "hoverinfo": "skip", "opacity": 0.6, "connectgaps": True}
    raw = quantity.line(training, TRAINING, {"color": FAINT, "width": 1}, **moments)
    # Moments without a single error would be strokes down to the edge.
    raw["y"] = [value if value > quantity.least else None for value in raw["y"]]
    lines = [
        quantity.line(training, TRAINING, {"color": STRONG, "width": 2.5}, SMOOTHING),
        quantity.line(validation, VALIDATION, {"color": CONTRAST}, **POINTS),
    ]
    shared: dict[str, Any] = {
        "title": quantity.title,
        "height": 300,
        "xaxis": epoch_axis(epochs),
        **quantity.layout(lines),
    }
    return figure([raw, *lines], **{**shared, **layout})


def lesson_curve(training: Sequence[Point], epochs: int) -> Figure:
    """Return accuracy over a short run, in words for an audience."""
    # No number at 0: it would touch that of the other axis.
    step = math.ceil(epochs / MOST_TICKS)
    ticks = {"tickvals": list(range(step, epochs + 1, step))}
    axis = {**epoch_axis(epochs, "rounds through all pictures"), **ticks}
    return run_curves(
        ACCURACY,
        training,
        (),
        epochs,
        title="Pictures read correctly",
        height=260,
        showlegend=False,
        xaxis=axis,
    )


def epoch_axis(epochs: int, title: str = "epoch") -> dict[str, Any]:
    """Return the axis of a run of `epochs` epochs, with room for the last point."""
    return {"title": {"text": title}, "range": [0, epochs * 1.01]}


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
        xaxis=epoch_axis(epochs),
        yaxis={"rangemode": "tozero", "exponentformat": "power", "nticks": 5},
    )


def class_accuracy_curves(
    validation: Sequence[Point],
    accuracies: Sequence[Sequence[float]],
    names: Sequence[str],
    epochs: int,
    words: str = "",
    noun: str = "digit",
) -> Figure:
    """Return how the accuracy on each class rises over `epochs` epochs.

    Args:
        accuracies: of each point of `validation`, 0..1 for each class, NaN for one without
            pictures.
        names: one a class.
        words: stand in the chart while nothing is validated.
        noun: what a class is called.
    """
    percent = np.array(accuracies, dtype=float).reshape(-1, len(names)) * 100
    # From the tens that the worst class began in: near the end all are close to each other.
    low = min(90, int(min(percent[~np.isnan(percent)], default=0) / 10) * 10)
    note = {"text": words, "showarrow": False, "x": 0.5, "xref": "paper", "y": 0.5, "yref": "paper"}
    return _class_curves(
        names,
        [point.epoch for point in validation],
        percent,
        epochs,
        mode="lines+markers",
        title=f"Accuracy on held-back pictures, by {noun}",
        height=300,
        yaxis={"range": [low, 100 + (100 - low) / 50]},
        annotations=[] if accuracies else [note],
    )


def opinion_curves(opinions: Sequence[Opinion], names: Sequence[str], epochs: int) -> Figure:
    """Return how the probabilities of each class for one drawing move over `epochs` epochs."""
    chances = np.array([opinion.probabilities for opinion in opinions]).reshape(-1, len(names))
    return _class_curves(
        names,
        [round(opinion.epoch, 4) for opinion in opinions],
        chances * 100,
        epochs,
        height=270,
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
            f"{name}, epoch %{{x:.2f}}: %{{y:.1f}}%",
            mode,
            name=name,
            showlegend=not (len(values) and np.isnan(values).all()),
            line={"color": class_colour(label), "width": 2},
        )
        for label, (name, values) in enumerate(zip(names, percent.T, strict=True))
    ]
    layout["yaxis"] |= {"ticksuffix": "%"}
    legend = {"orientation": "v", "x": 1.02, "xanchor": "left", "y": 1, "yanchor": "top"}
    return figure(
        traces,
        xaxis=epoch_axis(epochs),
        legend={**legend, "itemwidth": 30},
        showlegend=len(names) <= MANY_CLASSES,
        **layout,
    )
