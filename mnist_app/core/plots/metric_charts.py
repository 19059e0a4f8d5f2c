"""Measures of a model -> Plotly figures."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from mnist_app.core.evaluation.metrics import Bin
from mnist_app.core.percentages import percent
from mnist_app.core.plots.charts import (
    FAINT,
    MANY_CLASSES,
    STRONG,
    Figure,
    Trace,
    figure,
    frame,
    known,
    scatter,
)

# Shares of fewer pictures than this say little.
FEW = 20


def confusion_heatmap(
    matrix: np.ndarray,
    names: Sequence[str],
    as_fractions: bool = False,
    with_diagonal: bool = True,
    selected: tuple[int, int] | None = None,
) -> Figure:
    """Return how often each class was read as each; errors stand out, however few they are.

    What was read correctly is grey. Errors have a colour of their own, by the logarithm of their
    number, so that a single one is seen beside a thousand correct answers.

    Args:
        matrix: int (classes, classes), row: true class, column: predicted class.
        names: one a class.
        as_fractions: write percents of the true class instead of counts.
        with_diagonal: show what was read correctly too.
        selected: row and column of a cell with a frame around it.
    """
    is_right = np.eye(len(names), dtype=bool)
    fraction_of_class = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    errors = np.where(is_right, 0, matrix)
    written = (
        [percent(fraction).removesuffix("%") for fraction in fraction_of_class.flat]
        if as_fractions
        else matrix.flat
    )
    is_few = len(names) <= MANY_CLASSES
    is_written = (matrix > 0) & (with_diagonal | ~is_right) & is_few
    texts = [
        str(text) if is_shown else ""
        for text, is_shown in zip(written, is_written.flat, strict=True)
    ]
    right = np.where(is_right & with_diagonal, fraction_of_class, np.nan)
    wrong = np.where(errors > 0, np.log1p(errors), np.nan)
    unit = ", % of each row" if as_fractions else ""
    axis: dict[str, Any] = {"type": "category", "fixedrange": True, "automargin": True}
    rows = axis if is_few else {**axis, "dtick": 1, "tickfont": {"size": 8}}
    ends = [-0.5, len(names) - 0.5]
    return figure(
        [
            _cells(right, names, "128,140,160", 0.35, 1),
            _cells(wrong, names, "235,95,20", 0.8, max(float(np.log1p(errors.max())), 1.0)),
            _cell_texts(matrix, fraction_of_class, names, texts),
        ],
        height=460 if is_few else 260 + 10 * len(names),
        showlegend=False,
        hovermode="closest",
        margin={"l": 56, "b": 48},
        xaxis={**axis, "title": {"text": f"read as{unit}"}, "range": ends},
        yaxis={**rows, "title": {"text": "shows"}, "range": ends[::-1], "showgrid": False},
        shapes=[] if selected is None else [frame(selected[1], selected[0], 1, STRONG)],
    )


def _cells(
    values: np.ndarray, names: Sequence[str], rgb: str, strongest: float, top: float
) -> Trace:
    """Return cells from nearly see-through at 0 to `strongest` opacity at `top`."""
    return {
        "type": "heatmap",
        "z": known(values),
        "x": list(names),
        "y": list(names),
        "zmin": 0,
        "zmax": top,
        "colorscale": [[0, f"rgba({rgb},0.06)"], [1, f"rgba({rgb},{strongest})"]],
        "showscale": False,
        "hoverinfo": "skip",
        "xgap": 1,
        "ygap": 1,
    }


def _cell_texts(
    matrix: np.ndarray, fractions: np.ndarray, names: Sequence[str], texts: Sequence[str]
) -> Trace:
    """Return texts in the cells, in the text colour of the page, and what they say in words."""
    # Of many cells only those with pictures: a pointer on another means the nearest.
    shown = np.arange(matrix.size) if len(names) <= MANY_CLASSES else np.flatnonzero(matrix)
    rows, columns = np.divmod(shown, len(names))
    counts = matrix.ravel()[shown].tolist()
    return scatter(
        [names[column] for column in columns],
        [names[row] for row in rows],
        mode="text",
        # Not empty: plotly.js drops empty texts, and then misplaces those of the next matrix.
        text=[texts[int(cell)] or "\N{NO-BREAK SPACE}" for cell in shown],
        textfont={"size": 11},
        hovertext=[
            f"{names[row]} read as {names[column]}:<br>"
            f"{count} of {matrix[row].sum()} ({percent(fractions[row, column])})"
            for row, column, count in zip(rows, columns, counts, strict=True)
        ],
        hoverinfo="text",
    )


def reliability_diagram(bins: Sequence[Bin]) -> Figure:
    """Return how often answers are correct, over how sure they were; dotted for a perfect model.

    The larger a point, by the logarithm of its number of pictures, the more it says; points of
    fewer than `FEW` pictures are faint.
    """
    dotted = {"color": FAINT, "width": 2, "dash": "dot"}
    perfect = scatter([0, 100], [0, 100], name="ideal", line=dotted)
    model = scatter(
        [part.confidence * 100 for part in bins],
        [part.accuracy * 100 for part in bins],
        "%{text}: %{x:.1f}% sure on average, %{y:.1f}% correct",
        mode="markers",
        name="this model",
        marker={
            "color": STRONG,
            "size": [7 + 3 * math.log10(part.images) for part in bins],
            "opacity": [1 if part.images >= FEW else 0.3 for part in bins],
        },
        cliponaxis=False,
        text=["1 picture" if part.images == 1 else f"{part.images:,} pictures" for part in bins],
    )
    axis = {"ticksuffix": "%", "fixedrange": True}
    return figure(
        [perfect, model],
        height=380,
        margin={"t": 32},
        hovermode="closest",
        xaxis={**axis, "title": {"text": "confidence"}, "range": [0, 102]},
        yaxis={**axis, "title": {"text": "correct answers"}, "range": [-2, 102]},
    )
