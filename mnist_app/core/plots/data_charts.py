"""What is in a data set -> Plotly figures: how many of each class, and the numbers of a picture."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from mnist_app.core.plots.charts import CONTRAST, STRONG, laid_out

if TYPE_CHECKING:
    import plotly.graph_objects as go


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
    laid_out(figure, height=300)
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
        type="rect",
        x0=column - 0.5,
        x1=column + side - 0.5,
        y0=row - 0.5,
        y1=row + side - 0.5,
        line={"color": CONTRAST, "width": 3},
    )
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
    figure = laid_out(go.Figure(cells), height=300)
    figure.update_layout(margin={"l": 28, "r": 4, "t": 4, "b": 28})
    figure.update_xaxes(fixedrange=True, constrain="domain", dtick=1)
    figure.update_yaxes(
        fixedrange=True,
        constrain="domain",
        dtick=1,
        autorange="reversed",
        scaleanchor="x",
        showgrid=False,
    )
    return figure
