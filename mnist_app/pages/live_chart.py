"""A Plotly chart that stands still while its data changes.

`st.plotly_chart` mounts a new chart whenever the figure changes, which loses zoom and hover and can
flash a blank frame. This component keeps one chart and hands it the new data.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from mnist_app.files import whole

if TYPE_CHECKING:
    import plotly.graph_objects as go

STATIC = Path(__file__).parent.parent.parent / "static"

_SCRIPT = """
const library = () => window.digitLabPlotly ??= new Promise((resolve, reject) => {
  const script = document.createElement("script");
  script.src = "app/static/plotly.min.js";
  script.onload = () => resolve(window.Plotly);
  script.onerror = () => { window.digitLabPlotly = undefined; reject(new Error("no plotly.js")); };
  document.head.append(script);
});

const tellClicks = (chart, tell) => {
  chart.removeAllListeners("plotly_click");
  chart.on("plotly_click", ({ points: [{ x, y }] }) => tell("clicked", { x, y }));
};

export default function ({ data, parentElement, setTriggerValue }) {
  const chart = parentElement.querySelector(".live-chart");
  const figure = JSON.parse(data.figure);
  chart.style.minHeight = `${figure.layout.height}px`;
  chart.setAttribute("aria-label", data.alt);
  const theme = getComputedStyle(parentElement);
  const type = Number(theme.getPropertyValue("--chart-type"));
  figure.layout.font = {
    ...figure.layout.font,
    ...type && { size: type },
    color: theme.getPropertyValue("--st-text-color").trim() || theme.color,
    family: theme.getPropertyValue("--st-font").trim() || theme.fontFamily,
  };
  if (type) {
    // Larger type than charts are made for needs larger margins.
    for (const axis of ["xaxis", "yaxis"]) figure.layout[axis].automargin = true;
    if (figure.layout.title) figure.layout.title.font.size = type;
  }
  library()
    .then((plotly) => plotly.react(chart, figure.data, figure.layout,
      { displayModeBar: false, responsive: true }))
    .then(() => { if (data.clickable) tellClicks(chart, setTriggerValue); })
    .catch(() => { chart.textContent = data.alt; });
}
"""


def live_chart(
    figure: "go.Figure",
    key: str,
    alt: str,
    on_click: Callable[[object, object], None] | None = None,
) -> None:
    """Show `figure`; under the same `key` the chart on the page is updated, never replaced.

    Args:
        alt: what the chart shows, for those who cannot see it.
        on_click: called with x and y of the point that was clicked or tapped, as the browser says.
    """
    data = {"figure": figure.to_json(), "alt": alt, "clickable": on_click is not None}
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
    _provide_plotly()
    return st.components.v2.component(
        "digit_lab_live_chart",
        html='<div class="live-chart" role="img"></div>',
        js=_SCRIPT,
        isolate_styles=False,
    )


def _provide_plotly() -> None:
    """Put plotly.js of the installed plotly where Streamlit serves files from."""
    from plotly.offline import get_plotlyjs, get_plotlyjs_version

    target = STATIC / "plotly.min.js"
    marker = f"plotly.js v{get_plotlyjs_version()}"
    if target.exists():
        with target.open(encoding="utf-8") as script:
            if marker in script.read(200):
                return
    with whole(target) as draft:
        draft.write_text(get_plotlyjs(), encoding="utf-8")
