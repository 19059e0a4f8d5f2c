"""Figures as Plotly itself understands them: it refuses what it does not know."""

from collections.abc import Callable
from typing import Any

import plotly.graph_objects as go

from mnist_app.core.plots.charts import Figure, as_json


def validated(make: Callable[..., Figure]) -> Callable[..., go.Figure]:
    """Return a function that makes the same figure, checked by Plotly and as JSON holds it."""

    def checked(*arguments: Any, **keywords: Any) -> go.Figure:
        figure = make(*arguments, **keywords)
        as_json(figure)
        return go.Figure(figure)

    return checked
