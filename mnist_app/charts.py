"""Data -> Plotly figures: pure functions, legible on light and on dark."""

import functools
import math
from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING

import numpy as np

from mnist_app.evaluation import Bin
from mnist_app.progress import Opinion, Point
from mnist_app.runs import Run

if TYPE_CHECKING:
    import plotly.graph_objects as go

STRONG = "#2f7bf6"
FAINT = "#9db4d6"
CONTRAST = "#e8833a"
# Ten that are told apart on light and on dark.
TEN = (
    "#2f7bf6", "#e8833a", "#1a9a55", "#d8452e", "#9467bd",
    "#a9745f", "#e377c2", "#8a93a3", "#b5a51f", "#17a5b8",
)  # fmt: skip
# How much of the past a smoothed curve keeps at each point.
SMOOTHING = 0.7
# Shares of fewer pictures than this say little.
FEW = 20
# For several runs; told apart by people who see red and green alike (Okabe and Ito, 2008).
RUN_COLOURS = (STRONG, CONTRAST, "#009e73", "#cc79a7", "#56b4e9", "#b8860b", "#d55e00", "#7a7f8a")


def _layout(figure: "go.Figure", height: int, title: str = "") -> "go.Figure":
    figure.update_layout(
        title={"text": title, "font": {"size": 15}, "x": 0, "xanchor": "left", "y": 0.98},
        height=height,
        margin={"l": 48, "r": 8, "t": 36 if title else 8, "b": 40},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        legend={"orientation": "h", "y": 1.0, "x": 1, "xanchor": "right", "yanchor": "bottom"},
        # What a person zoomed or hid stays so when new data comes.
        uirevision="kept",
        dragmode=False,
        # Plotly's default look is seven times as long as the rest, and sent with every stroke.
        template=None,
    )
    figure.update_xaxes(showgrid=False, zeroline=False)
    figure.update_yaxes(gridcolor="rgba(128,128,128,0.25)", zeroline=False)
    return figure


def probability_bars(
    probabilities: np.ndarray | None, names: Sequence[str], strong: Collection[int] = ()
) -> "go.Figure":
    """How probable each class is.

    Args:
        probabilities: float (classes,) in 0..1, or None for empty bars.
        names: one a class.
        strong: the classes whose bars stand out.
    """
    import plotly.graph_objects as go

    values = np.zeros(len(names)) if probabilities is None else np.asarray(probabilities)
    figure = go.Figure(_empty_bars(tuple(names)))
    figure.data[0].update(
        y=(values * 100).round(2).tolist(),
        marker_color=[STRONG if index in strong else FAINT for index in range(len(names))],
        text=[f"{value:.0%}" if value >= 0.005 else "" for value in values],
    )
    return figure


@functools.lru_cache(maxsize=8)
def _empty_bars(names: tuple[str, ...]) -> "go.Figure":
    """Bars without heights; kept, because making a figure takes ten times as long as copying it."""
    import plotly.graph_objects as go

    bars = go.Bar(
        x=list(names),
        textposition="outside",
        cliponaxis=False,
        hovertemplate="%{x}: %{y:.2f} %<extra></extra>",
    )
    figure = _layout(go.Figure(bars), height=230)
    figure.update_xaxes(type="category", fixedrange=True)
    figure.update_yaxes(
        range=[0, 112], tickvals=[0, 50, 100], ticktext=["0 %", "50 %", "100 %"], fixedrange=True
    )
    return figure


def accuracy_curves(
    training: Sequence[Point], validation: Sequence[Point], epochs: int
) -> "go.Figure":
    """Share of pictures read right, in percent, over a run of `epochs` epochs."""
    figure = _curves(
        "Accuracy: pictures read right", training, validation, epochs,
        lambda point: point.accuracy * 100,
        " %",
    )  # fmt: skip
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
    import plotly.graph_objects as go

    figure = go.Figure(_empty_curves(title, epochs, suffix))
    raw = [value(point) for point in training]
    epoch = [point.epoch for point in training]
    figure.data[0].update(x=epoch, y=raw)
    figure.data[1].update(x=epoch, y=smoothed(raw))
    figure.data[2].update(
        x=[point.epoch for point in validation], y=[value(point) for point in validation]
    )
    return figure


