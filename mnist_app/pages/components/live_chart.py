"""A Plotly chart that stands still while its data changes.

`st.plotly_chart` mounts a new chart whenever the figure changes, which loses zoom and hover and can
flash a blank frame. This component keeps one chart and hands it the new data.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import streamlit as st

from mnist_app.core.errors import DigitLabError
from mnist_app.core.files import HOME, atomic_write
from mnist_app.core.plots.charts import Figure, as_json, plotly_script

logger = logging.getLogger(__name__)

STATIC = HOME / "static"

# For every component that draws a figure: `drawn` gives plotly.js and the chart once it stands.
DRAWING = """
// What a person can press comes first: plotly.js takes a browser a second to read.
const settled = async () => {
  while (document.querySelector("[data-testid=stSkeleton]")) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
};

const loaded = () => new Promise((resolve, reject) => {
  const script = document.createElement("script");
  script.src = "app/static/plotly.min.js";
  script.onload = () => resolve(window.Plotly);
  script.onerror = () => { window.digitLabPlotly = undefined; reject(new Error("no plotly.js")); };
  document.head.append(script);
});

const library = () => window.digitLabPlotly ??= settled().then(loaded);

const drawn = (data, parent, adapt = () => {}) => {
  const chart = parent.querySelector(".live-chart");
  const figure = JSON.parse(data.figure);
  chart.style.minHeight = `${figure.layout.height}px`;
  chart.setAttribute("aria-label", data.alt);
  const theme = getComputedStyle(parent);
  const type = Number(theme.getPropertyValue("--chart-type"));
  figure.layout.font = {
    ...figure.layout.font,
    ...type && { size: type },
    color: theme.getPropertyValue("--st-text-color").trim() || theme.color,
    family: theme.getPropertyValue("--st-font").trim() || theme.fontFamily,
  };
  // A finger that moves over a chart scrolls the page, a mouse looks closer.
  if (figure.layout.dragmode === false && matchMedia("(pointer: fine)").matches) {
    figure.layout.dragmode = "zoom";
  }
  adapt(figure, chart);
  if (type) {
    // Larger type than charts are made for needs larger margins.
    for (const axis of ["xaxis", "yaxis"]) figure.layout[axis].automargin = true;
    if (figure.layout.title) figure.layout.title.font.size = type;
  }
  return library()
    .then((plotly) => plotly.react(chart, figure.data, figure.layout,
      { displayModeBar: false, responsive: true }).then(() => [plotly, chart]))
    .catch((error) => { chart.textContent = data.alt; throw error; });
};
"""

_SCRIPT = """
const tellClicks = (chart, tell) => {
  chart.removeAllListeners("plotly_click");
  chart.on("plotly_click", ({ points: [{ x, y }] }) => tell("clicked", { x, y }));
};

const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

