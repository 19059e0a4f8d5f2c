"""Data -> Plotly figures: what all charts share, and the bars of an answer.

The functions here and in the other modules of this room are pure, and the figures legible on light
and on dark. A figure is what plotly.js takes: plain `data` and `layout`. Plotly's own classes would
check each value, which takes a hundred times as long as to draw from it while a network trains.
"""

import html
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from mnist_app.core.percentages import confidence

Figure = dict[str, Any]
Trace = dict[str, Any]

STRONG = "#2f7bf6"
FAINT = "#9db4d6"
CONTRAST = "#e8833a"
# Ten that are told apart on light and on dark.
TEN = (
    *(STRONG, CONTRAST, "#1a9a55", "#d8452e", "#9467bd"),
    *("#a9745f", "#e377c2", "#8a93a3", "#b5a51f", "#17a5b8"),
)
# With more classes than this a legend, or a number in each cell, is no help any more.
MANY_CLASSES = 20
_TITLE = {"font": {"size": 15}, "x": 0, "xanchor": "left", "y": 0.98}
_LOOK: dict[str, Any] = {
    "margin": {"l": 48, "r": 8, "t": 8, "b": 40},
    "paper_bgcolor": "rgba(0,0,0,0)",
    "plot_bgcolor": "rgba(0,0,0,0)",
    "legend": {"orientation": "h", "y": 1.0, "x": 1, "xanchor": "right", "yanchor": "bottom"},
    # What a person zoomed or hid stays so when new data comes.
    "uirevision": "kept",
    "dragmode": False,
    # However far from a point or the middle of a cell the pointer is, it means the nearest.
    "hoverdistance": -1,
    "xaxis": {"showgrid": False, "zeroline": False},
    "yaxis": {"gridcolor": "rgba(128,128,128,0.25)", "zeroline": False},
}


def figure(traces: Sequence[Trace], height: int, title: str = "", **layout: Any) -> Figure:
    """Return `traces` with the look that all charts share.

    Args:
        height: in pixels.
        layout: more of Plotly's layout; what is a dict adds to the shared one.
    """
    shared: dict[str, Any] = {**_LOOK, "height": height}
    if title:
        shared["title"] = {"text": title, **_TITLE}
        shared["margin"] = {**_LOOK["margin"], "t": 36}
    return {"data": list(traces), "layout": _merged(shared, layout)}


def _merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Return both; where both hold a dict, both of these."""
    return {**below} | {
        name: _merged(below[name], value) if isinstance(below.get(name), dict) else value
        for name, value in above.items()
    }


def class_colour(label: int) -> str:
    """Return the colour of a class; with more than ten, some share one."""
    return TEN[label % len(TEN)]


def scatter(
    x: Iterable[Any], y: Iterable[Any], said: str = "", mode: str = "lines", **look: Any
) -> Trace:
    """Return lines, points or texts; beside the pointer stands `said`, a template of Plotly's."""
    hover = {"hovertemplate": f"{said}<extra></extra>"} if said else {"hoverinfo": "skip"}
    return {"type": "scatter", "mode": mode, "x": list(x), "y": list(y), **hover, **look}


def frame(left: float, top: float, side: float, colour: str) -> dict[str, Any]:
    """Return a square around cells of a heatmap, whose middles lie on whole numbers."""
    x, y = left - 0.5, top - 0.5
    line = {"color": colour, "width": 3}
    return {"type": "rect", "x0": x, "x1": x + side, "y0": y, "y1": y + side, "line": line}


def as_json(made: Figure) -> str:
    """Return a figure as the browser takes it."""
    return json.dumps(made, allow_nan=False, separators=(",", ":"))


def known(values: np.ndarray) -> list[Any]:
    """Return numbers as JSON can hold them: None in the place of NaN."""
    numbers = values.astype(object)
    numbers[np.isnan(values)] = None
    return numbers.tolist()


def plotly_script() -> Path:
    """Return the path of plotly.js of the installed plotly, 4.8 MB, without importing plotly."""
    spec = find_spec("plotly")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).with_name("package_data") / "plotly.min.js"


def plain(text: str) -> str:
    """Return a text that Plotly shows as it is, whoever wrote it: neither HTML nor a template."""
    return html.escape(text, quote=False).replace("{", "&#123;")


def probability_bars(
    probabilities: np.ndarray | None, names: Sequence[str], strong: Collection[int] = ()
) -> Figure:
    """Return bars that show how probable each class is.

    Args:
        probabilities: float (classes,) in 0..1, or None for empty bars.
        names: one a class.
        strong: the classes whose bars stand out.
    """
    values = np.zeros(len(names)) if probabilities is None else np.asarray(probabilities)
    bars = {
        "type": "bar",
        "x": list(names),
        "y": (values * 100).round(2).tolist(),
        "marker": {"color": [STRONG if place in strong else FAINT for place in range(len(names))]},
        "text": [_rounded(value) for value in values],
        "textposition": "outside",
        "cliponaxis": False,
        "hovertemplate": "%{x}: %{y:.2f}%<extra></extra>",
    }
    return figure(
        [bars],
        height=230,
        xaxis={"type": "category", "fixedrange": True},
        yaxis={
            "range": [0, 112],
            "tickvals": [0, 50, 100],
            "ticktext": ["0%", "50%", "100%"],
            "fixedrange": True,
        },
    )


def _rounded(probability: float) -> str:
    """Return whole percent; nothing for what is as good as 0%."""
    return confidence(probability, 0) if probability >= 0.005 else ""
