"""Data -> Plotly figures: pure functions, legible on light and on dark."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from mnist_app.training import Point

if TYPE_CHECKING:
    import plotly.graph_objects as go

STRONG = "#2f7bf6"
FAINT = "#9db4d6"
CONTRAST = "#e8833a"


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
    )
    figure.update_xaxes(showgrid=False, zeroline=False)
    figure.update_yaxes(gridcolor="rgba(128,128,128,0.25)", zeroline=False)
    return figure


def probability_bars(probabilities: np.ndarray | None, names: Sequence[str]) -> "go.Figure":
    """How probable each class is; the tallest bar stands out.

    Args:
        probabilities: float (classes,) in 0..1, or None for empty bars.
        names: one a class.
    """
    import plotly.graph_objects as go

    values = np.zeros(len(names)) if probabilities is None else np.asarray(probabilities)
    best = values.argmax() if probabilities is not None else -1
    bars = go.Bar(
        x=list(names),
        y=(values * 100).round(2).tolist(),
        marker_color=[STRONG if index == best else FAINT for index in range(len(names))],
        text=[f"{value:.0%}" if value >= 0.005 else "" for value in values],
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

    figure = go.Figure()
    for name, points, colour, mode in (
        ("training", training, STRONG, "lines"),
        ("validation", validation, CONTRAST, "lines+markers"),
    ):
        figure.add_scatter(
            x=[point.epoch for point in points],
            y=[value(point) for point in points],
            name=name,
            mode=mode,
            line={"color": colour, "width": 2},
            marker={"size": 9},
            hovertemplate=f"{name}, epoch %{{x:.2f}}: %{{y:.4g}}{suffix}<extra></extra>",
        )
    _layout(figure, height=300, title=title)
    figure.update_layout(margin={"t": 64}, legend={"x": 0, "xanchor": "left"})
    figure.update_xaxes(title="epoch", range=[0, epochs])
    figure.update_yaxes(ticksuffix=suffix)
    return figure
