"""Pictures laid out in two dimensions -> Plotly figures."""

import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from mnist_app.core.evaluation.metrics import EvaluationReport
from mnist_app.core.plots.charts import MANY_CLASSES, Figure, Trace, class_colour, figure

HEIGHT = 520


def picture_scatter(
    places: np.ndarray,
    report: EvaluationReport,
    names: Sequence[str],
    layout: str,
    chosen: np.ndarray | None = None,
) -> Figure:
    """Return a point for each picture, coloured by what it is; crosses are errors.

    Each point carries its picture's number as `customdata`.

    Args:
        places: float32 (n, 2).
        report: on the same pictures.
        names: one a class.
        layout: names these places; when it changes, a zoom into the old ones ends.
        chosen: int (m,), the pictures that stand out; None when all are alike.
    """
    is_chosen = None if chosen is None else np.isin(np.arange(report.images), chosen)

    def points(name: str, marker: dict[str, Any], numbers: np.ndarray) -> Trace:
        return {
            "type": "scattergl",
            # A tenth of a pixel on a screen that shows all of them.
            "x": places[numbers, 0].round(3).tolist(),
            "y": places[numbers, 1].round(3).tolist(),
            "customdata": numbers.tolist(),
            "name": name,
            "mode": "markers",
            "marker": marker,
            "hoverinfo": "none",
            "selectedpoints": (
                None if is_chosen is None else np.flatnonzero(is_chosen[numbers]).tolist()
            ),
            "unselected": {"marker": {"opacity": 0.08}},
        }

    classes = [
        points(
            name,
            {"color": class_colour(label), "size": 4, "opacity": 0.75},
            np.flatnonzero(report.is_right & (report.labels == label)),
        )
        for label, name in enumerate(names)
    ]
    wrong = np.flatnonzero(~report.is_right)
    cross = {
        "color": [class_colour(label) for label in report.labels[wrong]],
        "size": 9,
        "symbol": "x",
        "line": {"width": 0.8, "color": "rgba(0,0,0,0.8)"},
    }
    axis = {"visible": False, "uirevision": layout}
    return figure(
        # Crosses lie over the points: they come last.
        [*classes, points("mistake", cross, wrong)],
        HEIGHT,
        margin={"l": 4, "r": 4, "t": 4, "b": 4},
        hovermode="closest",
        hoverdistance=12,
        showlegend=len(names) <= MANY_CLASSES,
        legend={
            "x": 0,
            "xanchor": "left",
            "y": 1,
            "yanchor": "bottom",
            "itemsizing": "constant",
            "itemwidth": 30,
        },
        # What is chosen is told by the points; a drawn outline would outlast it.
        selectionrevision=_mark(chosen),
        xaxis=axis,
        yaxis={**axis, "scaleanchor": "x"},
    )


def _mark(chosen: np.ndarray | None) -> str:
    """Return a text that differs when another choice is shown."""
    return "" if chosen is None else f"{len(chosen)}-{zlib.crc32(chosen.tobytes())}"
