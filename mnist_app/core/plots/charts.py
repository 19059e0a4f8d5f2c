"""Data -> Plotly figures: what all charts share, and the bars of an answer.

The functions here and in `data_charts`, `map_charts`, `measure_charts` and `run_charts` are pure,
and the figures legible on light and on dark.
"""

import functools
import html
import json
from collections.abc import Callable, Collection, Hashable, Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import plotly.graph_objects as go

STRONG = "#2f7bf6"
FAINT = "#9db4d6"
CONTRAST = "#e8833a"
# Ten that are told apart on light and on dark.
TEN = (
    "#2f7bf6",
    "#e8833a",
    "#1a9a55",
    "#d8452e",
    "#9467bd",
    "#a9745f",
    "#e377c2",
    "#8a93a3",
    "#b5a51f",
    "#17a5b8",
)


def laid_out(figure: "go.Figure", height: int, title: str = "") -> "go.Figure":
    """Give `figure` the look that all charts share, `height` pixels high; returns it."""
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
        # However far from a point or the middle of a cell the pointer is, it means the nearest.
        hoverdistance=-1,
        # Plotly's default look is seven times as long as the rest, and sent with every stroke.
        template=None,
    )
    figure.update_xaxes(showgrid=False, zeroline=False)
    figure.update_yaxes(gridcolor="rgba(128,128,128,0.25)", zeroline=False)
    return figure


def plain(text: str) -> str:
    """Return a text that Plotly shows as it is, whoever wrote it: neither HTML nor a template."""
    return html.escape(text, quote=False).replace("{", "&#123;")


def made_once(make: "Callable[..., go.Figure]") -> "Callable[..., go.Figure]":
    """Have `make` called once for the same arguments; hand out a figure of one's own each time.

    To make a figure takes ten times as long as to read one. It is kept as text: a figure that
    threads share may not even be copied, as Plotly changes it for a moment.
    """

    @functools.lru_cache(maxsize=16)
    def text(*arguments: Hashable) -> str:
        return str(make(*arguments).to_json())

    @functools.wraps(make)
    def read(*arguments: Hashable) -> "go.Figure":
        import plotly.graph_objects as go

        return go.Figure(json.loads(text(*arguments)))

    return read


def probability_bars(
    probabilities: np.ndarray | None, names: Sequence[str], strong: Collection[int] = ()
) -> "go.Figure":
    """How probable each class is.

    Args:
        probabilities: float (classes,) in 0..1, or None for empty bars.
        names: one a class.
        strong: the classes whose bars stand out.
    """
    values = np.zeros(len(names)) if probabilities is None else np.asarray(probabilities)
    figure = _empty_bars(tuple(names))
    figure.data[0].update(
        y=(values * 100).round(2).tolist(),
        marker_color=[STRONG if index in strong else FAINT for index in range(len(names))],
        text=[_rounded(value) for value in values],
    )
    return figure


def _rounded(share: float) -> str:
    """A share in whole percent; never 100 %, as no answer is that sure; nothing for 0 %."""
    if share >= 0.995:
        return ">99%"
    return f"{share:.0%}" if share >= 0.005 else ""


@made_once
def _empty_bars(names: tuple[str, ...]) -> "go.Figure":
    """Return bars without heights."""
    import plotly.graph_objects as go

    bars = go.Bar(
        x=list(names),
        textposition="outside",
        cliponaxis=False,
        hovertemplate="%{x}: %{y:.2f} %<extra></extra>",
    )
    figure = laid_out(go.Figure(bars), height=230)
    figure.update_xaxes(type="category", fixedrange=True)
    figure.update_yaxes(
        range=[0, 112], tickvals=[0, 50, 100], ticktext=["0 %", "50 %", "100 %"], fixedrange=True
    )
    return figure
