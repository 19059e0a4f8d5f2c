const MODES = { look: "Point", lasso: "Lasso", select: "Box", zoom: "Zoom" };
const isTouched = () => matchMedia("(pointer: coarse)").matches;
// A finger scrolls the page until it is told to do something else.
const modeOf = (chart) => chart.dataset.mode ??= isTouched() ? "look" : "lasso";
const dragmode = (mode) => (mode === "look" ? false : mode);

const hasWebGL = () =>
  window.digitLabWebGL ??= Boolean(document.createElement("canvas").getContext("webgl"));

const adapt = (figure, chart) => {
  figure.layout.dragmode = dragmode(modeOf(chart));
  if (!hasWebGL()) figure.data.forEach((trace) => { trace.type = "scatter"; });
};

const button = (text, act) => {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = text;
  made.onclick = act;
  return made;
};

const offerModes = (plotly, chart) => {
  const bar = document.createElement("div");
  bar.className = "chart-modes";
  bar.setAttribute("role", "group");
  bar.setAttribute("aria-label", "What dragging on the map does");
  const buttons = Object.entries(MODES).map(([mode, text]) => {
    const made = button(text, () => {
      chart.dataset.mode = mode;
      mark();
      plotly.relayout(chart, { dragmode: dragmode(mode) });
    });
    made.dataset.mode = mode;
    return made;
  });
  const mark = () => buttons.forEach((made) =>
    made.setAttribute("aria-pressed", made.dataset.mode === modeOf(chart)));
  mark();
  bar.append(...buttons, button("Whole map", () =>
    plotly.relayout(chart, { "xaxis.autorange": true, "yaxis.autorange": true })));
  chart.before(bar);
};

const SIDE = 84;
// The pictures, and what is said of each, were sent apart: see picture_sheet in map_chart.py.
const showPicture = (box, number, { clientX, clientY }) => {
  const sheet = window.digitLabSheet;
  if (!sheet) return;
  const [image, caption] = box.children;
  if (box.dataset.sheet !== sheet.name) {
    box.dataset.sheet = sheet.name;
    image.style.backgroundImage = `url(data:image/png;base64,${sheet.image})`;
    image.style.backgroundSize = `${sheet.columns * SIDE}px auto`;
  }
  const [column, row] = [number % sheet.columns, Math.floor(number / sheet.columns)];
  image.style.backgroundPosition = `-${column * SIDE}px -${row * SIDE}px`;
  caption.textContent = sheet.captions[number];
  box.hidden = false;
  const { width, height } = box.getBoundingClientRect();
  const right = clientX + 16;
  box.style.left = `${Math.max(4, right + width < innerWidth ? right : clientX - 16 - width)}px`;
  box.style.top = `${Math.min(clientY + 16, innerHeight - height - 4)}px`;
};

const listen = (chart, box, tell) => {
  const events = {
    plotly_hover: ({ points: [{ customdata }], event }) => showPicture(box, customdata, event),
    plotly_unhover: () => { box.hidden = true; },
    // Drawing the chart anew tells of its selection, too; only a hand is heard.
    plotly_selecting: () => { chart.dataset.draws = "yes"; },
    plotly_selected: (event) => {
      if (chart.dataset.draws && event) {
        tell("selected", event.points.map(({ customdata }) => customdata));
      }
      delete chart.dataset.draws;
    },
    plotly_click: ({ points: [{ customdata }], event }) => {
      // A finger cannot point without pressing: its first press only shows.
      const isSeen = box.dataset.pressed === String(customdata);
      box.dataset.pressed = customdata;
      if (isSeen || !isTouched()) tell("opened", customdata);
      else showPicture(box, customdata, event.changedTouches?.[0] ?? event);
    },
  };
  for (const [name, act] of Object.entries(events)) {
    chart.removeAllListeners(name);
    chart.on(name, act);
  }
};

export default function ({ data, parentElement, setTriggerValue }) {
  const box = parentElement.querySelector(".chart-preview");
  drawn(data, parentElement, adapt)
    .then(([plotly, chart]) => {
      if (!parentElement.querySelector(".chart-modes")) offerModes(plotly, chart);
      listen(chart, box, setTriggerValue);
    })
    .catch(() => {});
  const hide = () => { box.hidden = true; };
  document.addEventListener("scroll", hide, { capture: true, passive: true });
  return () => document.removeEventListener("scroll", hide, { capture: true });
}