// What a pointer does with cells, by keys: arrows move a frame, which stands over the chart.
const stepThroughCells = (chart, parent, { names, texts, start }, tell) => {
  const cursor = parent.querySelector(".chart-cursor");
  const said = parent.querySelector(".chart-said");
  // After a choice made elsewhere, the keys begin there.
  if (chart.dataset.start !== String(start)) {
    chart.dataset.start = String(start);
    chart.cell = start;
  }
  const place = () => {
    const { xaxis, yaxis } = chart._fullLayout;
    const [row, column] = chart.cell;
    const [left, right] = [column - 0.5, column + 0.5].map((x) => xaxis._offset + xaxis.l2p(x));
    const [top, bottom] = [row - 0.5, row + 0.5].map((y) => yaxis._offset + yaxis.l2p(y));
    Object.assign(cursor.style, { left: `${left}px`, top: `${top}px`,
      width: `${right - left}px`, height: `${bottom - top}px` });
  };
  const show = () => {
    place();
    cursor.hidden = false;
    const [row, column] = chart.cell;
    said.textContent = texts[row][column];
  };
  chart.tabIndex = 0;
  chart.setAttribute("role", "application");
  chart.onfocus = () => { if (chart.matches(":focus-visible")) show(); };
  chart.onblur = () => { cursor.hidden = true; said.textContent = ""; };
  chart.onkeydown = (event) => {
    const step = STEPS[event.key];
    const presses = event.key === "Enter" || event.key === " ";
    if (!step && !presses || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const [row, column] = chart.cell;
    if (step) {
      const inside = (number) => Math.min(Math.max(number, 0), names.length - 1);
      chart.cell = [inside(row + step[0]), inside(column + step[1])];
      show();
    } else if (!event.repeat) {
      tell("clicked", { x: names[column], y: names[row] });
    }
  };
  chart.removeAllListeners("plotly_afterplot");
  chart.on("plotly_afterplot", place);
  place();
};

const savePicture = async (text, name) => {
  const plotly = await library();
  const { data, layout } = JSON.parse(text);
  // Dark on white and with all names, whatever the page looks like: it goes into documents.
  const look = { font: { ...layout.font, color: "#1b2333" }, paper_bgcolor: "#fff",
    plot_bgcolor: "#fff", showlegend: true, title: { ...layout.title, x: 0.02 },
    margin: { l: 72, r: 24, t: 48, b: 64 },
    legend: { orientation: "h", x: 0, xanchor: "left", y: -0.18, yanchor: "top" } };
  const link = document.createElement("a");
  link.href = await plotly.toImage({ data, layout: { ...layout, ...look } },
    { format: "png", width: 900, height: 520, scale: 2 });
  link.download = `${name}.png`;
  link.click();
};

export default function ({ data, parentElement, setTriggerValue }) {
  drawn(data, parentElement)
    .then(([, chart]) => {
      if (data.clickable) tellClicks(chart, setTriggerValue);
      if (data.cells) stepThroughCells(chart, parentElement, data.cells, setTriggerValue);
    })
    .catch(() => {});
  const save = parentElement.querySelector(".save-picture");
  save.hidden = !data.picture;
  save.onclick = () => savePicture(data.figure, data.picture);
}
"""


@dataclass(frozen=True)
class Cells:
    """The cells of a square chart, for those who step through them by keyboard.

    Attributes:
        names: of the rows from the top, and of the columns from the left.
        texts: what is said of each cell, row by row.
        start: row and column where the keys begin.
    """

    names: Sequence[str]
    texts: Sequence[Sequence[str]]
    start: tuple[int, int]


def live_chart(
    figure: Figure,
    key: str,
    alt: str,
    on_click: Callable[[object, object], None] | None = None,
    picture: str = "",
    cells: Cells | None = None,
) -> None:
    """Show `figure`; under the same `key` the chart on the page is updated, never replaced.

    Args:
        alt: what the chart shows, for those who cannot see it.
        on_click: called with x and y of the point that was clicked or tapped, as the browser says.
        picture: the PNG file, without its ending, as which it can be saved; "" for none.
        cells: what arrow keys step through and Enter clicks; None where nothing can be clicked.
    """
    data = {
        "figure": as_json(figure),
        "alt": alt,
        "clickable": on_click is not None,
        "picture": picture,
        "cells": asdict(cells) if cells else None,
    }
    if on_click is None:
        _component()(key=key, data=data)
        return

    def clicked() -> None:
        point = st.session_state[key].get("clicked")
        if isinstance(point, dict):
            on_click(point.get("x"), point.get("y"))

    _component()(key=key, data=data, on_clicked_change=clicked)


@st.cache_resource(show_spinner=False)
def _component():  # type: ignore[no-untyped-def]
    provide_plotly()
    return st.components.v2.component(
        "digit_lab_live_chart",
        html='<div class="chart-frame"><div class="live-chart" role="img"></div>'
        '<i class="chart-cursor" aria-hidden="true" hidden></i></div>'
        '<span class="chart-said" role="status" aria-live="polite"></span>'
        '<button type="button" class="save-picture" hidden>Save as picture (PNG)</button>',
        js=DRAWING + _SCRIPT,
        isolate_styles=False,
    )


def provide_plotly() -> None:
    """Put plotly.js of the installed plotly where Streamlit serves files from.

    Where that cannot be written, the charts' descriptions are shown in their place.
    """
    target = STATIC / "plotly.min.js"
    script = plotly_script()
    if target.exists() and target.read_text(encoding="utf-8") == script:
        return
    try:
        with atomic_write(target) as draft:
            draft.write_text(script, encoding="utf-8")
    except DigitLabError:
        logger.exception("There will be no charts")
