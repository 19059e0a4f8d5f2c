// What the network finds in a drawing, from the picture to the ten answers; see
// core/explaining/layer_pictures.py. `live_reading.js` brings more while the pen moves.

const titled = (content, title) =>
  element("figure", {}, content, element("figcaption", { textContent: title }));

const pixels = (alt) => element("img", { className: "pixels", width: 120, height: 120, alt });

const figures = ({ stages, row }, names) => [
  titled(pixels("The picture that the network gets"), "It gets this"),
  ...stages.map(({ title, maps }) => titled(
    element("div", { className: "maps", role: "img", ariaLabel: `${title}: bright where it is` },
      ...maps.map(() => pixels(""))), title)),
  ...row ? [titled(pixels("Numbers as squares, the larger the brighter"), "It adds it all up")] : [],
  titled(element("div", { className: "ten", role: "img" },
    ...names.map((name) => element("b", { textContent: name }))), "And decides"),
];

const arrow = () => element("span", { className: "becomes", ariaHidden: "true", textContent: "→" });

const show = (place, names, { image, stages: all, row, probabilities }) => {
  const stages = all.map(({ title, maps }) => ({ title, maps: maps.slice(0, mostMaps()) }));
  const shape = JSON.stringify([names, stages.map(({ title, maps }) => [title, maps.length])]);
  if (place.dataset.shape !== shape) {
    place.dataset.shape = shape;
    place.replaceChildren(...figures({ stages, row }, names).flatMap((each, number) =>
      number ? [arrow(), each] : [each]));
  }
  const images = [image, ...stages.flatMap(({ maps }) => maps), ...row ? [row] : []];
  place.querySelectorAll("img").forEach((shown, number) => {
    shown.src = `data:image/png;base64,${images[number]}`;
  });
  const ten = place.querySelector(".ten");
  const best = probabilities.indexOf(Math.max(...probabilities));
  ten.ariaLabel = `The brightest of ten: ${names[best]}`;
  [...ten.children].forEach((answer, number) => {
    answer.style.setProperty("--probability", probabilities[number]);
    answer.classList.toggle("strong", number === best && probabilities[best] > 0.5);
  });
};

export default function ({ data, parentElement }) {
  const place = parentElement.querySelector(".way");
  const group = groupOf(data.group);
  const showHere = (found) => show(place, data.names, found);
  // While the pen moves the page knows less than is on the screen, except of a number, which only
  // the page tells.
  const live = window.digitLabDrawing;
  const isFollowed = live?.group === group && live.pen && !group.isNumber;
  if (!(isFollowed && place.childElementCount)) showHere(data.found);
  group.showLayers = showHere;
  return () => { if (group.showLayers === showHere) delete group.showLayers; };
}
