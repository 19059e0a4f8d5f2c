"""A Plotly chart of pictures: point at one to see it, press to open it, drag to choose many."""

import base64
from collections.abc import Callable, Sequence

import streamlit as st

from mnist_app.core.images.sprites import COLUMNS
from mnist_app.core.plots.charts import Figure, as_json
from mnist_app.pages.component import component
from mnist_app.pages.components.live_chart import DRAWING, provide_plotly

_HTML = '<div class="live-chart"></div><div class="chart-preview" hidden><i></i><span></span></div>'


def picture_sheet(name: str, sheet: bytes, captions: Sequence[str]) -> None:
    """Have the browser keep the pictures that a chart shows; Streamlit sends them once.

    Args:
        name: tells this sheet from others.
        sheet: what `sprites.sprite_sheet` made.
        captions: what is said of each picture.
    """
    image = base64.b64encode(sheet).decode()
    data = {"name": name, "image": image, "columns": COLUMNS, "captions": list(captions)}
    component("predictions/picture_sheet.js")(key="picture_sheet", data=data)


def map_chart(
    figure: Figure,
    key: str,
    alt: str,
    on_select: Callable[[list[int]], None],
    on_open: Callable[[int], None],
) -> None:
    """Show `figure`, whose points carry the numbers of the sheet's pictures as `customdata`.

    As with `live_chart`, under the same `key` the chart on the page is updated, never replaced.

    Args:
        alt: what the chart shows, for those who cannot see it.
        on_select: called with the pictures in a lasso or a box, as the browser says.
        on_open: called with the picture that was pressed, as the browser says.
    """

    def selected() -> None:
        numbers = st.session_state[key].get("selected")
        if isinstance(numbers, list):
            on_select([number for number in numbers if isinstance(number, int)])

    def opened() -> None:
        number = st.session_state[key].get("opened")
        if isinstance(number, int):
            on_open(number)

    data = {"figure": as_json(figure), "alt": alt}
    provide_plotly()
    chart = component(DRAWING, "predictions/map_chart.js", html=_HTML, isolate_styles=False)
    chart(key=key, data=data, on_selected_change=selected, on_opened_change=opened)
