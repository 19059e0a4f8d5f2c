"""Training runs -> Plotly figures: the curves of one while it goes, and of several together."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from mnist_app.core.plots.charts import CONTRAST, FAINT, STRONG, TEN, laid_out, made_once, plain
from mnist_app.core.runs.learning_curve import LearningCurves
from mnist_app.core.runs.progress import Opinion, Point
from mnist_app.core.runs.run import Run

if TYPE_CHECKING:
    import plotly.graph_objects as go

# How much of the past a smoothed curve keeps at each point.
SMOOTHING = 0.7
# For several runs; told apart by people who see red and green alike (Okabe and Ito, 2008).
RUN_COLOURS = (STRONG, CONTRAST, "#009e73", "#cc79a7", "#56b4e9", "#b8860b", "#d55e00", "#7a7f8a")


def accuracy_curves(
    training: Sequence[Point], validation: Sequence[Point], epochs: int
) -> "go.Figure":
    """Share of pictures read right, in percent, over a run of `epochs` epochs."""
    figure = _curves(
        "Accuracy: pictures read right",
        training,
        validation,
        epochs,
        lambda point: point.accuracy * 100,
        " %",
    )
    figure.update_yaxes(range=[0, 101])
    return figure


def loss_curves(training: Sequence[Point], validation: Sequence[Point], epochs: int) -> "go.Figure":
    """Cross-entropy, in nats, over a run of `epochs` epochs."""
    figure = _curves(
        "Loss: how wrong it is", training, validation, epochs, lambda point: point.loss, ""
    )
    highest = max((point.loss for point in (*training, *validation)), default=2.5)
    figure.update_yaxes(range=[0, highest * 1.05])
    return figure


def _curves(
    title: str,
    training: Sequence[Point],
    validation: Sequence[Point],
    epochs: int,
    value: Callable[[Point], float],
    suffix: str,
) -> "go.Figure":
    figure = _empty_curves(title, epochs, suffix)
    raw = [value(point) for point in training]
    epoch = [point.epoch for point in training]
    figure.data[0].update(x=epoch, y=raw)
    figure.data[1].update(x=epoch, y=smoothed(raw))
    figure.data[2].update(
        x=[point.epoch for point in validation], y=[value(point) for point in validation]
    )
    return figure


@made_once
def _empty_curves(title: str, epochs: int, suffix: str) -> "go.Figure":
    """Return training, smoothed training and validation, without points."""
    import plotly.graph_objects as go

    figure = go.Figure()
    for name, line, mode in (
        ("training", {"color": FAINT, "width": 1}, "lines"),
        ("smoothed", {"color": STRONG, "width": 2.5}, "lines"),
        ("validation", {"color": CONTRAST, "width": 2}, "lines+markers"),
    ):
        figure.add_scatter(
            name=name,
            mode=mode,
            line=line,
            marker={"size": 9},
            hovertemplate=f"{name}, epoch %{{x:.2f}}: %{{y:.4g}}{suffix}<extra></extra>",
        )
    laid_out(figure, height=300, title=title)
    figure.update_layout(margin={"t": 64}, legend={"x": 0, "xanchor": "left"})
    figure.update_xaxes(title="epoch", range=[0, epochs])
    figure.update_yaxes(ticksuffix=suffix)
    return figure


def smoothed(values: Sequence[float], weight: float = SMOOTHING) -> list[float]:
    """The exponentially weighted mean of the values so far, without a bias towards the first.

    Args:
        weight: in 0..1; how much of the past each value keeps, 0 leaves the values as they are.
    """
    mean, total, result = 0.0, 0.0, []
    for value in values:
        mean = weight * mean + (1 - weight) * value
        total = weight * total + (1 - weight)
        result.append(mean / total)
    return result


def smoothed_curve(
    name: str, epochs: Sequence[float], values: Sequence[float], colour: str, weight: float = 0.9
) -> "list[go.Scatter]":
    """A curve twice: raw and faint, and smoothed over it; both hide and show together."""
    import plotly.graph_objects as go

    hover = f"{name}, epoch %{{x:.2f}}: %{{y:.4g}}<extra></extra>"
    raw = go.Scatter(
        x=list(epochs),
        y=list(values),
        mode="lines",
        line={"color": colour, "width": 1},
        opacity=0.35,
        legendgroup=name,
        showlegend=False,
        hoverinfo="skip",
    )
    calm = go.Scatter(
        x=list(epochs),
        y=smoothed(values, weight),
        name=name,
        mode="lines",
        line={"color": colour, "width": 2},
        legendgroup=name,
        hovertemplate=hover,
    )
    return [raw, calm]


def learning_rate_curve(training: Sequence[Point], epochs: int) -> "go.Figure":
    """How large each step was, over a run of `epochs` epochs."""
    figure = _empty_learning_rate(epochs)
    figure.data[0].update(
        x=[point.epoch for point in training], y=[point.learning_rate for point in training]
    )
    return figure


@made_once
def _empty_learning_rate(epochs: int) -> "go.Figure":
    import plotly.graph_objects as go

    line = go.Scatter(
        mode="lines",
        line={"color": STRONG, "width": 2},
        hovertemplate="epoch %{x:.2f}: %{y:.3g}<extra></extra>",
    )
    figure = laid_out(go.Figure(line), height=240, title="Learning rate")
    figure.update_xaxes(title="epoch", range=[0, epochs])
    figure.update_yaxes(rangemode="tozero", exponentformat="power", nticks=5)
    return figure


def class_accuracy_curves(
    validation: Sequence[Point],
    shares: Sequence[Sequence[float]],
    names: Sequence[str],
    epochs: int,
    words: str = "",
) -> "go.Figure":
    """How the share of each class that is read right rises over a run of `epochs` epochs.

    Args:
        shares: of each point of `validation`, 0..1 for each class, NaN for one without
            pictures.
        names: one a class.
        words: stand in the chart while nothing is validated.
    """
    figure = _empty_classes(tuple(names), epochs, "Validation accuracy of each class")
    for line, values in zip(figure.data, zip(*shares, strict=True), strict=False):
        line.update(
            x=[point.epoch for point in validation],
            mode="lines+markers",
            y=[None if np.isnan(share) else round(share * 100, 2) for share in values],
            showlegend=not np.isnan(values).all(),
        )
    known = [share for values in shares for share in values if not np.isnan(share)]
    # From the tens that the worst class began in: near the end all are close to each other.
    low = min(90, int(min(known, default=0) * 10) * 10)
    figure.update_yaxes(range=[low, 100 + (100 - low) / 50])
    if not shares:
        figure.add_annotation(text=words, showarrow=False, x=0.5, xref="paper", y=0.5, yref="paper")
    return figure


def opinion_curves(opinions: Sequence[Opinion], names: Sequence[str], epochs: int) -> "go.Figure":
    """How the probabilities of each class for one drawing move over a run of `epochs` epochs."""
    figure = _empty_classes(tuple(names), epochs)
    epoch = [round(opinion.epoch, 4) for opinion in opinions]
    for index, line in enumerate(figure.data):
        line.update(
            x=epoch, y=[round(opinion.probabilities[index] * 100, 2) for opinion in opinions]
        )
    return figure


@made_once
def _empty_classes(names: tuple[str, ...], epochs: int, title: str = "") -> "go.Figure":
    """Return a line of percent for each class, without points."""
    import plotly.graph_objects as go

    figure = go.Figure()
    for name, colour in zip(names, TEN, strict=False):
        figure.add_scatter(
            name=name,
            mode="lines",
            line={"color": colour, "width": 2},
            hovertemplate=f"{name}, epoch %{{x:.2f}}: %{{y:.1f}} %<extra></extra>",
        )
    laid_out(figure, height=358 if title else 330, title=title)
    figure.update_layout(
        margin={"t": 36 if title else 8, "b": 130},
        legend={"x": 0, "xanchor": "left", "y": -0.28, "yanchor": "top", "itemwidth": 30},
    )
    # Close to the axis: further down it meets the legend.
    figure.update_xaxes(title={"text": "epoch", "standoff": 4}, range=[0, epochs])
    figure.update_yaxes(range=[0, 101], ticksuffix=" %")
    return figure


def runs_accuracy(
    runs: Sequence[Run], curves: Sequence[LearningCurves], weight: float = 0.9
) -> "go.Figure":
    """Show the share of pictures read right, in percent, of several runs over each other.

    Args:
        curves: of each run.
    """
    return _runs_curves(
        "Accuracy: pictures read right",
        runs,
        curves,
        weight,
        lambda point: point.accuracy * 100,
        " %",
    )


def runs_loss(
    runs: Sequence[Run], curves: Sequence[LearningCurves], weight: float = 0.9
) -> "go.Figure":
    """Show the cross-entropy, in nats, likewise."""
    figure = _runs_curves(
        "Loss: how wrong it is", runs, curves, weight, lambda point: point.loss, ""
    )
    figure.update_yaxes(rangemode="tozero")
    return figure


def _runs_curves(
    title: str,
    runs: Sequence[Run],
    curves: Sequence[LearningCurves],
    weight: float,
    value: Callable[[Point], float],
    suffix: str,
) -> "go.Figure":
    """Training as lines, smoothed and raw; validation as points joined by dashes."""
    import plotly.graph_objects as go

    figure = go.Figure()
    for number, (run, known) in enumerate(zip(runs, curves, strict=True)):
        colour, name = RUN_COLOURS[number % len(RUN_COLOURS)], plain(run.title)
        epochs = [point.epoch for point in known.training]
        figure.add_traces(
            smoothed_curve(name, epochs, [value(point) for point in known.training], colour, weight)
        )
        figure.add_scatter(
            x=[point.epoch for point in known.validation],
            y=[value(point) for point in known.validation],
            mode="lines+markers",
            line={"color": colour, "width": 2, "dash": "dot"},
            marker={"size": 8},
            legendgroup=name,
            showlegend=False,
            hovertemplate=f"{name}, validation, epoch %{{x:.2f}}: %{{y:.4g}}{suffix}"
            "<extra></extra>",
        )
    laid_out(figure, height=340, title=title)
    figure.update_layout(margin={"t": 64}, legend={"x": 0, "xanchor": "left"})
    figure.update_xaxes(title="epoch", rangemode="tozero")
    figure.update_yaxes(ticksuffix=suffix)
    return figure


def accuracy_against_weights(runs: Sequence[Run]) -> "go.Figure":
    """What more weights bring: one point a run whose accuracy was measured."""
    return _accuracy_against(runs, "weights", "weights", lambda run: run.weights, "%{x:,} weights")


def accuracy_against_seconds(runs: Sequence[Run]) -> "go.Figure":
    """What more time brings: one point a run whose accuracy was measured."""
    return _accuracy_against(
        runs, "time", "seconds of training", lambda run: run.seconds, "%{x:.1f} seconds"
    )


def _accuracy_against(
    runs: Sequence[Run], what: str, axis: str, value: Callable[[Run], float], form: str
) -> "go.Figure":
    import plotly.graph_objects as go

    figure = go.Figure()
    for number, run in enumerate(runs):
        # A logarithmic axis has no place for nought.
        if run.accuracy is None or value(run) <= 0:
            continue
        figure.add_scatter(
            x=[value(run)],
            y=[run.accuracy * 100],
            name=plain(run.title),
            mode="markers",
            marker={"size": 14, "color": RUN_COLOURS[number % len(RUN_COLOURS)]},
            hovertemplate=f"{plain(run.title)}<br>{form}<br>%{{y:.2f}} % read right<extra></extra>",
        )
    laid_out(figure, height=340, title=f"Accuracy against {what}")
    figure.update_layout(
        margin={"t": 64},
        showlegend=True,
        hovermode="closest",
        legend={"x": 0, "xanchor": "left"},
    )
    figure.update_xaxes(title=axis, type="log")
    figure.update_yaxes(title="test pictures read right", ticksuffix=" %")
    return figure
