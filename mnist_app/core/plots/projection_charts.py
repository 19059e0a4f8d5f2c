"""Pictures laid out in two dimensions -> Plotly figures."""

import zlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from mnist_app.core.evaluation.metrics import EvaluationReport
from mnist_app.core.plots.charts import TEN, laid_out

if TYPE_CHECKING:
    import plotly.graph_objects as go

HEIGHT = 540


def picture_scatter(
    places: np.ndarray,
    report: EvaluationReport,
    names: Sequence[str],
    layout: str,
    chosen: np.ndarray | None = None,
) -> "go.Figure":
    """A point for each picture, coloured by what it is; crosses are errors.

    Each point carries its picture's number as `customdata`.

    Args:
        places: float32 (n, 2).
        report: on the same pictures.
        names: one a class.
        layout: names these places; when it changes, a zoom into the old ones ends.
        chosen: int (m,), the pictures that stand out; None when all are alike.
    """
    import plotly.graph_objects as go

    is_chosen = None if chosen is None else np.isin(np.arange(report.images), chosen)
    groups = [
        (
            name,
            {"color": TEN[label], "size": 4, "opacity": 0.75},
            np.flatnonzero(report.is_right & (report.labels == label)),
        )
        for label, name in enumerate(names)
    ]
    wrong = np.flatnonzero(~report.is_right)
    # Crosses lie over the points: they come last.
    groups.append(
        (
            "read wrong",
            {
                "color": [TEN[label] for label in report.labels[wrong]],
                "size": 9,
                "symbol": "x",
                "line": {"width": 0.8, "color": "rgba(0,0,0,0.8)"},
            },
            wrong,
        )
    )
    figure = go.Figure(
        [
            go.Scattergl(
                x=places[numbers, 0],
                y=places[numbers, 1],
                customdata=numbers.astype(np.int32),
                name=name,
                mode="markers",
                marker=marker,
                hoverinfo="none",
                selectedpoints=None if is_chosen is None else np.flatnonzero(is_chosen[numbers]),
                unselected={"marker": {"opacity": 0.08}},
            )
            for name, marker, numbers in groups
        ]
    )
    laid_out(figure, HEIGHT)
    figure.update_layout(
        margin={"l": 4, "r": 4, "t": 4, "b": 4},
        hovermode="closest",
        hoverdistance=12,
        legend={
            "x": 0,
            "xanchor": "left",
            "y": 0,
            "yanchor": "top",
            "itemsizing": "constant",
            "itemwidth": 30,
        },
        # What is chosen is told by the points; a drawn outline would outlast it.
        selectionrevision=_mark(chosen),
    )
    figure.update_xaxes(visible=False, uirevision=layout)
    figure.update_yaxes(visible=False, uirevision=layout, scaleanchor="x")
    return figure


def _mark(chosen: np.ndarray | None) -> str:
    """Differs when another choice is shown."""
    return "" if chosen is None else f"{len(chosen)}-{zlib.crc32(chosen.tobytes())}"
