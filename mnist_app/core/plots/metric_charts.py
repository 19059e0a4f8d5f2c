"""Measures of a model -> Plotly figures."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from mnist_app.core.evaluation.metrics import Bin
from mnist_app.core.plots.charts import FAINT, STRONG, laid_out

if TYPE_CHECKING:
    import plotly.graph_objects as go

# Shares of fewer pictures than this say little.
FEW = 20


def confusion_heatmap(
    matrix: np.ndarray,
    names: Sequence[str],
    as_shares: bool = False,
    with_diagonal: bool = True,
    selected: tuple[int, int] | None = None,
) -> "go.Figure":
    """How often each class was read as each; errors stand out, however few they are.

    What was read right is grey. Errors have a colour of their own, by the logarithm of their
    number, so that a single one is seen beside a thousand right answers.

    Args:
        matrix: int (classes, classes), row: true class, column: predicted class.
        names: one a class.
        as_shares: write percents of the true class instead of counts.
        with_diagonal: show what was read right too.
        selected: row and column of a cell with a frame around it.
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
                np.where(is_right & with_diagonal, share_of_class, np.nan),
                names,
                "128,140,160",
                0.35,
                1,
            ),
            _cells(
                np.where(errors > 0, np.log1p(errors), np.nan),
                names,
                "235,95,20",
                0.8,
                max(float(np.log1p(errors.max())), 1.0),
            ),
            _cell_texts(matrix, share_of_class, names, texts),
        ]
    )
    laid_out(figure, height=460)
    figure.update_layout(showlegend=False, hovermode="closest", margin={"l": 56, "b": 48})
    unit = ", % of each row" if as_shares else ""
    figure.update_xaxes(
        title=f"read as{unit}", type="category", fixedrange=True, range=_ends(names)
    )
    figure.update_yaxes(
        title="true", type="category", fixedrange=True, range=_ends(names)[::-1], showgrid=False
    )
    if selected is not None:
        row, column = selected
        figure.add_shape(
            type="rect",
            x0=column - 0.5,
            x1=column + 0.5,
            y0=row - 0.5,
            y1=row + 0.5,
            line={"color": STRONG, "width": 3},
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
                x=[0, 100],
                y=[0, 100],
                mode="lines",
                name="perfectly honest",
                line={"color": FAINT, "width": 2, "dash": "dot"},
                hoverinfo="skip",
            ),
            go.Scatter(
                x=[part.confidence * 100 for part in bins],
                y=[part.accuracy * 100 for part in bins],
                mode="markers",
                name="this model",
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
    )
    laid_out(figure, height=380)
    figure.update_layout(margin={"t": 32}, hovermode="closest")
    figure.update_xaxes(title="how sure it was", ticksuffix=" %", range=[0, 102], fixedrange=True)
    figure.update_yaxes(
        title="how often it was right", ticksuffix=" %", range=[-2, 102], fixedrange=True
    )
    return figure
