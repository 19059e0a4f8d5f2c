// The canvas on the page: where it is, its own buttons, and the next one that takes its place.

// The canvas' own tools lie over it, where they would take ink; the page has these and more.
const UPDATE = "Update the app with this drawing";
const TOOLBAR = ".dc-toolbar { display: none !important; }";

const canvasRoots = () => [...document.querySelectorAll(".st-key-canvas *")]
  .map(({ shadowRoot }) => shadowRoot).filter((root) => root?.querySelector(".dc-toolbar"));

const toolbarButton = (name) => canvasRoots().at(-1)?.querySelector(`.dc-toolbar [title="${name}"]`);

// Presses a button of the canvas' own, and returns whether it could be.
const pressed = (name) => {
  const button = toolbarButton(name);
  const isAble = Boolean(button && !button.disabled);
  if (isAble) button.click();
  return isAble;
};

const placeOf = (canvas) => {
  const box = canvas.getBoundingClientRect();
  return { box, scale: canvas.width / box.width };
};

const placeOfCanvas = () => {
  const canvas = canvasRoots().at(-1)?.querySelector("canvas.upper-canvas");
  return canvas && placeOf(canvas);
};

const inside = ({ clientX, clientY }, place) => {
  if (!place) return null;
  const { left, right, top, bottom } = place.box;
  return clientX >= left && clientX <= right && clientY >= top && clientY <= bottom ? place : null;
};

// A place in canvas pixels.
const pointOf = ({ clientX, clientY }, { box, scale }) =>
  [clientX - box.left, clientY - box.top].map((length) => Math.round(length * scale * 10) / 10);

// A digit draws itself on the canvas until somebody touches it.
const endHint = () => document.body.classList.add("touched");

// Waits for the page's next canvas, and sees to its toolbar.
const prepared = (then, tries = 1200) => {
  const root = canvasRoots().find((each) => !each.querySelector(".digit-lab"));
  if (root) {
    root.append(element("style", { className: "digit-lab", textContent: TOOLBAR }));
    // It takes a frame until it can be drawn on.
    requestAnimationFrame(() => requestAnimationFrame(() => then(root)));
  } else if (tries) requestAnimationFrame(() => prepared(then, tries - 1));
};

// The canvas has its line a moment after the pen was lifted, and would wait longer to tell it.
const tellPage = () => setTimeout(() => toolbarButton(UPDATE)?.click());

// Draws strokes on a canvas as if by a mouse.
const drawByMouse = async (root, strokes) => {
  const canvas = root.querySelector("canvas.upper-canvas");
  const box = canvas.getBoundingClientRect();
  const scale = box.width / canvas.width;
  for (const points of strokes) {
    const fire = (name, index) => canvas.dispatchEvent(new MouseEvent(name, {
      bubbles: true, composed: true, buttons: 1,
      clientX: box.left + points[index] * scale, clientY: box.top + points[index + 1] * scale,
    }));
    fire("mousedown", 0);
    for (let index = 2; index < points.length; index += 2) fire("mousemove", index);
    fire("mouseup", points.length - 2);
    // The canvas keeps each stroke apart for Undo only if it gets this moment.
    await null;
  }
};