@functools.lru_cache(maxsize=16)
def _empty_curves(title: str, epochs: int, suffix: str) -> "go.Figure":
    """Training, smoothed training and validation, without points; kept as `_empty_bars` is."""
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
    _layout(figure, height=300, title=title)
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
        x=list(epochs), y=list(values), mode="lines", line={"color": colour, "width": 1},
        opacity=0.35, legendgroup=name, showlegend=False, hoverinfo="skip",
    )  # fmt: skip
    calm = go.Scatter(
        x=list(epochs), y=smoothed(values, weight), name=name, mode="lines",
        line={"color": colour, "width": 2}, legendgroup=name, hovertemplate=hover,
    )  # fmt: skip
    return [raw, calm]


def learning_rate_curve(training: Sequence[Point], epochs: int) -> "go.Figure":
    """How large each step was, over a run of `epochs` epochs."""
    import plotly.graph_objects as go

    figure = go.Figure(_empty_learning_rate(epochs))
    figure.data[0].update(
        x=[point.epoch for point in training], y=[point.learning_rate for point in training]
    )
    return figure


@functools.lru_cache(maxsize=8)
def _empty_learning_rate(epochs: int) -> "go.Figure":
    import plotly.graph_objects as go

    line = go.Scatter(
        mode="lines",
        line={"color": STRONG, "width": 2},
        hovertemplate="epoch %{x:.2f}: %{y:.3g}<extra></extra>",
    )
    figure = _layout(go.Figure(line), height=240, title="Learning rate")
    figure.update_xaxes(title="epoch", range=[0, epochs])
    figure.update_yaxes(rangemode="tozero", exponentformat="power", nticks=5)
    return figure


def class_accuracy_bars(shares: Sequence[float] | None, names: Sequence[str]) -> "go.Figure":
    """How many pictures of each class are read right.

    Args:
        shares: 0..1, one a class, NaN for a class without pictures; None for empty bars.
        names: one a class.
    """
    import plotly.graph_objects as go

    values = [0.0 if np.isnan(share) else share for share in shares or [0.0] * len(names)]
    figure = go.Figure(_empty_class_accuracy(tuple(names)))
    figure.data[0].y = [round(value * 100, 2) for value in values]
    return figure


@functools.lru_cache(maxsize=8)
def _empty_class_accuracy(names: tuple[str, ...]) -> "go.Figure":
    import plotly.graph_objects as go

    bars = go.Bar(
        x=list(names),
        marker_color=STRONG,
        hovertemplate="%{x}: %{y:.1f} % read right<extra></extra>",
    )
    figure = _layout(go.Figure(bars), height=240, title="Validation accuracy of each class")
    figure.update_xaxes(type="category", fixedrange=True)
    figure.update_yaxes(
        range=[0, 101], tickvals=[0, 50, 100], ticktext=["0 %", "50 %", "100 %"], fixedrange=True
    )
    return figure


def opinion_curves(opinions: Sequence[Opinion], names: Sequence[str], epochs: int) -> "go.Figure":
    """How the probabilities of each class for one drawing move over a run of `epochs` epochs."""
    import plotly.graph_objects as go

    figure = go.Figure(_empty_opinions(tuple(names), epochs))
    epoch = [round(opinion.epoch, 4) for opinion in opinions]
    for index, line in enumerate(figure.data):
        line.update(
            x=epoch, y=[round(opinion.probabilities[index] * 100, 2) for opinion in opinions]
        )
    return figure


