// A Plotly chart that stands still while its data changes; behind drawing.js.

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
