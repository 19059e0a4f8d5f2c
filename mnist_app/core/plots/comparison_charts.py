"""Several training runs -> Plotly figures: their curves over each other, accuracy against cost."""

from collections.abc import Callable, Sequence

from mnist_app.core.plots.charts import CONTRAST, STRONG, Figure, Trace, figure, plain, scatter
from mnist_app.core.plots.run_charts import TRAINING, VALIDATION, Quantity, epoch_axis
from mnist_app.core.runs.learning_curve import LearningCurves
from mnist_app.core.runs.run import Run

# For several runs; told apart by people who see red and green alike (Okabe and Ito, 2008).
RUN_COLOURS = (STRONG, CONTRAST, "#009e73", "#cc79a7", "#56b4e9", "#b8860b", "#d55e00", "#7a7f8a")
# Of several curves over each other only the trend is legible: see `run_charts.smoothed`.
SMOOTHING = 0.9
NEUTRAL = "#8a93a3"
# Letters of a run's name in a legend.
LONGEST = 26


def runs_curves(
    quantity: Quantity, runs: Sequence[Run], curves: Sequence[LearningCurves]
) -> Figure:
    """Return a quantity of several runs over each other.

    Training is a smoothed line; validation is points joined by dots.

    Args:
        curves: of each run.
    """
    lines: list[Trace] = []
    dotted: Trace = {"mode": "lines+markers", "marker": {"size": 8}}
    hidden: Trace = {"showlegend": False}
    for number, (run, known) in enumerate(zip(runs, curves, strict=True)):
        line, name = {"color": _colour(number)}, plain(_shortened(run.title))
        checked = {**line, "dash": "dot"}
        lines += [
            quantity.line(known.training, name, line, SMOOTHING),
            quantity.line(known.validation, f"{name}, {VALIDATION}", checked, **dotted, **hidden),
        ]
    keys = [
        scatter([None], [None], name=name, line={"color": NEUTRAL, "width": 2, "dash": dash})
        for name, dash in ((TRAINING, "solid"), (VALIDATION, "dot"))
    ]
    last = max((run.config.epochs for run in runs), default=1)
    return figure(
        [*lines, *keys],
        height=380,
        title=quantity.title,
        xaxis=epoch_axis(last),
        **quantity.layout(lines),
    )


def _shortened(title: str) -> str:
    """Return a title with which a legend leaves room for the curves on a phone."""
    return title if len(title) <= LONGEST else f"{title[: LONGEST - 1]}…"


def accuracy_against_parameter_count(runs: Sequence[Run]) -> Figure:
    """Return what more weights bring: one point a run whose accuracy was measured."""
    said = "%{x:,} weights"
    return _accuracy_against("weights", "weights", said, lambda run: run.parameter_count, runs)


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
            f"{plain(run.title)}<br>{said}<br>%{{y:.2f}}% correct",
            mode="markers",
            name=plain(run.title),
            marker={"size": 14, "color": _colour(number)},
        )
        for number, run in enumerate(runs)
        # A logarithmic axis has no place for nought.
        if run.accuracy is not None and value(run) > 0
    ]
    # Without a legend: the chart of the curves names the colours.
    return figure(
        points,
        height=340,
        title=f"Accuracy against {what}",
        showlegend=False,
        hovermode="closest",
        xaxis={"title": {"text": axis}, "type": "log"},
        yaxis={"title": {"text": "test pictures read correctly"}, "ticksuffix": "%"},
    )


def _colour(number: int) -> str:
    return RUN_COLOURS[number % len(RUN_COLOURS)]