@functools.lru_cache(maxsize=8)
def _empty_opinions(names: tuple[str, ...], epochs: int) -> "go.Figure":
    import plotly.graph_objects as go

    figure = go.Figure()
    for name, colour in zip(names, TEN, strict=True):
        figure.add_scatter(
            name=name,
            mode="lines",
            line={"color": colour, "width": 2},
            hovertemplate=f"{name}, epoch %{{x:.2f}}: %{{y:.1f}} %<extra></extra>",
        )
    _layout(figure, height=330)
    figure.update_layout(
        margin={"t": 8, "b": 130},
        legend={"x": 0, "xanchor": "left", "y": -0.28, "yanchor": "top", "itemwidth": 30},
    )
    figure.update_xaxes(title="epoch", range=[0, epochs])
    figure.update_yaxes(range=[0, 101], ticksuffix=" %")
    return figure


def runs_accuracy(runs: Sequence[Run], weight: float = 0.9) -> "go.Figure":
    """Share of pictures read right, in percent, of several runs over each other."""
    return _runs_curves(
        "Accuracy: pictures read right", runs, weight, lambda point: point.accuracy * 100, " %"
    )


def runs_loss(runs: Sequence[Run], weight: float = 0.9) -> "go.Figure":
    """Cross-entropy, in nats, of several runs over each other."""
    figure = _runs_curves("Loss: how wrong it is", runs, weight, lambda point: point.loss, "")
    figure.update_yaxes(rangemode="tozero")
    return figure


def _runs_curves(
    title: str,
    runs: Sequence[Run],
    weight: float,
    value: Callable[[Point], float],
    suffix: str,
) -> "go.Figure":
    """Training as lines, smoothed and raw; validation as points joined by dashes."""
    import plotly.graph_objects as go

    figure = go.Figure()
    for number, run in enumerate(runs):
        colour = RUN_COLOURS[number % len(RUN_COLOURS)]
        epochs = [point.epoch for point in run.training]
        figure.add_traces(
            smoothed_curve(
                run.title, epochs, [value(point) for point in run.training], colour, weight
            )
        )
        figure.add_scatter(
            x=[point.epoch for point in run.validation],
            y=[value(point) for point in run.validation],
            mode="lines+markers",
            line={"color": colour, "width": 2, "dash": "dot"},
            marker={"size": 8},
            legendgroup=run.title,
            showlegend=False,
            hovertemplate=f"{run.title}, validation, epoch %{{x:.2f}}: %{{y:.4g}}{suffix}"
            "<extra></extra>",
        )
    _layout(figure, height=340, title=title)
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
            name=run.title,
            mode="markers",
            marker={"size": 14, "color": RUN_COLOURS[number % len(RUN_COLOURS)]},
            hovertemplate=f"{run.title}<br>{form}<br>%{{y:.2f}} % read right<extra></extra>",
        )
    _layout(figure, height=340, title=f"Accuracy against {what}")
    figure.update_layout(
        margin={"t": 64}, showlegend=True, hovermode="closest",
        legend={"x": 0, "xanchor": "left"},
    )  # fmt: skip
    figure.update_xaxes(title=axis, type="log")
    figure.update_yaxes(title="test pictures read right", ticksuffix=" %")
    return figure


def confusion_heatmap(
    matrix: np.ndarray, names: Sequence[str], as_shares: bool = False, with_diagonal: bool = True
) -> "go.Figure":
    """How often each class was read as each; errors stand out, however few they are.

    What was read right is grey. Errors have a colour of their own, by the logarithm of their
    number, so that a single one is seen beside a thousand right answers.

    Args:
        matrix: int (classes, classes), row: true class, column: predicted class.
        names: one a class.
        as_shares: write percents of the true class instead of counts.
        with_diagonal: show what was read right too.
    """
    import plotly.graph_objects as go

    is_right = np.eye(len(names), dtype=bool)
    share_of_class = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    errors = np.where(is_right, 0, matrix)
    written = [_percent(share) for share in share_of_class.flat] if as_shares else matrix.flat
    is_written = (matrix > 0) & (with_diagonal | ~is_right)
    texts = [
        str(text) if is_shown else ""
        for text, is_shown in zip(written, is_written.flat, strict=True)
    ]
    figure = go.Figure(
        [
            _cells(
                np.where(is_right & with_diagonal, share_of_class, np.nan), names,
                "128,140,160", 0.35, 1,
            ),
            _cells(
                np.where(errors > 0, np.log1p(errors), np.nan), names, "235,95,20", 0.8,
                max(float(np.log1p(errors.max())), 1.0),
            ),
            _cell_texts(matrix, share_of_class, names, texts),
        ]
    )  # fmt: skip
    _layout(figure, height=460)
    # However far from the middle of a cell the pointer is, it means that cell.
    figure.update_layout(hoverdistance=-1)
    figure.update_layout(showlegend=False, hovermode="closest", margin={"l": 56, "b": 48})
    unit = ", % of each row" if as_shares else ""
    figure.update_xaxes(
        title=f"read as{unit}", type="category", fixedrange=True, range=_ends(names)
    )
    figure.update_yaxes(
        title="true", type="category", fixedrange=True, range=_ends(names)[::-1], showgrid=False
    )
    return figure


