// The eraser: while its button is pressed, the pen takes away whole strokes that it touches.

// A finger covers more than it means, and need not hit a thin line.
const SLACK = 8;
// A quick hand is seen only every few pixels.
const STEP = 4;

const eraserButton = () => document.querySelector(".st-key-eraser button");

const isErasing = () => eraserButton()?.getAttribute("aria-pressed") === "true";

const pressEraser = (isPressed) => eraserButton()?.setAttribute("aria-pressed", isPressed);

const distance = ([x, y], [fromX, fromY], [toX, toY]) => {
  const [alongX, alongY] = [toX - fromX, toY - fromY];
  const length = alongX ** 2 + alongY ** 2;
  const fraction = length && ((x - fromX) * alongX + (y - fromY) * alongY) / length;
  const nearest = Math.min(1, Math.max(0, fraction));
  return Math.hypot(x - fromX - nearest * alongX, y - fromY - nearest * alongY);
};

const isNear = (place, stroke, reach) => {
  for (let index = 0; index < stroke.length; index += 2) {
    const from = stroke.slice(index, index + 2);
    const to = index + 2 < stroke.length ? stroke.slice(index + 2, index + 4) : from;
    if (distance(place, from, to) < reach) return true;
  }
  return false;
};

// Each place between two of the pen, in small steps.
const between = ([fromX, fromY], [toX, toY]) => {
  const count = Math.ceil(Math.hypot(toX - fromX, toY - fromY) / STEP) || 1;
  return Array.from({ length: count }, (_, index) => (index + 1) / count)
    .map((fraction) => [fromX + fraction * (toX - fromX), fromY + fraction * (toY - fromY)]);
};

// Draws these strokes on the canvas, and nothing else, until the page makes another canvas.
const repaint = (canvas, strokes, { pen, ink, paper }) => {
  const brush = canvas.getContext("2d");
  brush.fillStyle = paper;
  brush.fillRect(0, 0, canvas.width, canvas.height);
  Object.assign(brush, { lineWidth: pen, strokeStyle: ink, lineCap: "round", lineJoin: "round" });
  for (const points of strokes) {
    brush.beginPath();
    for (let index = 0; index < points.length; index += 2) brush.lineTo(points[index], points[index + 1]);
    brush.stroke();
  }
};
