// For every component that draws a figure: `drawn` gives plotly.js and the chart once it stands.

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
  const theme = getComputedStyle(parent);
  figure.layout.height = Number(theme.getPropertyValue("--chart-high")) || figure.layout.height;
  chart.style.minHeight = `${figure.layout.height}px`;
  chart.setAttribute("aria-label", data.alt);
  chart.role ??= "img";
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