def _percent(share: float) -> str:
    """A share, 0..1, in percent with one decimal; never 0 nor 100 for what is not quite so."""
    if 0 < share < 0.001:
        return "<0.1"
    if 0.999 < share < 1:
        return ">99.9"
    return f"{share * 100:.1f}".removesuffix(".0")


def _ends(names: Sequence[str]) -> list[float]:
    return [-0.5, len(names) - 0.5]


def _cells(
    values: np.ndarray, names: Sequence[str], rgb: str, strongest: float, top: float
) -> "go.Heatmap":
    """Cells from nearly see-through at 0 to `strongest` opacity at `top`, on any background."""
    import plotly.graph_objects as go

    return go.Heatmap(
        z=values,
        x=list(names),
        y=list(names),
        zmin=0,
        zmax=top,
        colorscale=[[0, f"rgba({rgb},0.06)"], [1, f"rgba({rgb},{strongest})"]],
        showscale=False,
        hoverinfo="skip",
        xgap=1,
        ygap=1,
    )


def _cell_texts(
    matrix: np.ndarray, shares: np.ndarray, names: Sequence[str], texts: Sequence[str]
) -> "go.Scatter":
    """Texts in the cells, in the text colour of the page, and what they say in words."""
    import plotly.graph_objects as go

    rows, columns = np.divmod(np.arange(matrix.size), len(names))
    counts = matrix.ravel().tolist()
    return go.Scatter(
        x=[names[column] for column in columns],
        y=[names[row] for row in rows],
        mode="text",
        # Not empty: plotly.js drops empty texts, and then misplaces those of the next matrix.
        text=[text or "\N{NO-BREAK SPACE}" for text in texts],
        textfont={"size": 11},
        hovertext=[
            f"true {names[row]}, read as {names[column]}:<br>"
            f"{count} of {matrix[row].sum()} ({shares[row, column]:.1%})"
            for row, column, count in zip(rows, columns, counts, strict=True)
        ],
        hoverinfo="text",
    )


def reliability_diagram(bins: Sequence[Bin]) -> "go.Figure":
    """How often answers are right, over how sure they were; a perfect model is on the dotted line.

    The larger a point, by the logarithm of its number of pictures, the more it says; points of
    fewer than `FEW` pictures are faint.
    """
    import plotly.graph_objects as go

    figure = go.Figure(
        [
            go.Scatter(
                x=[0, 100], y=[0, 100], mode="lines", name="perfectly honest",
                line={"color": FAINT, "width": 2, "dash": "dot"}, hoverinfo="skip",
            ),
            go.Scatter(
                x=[part.confidence * 100 for part in bins],
                y=[part.accuracy * 100 for part in bins],
                mode="markers", name="this model",
                marker={
                    "color": STRONG,
                    "size": [7 + 3 * math.log10(part.images) for part in bins],
                    "opacity": [1 if part.images >= FEW else 0.3 for part in bins],
                },
                cliponaxis=False,
                text=[
                    "1 picture" if part.images == 1 else f"{part.images:,} pictures"
                    for part in bins
                ],
                hovertemplate="%{text}: %{x:.1f} % sure on average, %{y:.1f} % right"
                "<extra></extra>",
            ),
        ]
    )  # fmt: skip
    _layout(figure, height=380)
    figure.update_layout(margin={"t": 32}, hovermode="closest")
    figure.update_xaxes(title="how sure it was", ticksuffix=" %", range=[0, 102], fixedrange=True)
    figure.update_yaxes(
        title="how often it was right", ticksuffix=" %", range=[-2, 102], fixedrange=True
    )
    return figure


def class_bars(training: np.ndarray, test: np.ndarray, names: Sequence[str]) -> "go.Figure":
    """How many pictures of each class there are to learn from and to test with.

    Args:
        training, test: int (classes,).
        names: one a class.
    """
    import plotly.graph_objects as go

    figure = go.Figure(
        [
            go.Bar(
                x=list(names),
                y=counts.tolist(),
                name=part,
                marker_color=colour,
                hovertemplate=f"%{{x}}: %{{y:,}} {part} pictures<extra></extra>",
            )
            for part, counts, colour in (
                ("training", training, STRONG),
                ("test", test, CONTRAST),
            )
        ]
    )
    _layout(figure, height=300)
    figure.update_layout(margin={"t": 32}, barmode="group", bargap=0.25)
    figure.update_xaxes(type="category", fixedrange=True)
    figure.update_yaxes(title="pictures", fixedrange=True)
    return figure


def pixel_map(image: np.ndarray, window: tuple[int, int, int]) -> "go.Figure":
    """A picture whose every pixel tells its value, with a frame around one part.

    Args:
        image: uint8 (height, width).
        window: the first row, the first column and the side of the framed part, in pixels.
    """
    row, column, side = window
    figure = _pixels(image, 0, 0, 255)
    figure.add_shape(
        type="rect", x0=column - 0.5, x1=column + side - 0.5, y0=row - 0.5, y1=row + side - 0.5,
        line={"color": CONTRAST, "width": 3},
    )  # fmt: skip
    figure.update_xaxes(dtick=5)
    figure.update_yaxes(dtick=5)
    return figure


def pixel_numbers(values: np.ndarray, first_row: int, first_column: int) -> "go.Figure":
    """A part of a picture with the number in each pixel.

    Args:
        values: (height, width); uint8 in 0..255, or float in 0..1.
        first_row, first_column: where the part begins in the whole picture.
    """
    if values.dtype == np.uint8:
        return _with_numbers(_pixels(values, first_row, first_column, 255), values, 255, "d")
    return _with_numbers(_pixels(values, first_row, first_column, 1), values, 1, ".2f")


def _with_numbers(figure: "go.Figure", values: np.ndarray, top: float, form: str) -> "go.Figure":
    """Write the value into each pixel, light on dark and dark on light."""
    cells = figure.data[0]
    rows, columns = np.divmod(np.arange(values.size), values.shape[1])
    figure.add_scatter(
        x=[cells.x[column] for column in columns],
        y=[cells.y[row] for row in rows],
        mode="text",
        text=[format(value, form) for value in values.ravel()],
        textfont={
            "size": 11,
            "color": ["#000000" if value > 0.5 * top else "#ffffff" for value in values.ravel()],
        },
        hoverinfo="skip",
    )
    return figure


def _pixels(values: np.ndarray, first_row: int, first_column: int, top: float) -> "go.Figure":
    import plotly.graph_objects as go

    rows, columns = values.shape
    cells = go.Heatmap(
        z=values.tolist(),
        x=list(range(first_column, first_column + columns)),
        y=list(range(first_row, first_row + rows)),
        zmin=0,
        zmax=top,
        colorscale=[[0, "#000000"], [1, "#ffffff"]],
        showscale=False,
        hovertemplate="row %{y}, column %{x}: %{z:.4~g}<extra></extra>",
    )
    figure = _layout(go.Figure(cells), height=300)
    figure.update_layout(margin={"l": 28, "r": 4, "t": 4, "b": 28})
    figure.update_xaxes(fixedrange=True, constrain="domain", dtick=1)
    figure.update_yaxes(
        fixedrange=True, constrain="domain", dtick=1, autorange="reversed", scaleanchor="x",
        showgrid=False,
    )  # fmt: skip
    return figure
