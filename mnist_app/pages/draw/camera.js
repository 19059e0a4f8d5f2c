// Reads what the camera sees, as it looks; see mnist_app/live.

// No side of a picture is longer: the reader takes no more.
const SIDE = 512;
const FORM = ["image/jpeg", 0.85];
const LEAST_MS = 150;
// After an error, such as that too many cameras wait.
const AGAIN_MS = 1000;
// A camera that sees the same for so long was forgotten.
const FORGOTTEN_MS = 180_000;
const SIZE = { width: { ideal: 1024 }, height: { ideal: 768 } };
const FILE = "Or choose a file.";
// By the names of the browser's errors.
const REFUSALS = {
  NotAllowedError: `Your browser keeps this page from the camera. Allow it in the address bar, then start again. ${FILE}`,
  NotFoundError: `No camera was found. Connect one, then start again. ${FILE}`,
  NotReadableError: `Another program uses the camera. Close it, then start again. ${FILE}`,
  SecurityError: `Browsers give the camera to safe pages alone, whose address begins with https. ${FILE}`,
};
const LABELS = { off: "Start the camera", on: "Hold", held: "Go on" };

class Camera {
  constructor(place, group, hold) {
    Object.assign(this, { group, hold, turn: 0 });
    this.channel = new Channel((reply) => this.go?.(reply), () => this.go?.({}));
    this.video = element("video", { muted: true, playsInline: true });
    this.still = element("img");
    this.frames = drawn("svg", { "aria-hidden": true });
    this.said = element("p", { role: "status" });
    this.view = element("div", { className: "view" }, this.video, this.still, this.frames, this.said);
    this.main = element("button", { className: "main", onclick: () => this.press() });
    this.end = element("button", { textContent: "Stop", onclick: () => this.stop() });
    this.other = element("button", { textContent: "Other camera",
      onclick: () => this.start({ deviceId: { exact: this.next } }) });
    place.append(this.view,
      element("div", { className: "chart-modes" }, this.main, this.end, this.other));
    this.listening = new AbortController();
    document.addEventListener("visibilitychange", () => {
      if (document.hidden && this.state !== "held") this.stop();
    }, { signal: this.listening.signal });
    this.start();
  }

  // What a run of the page says: who reads, and as what; of a picture that is held, how it was read.
  take(data) {
    Object.assign(this, { data, seen: null });
    this.group.isNumber = data.as === "number";
    Object.assign(this.still, data.still ?? { src: BLANK, alt: "" });
    this.frames.replaceChildren();
  }

  press() {
    if (this.state === "on") this.freeze();
    else this.start();
  }

  async start(lens = { facingMode: "environment" }) {
    if (this.state === "held") this.hold(null);
    this.stop("The camera starts …");
    const { turn } = this;
    try {
      // Without HTTPS there is nobody to ask.
      if (!navigator.mediaDevices) throw new DOMException("", "SecurityError");
      const stream = await navigator.mediaDevices.getUserMedia({ video: { ...SIZE, ...lens } });
      if (turn !== this.turn) {
        darken(stream);
        return;
      }
      this.video.srcObject = stream;
      const [track] = stream.getVideoTracks();
      track.onended = () => this.stop(REFUSALS.NotFoundError);
      await this.video.play();
      const cameras = (await navigator.mediaDevices.enumerateDevices())
        .filter(({ kind }) => kind === "videoinput").map(({ deviceId }) => deviceId);
      if (turn !== this.turn) return;
      this.next = cameras[(cameras.indexOf(track.getSettings().deviceId) + 1) % cameras.length];
      this.other.hidden = cameras.length < 2;
      this.show("on", "The camera is on.");
      this.run();
    } catch ({ name }) {
      if (turn === this.turn) this.stop(REFUSALS[name] ?? `The camera does not start. ${FILE}`);
    }
  }

  // Its light goes off.
  stop(why = "The camera is off.", state = "off") {
    this.turn += 1;
    clearTimeout(this.forgotten);
    this.channel.close();
    if (this.video.srcObject) darken(this.video.srcObject);
    this.video.srcObject = this.shown = null;
    this.show(state, why);
  }

  show(state, said) {
    this.state = this.view.dataset.state = state;
    this.said.textContent = said;
    this.main.textContent = LABELS[state];
    this.end.style.visibility = this.other.style.visibility = state === "on" ? "visible" : "hidden";
  }

  // The picture whose answer is on the screen goes to the page.
  async freeze() {
    const jpeg = this.shown ?? await this.look();
    if (this.state !== "on") return;
    this.stop("Held.", "held");
    const reader = new FileReader();
    reader.onload = () => {
      this.still.src = reader.result;
      this.hold(reader.result);
    };
    reader.readAsDataURL(jpeg);
  }

  look() {
    const { videoWidth, videoHeight } = this.video;
    const scale = Math.min(1, SIDE / Math.max(videoWidth, videoHeight));
    const [width, height] = [videoWidth, videoHeight].map((side) => Math.round(side * scale));
    const canvas = element("canvas", { width, height });
    const pen = canvas.getContext("2d");
    pen.imageSmoothingQuality = "high";
    pen.drawImage(this.video, 0, 0, width, height);
    this.frames.setAttribute("viewBox", `0 0 ${width} ${height}`);
    return new Promise((resolve) => canvas.toBlob(resolve, ...FORM));
  }

  // Asks about one picture after the other, each when the last answer is on the screen.
  async run() {
    const { turn } = this;
    this.remember();
    this.channel.open();
    while (turn === this.turn) {
      // In a part of the page that was closed nobody sees it.
      if (!this.view.checkVisibility()) {
        this.stop();
        return;
      }
      const { data } = this;
      const began = performance.now();
      const jpeg = await this.look();
      if (turn !== this.turn) return;
      const { answer, boxes, error } = await new Promise((resolve) => {
        this.go = resolve;
        if (!this.channel.isOpen) return;
        this.channel.say({ type: "frame", model: data.model, as: data.as }, jpeg);
      });
      if (answer && data === this.data) this.steady(answer, boxes, jpeg);
      await new Promise(requestAnimationFrame);
      // A timer after a frame runs when the answer is on the screen.
      const rest = error ? AGAIN_MS : began + LEAST_MS - performance.now();
      await new Promise((resolve) => setTimeout(resolve, Math.max(rest, 0)));
    }
  }

  // An answer stays until another was seen twice.
  steady(answer, boxes, jpeg) {
    const key = keyOf(answer);
    const isOther = key !== keyOf(this.group.answer);
    const isNew = isOther && key !== this.seen;
    this.seen = key;
    if (isNew) return;
    if (isOther) this.remember();
    this.shown = jpeg;
    showAnswer(this.group, answer, isOther);
    this.frames.replaceChildren(...answer.text ? boxes.flatMap((box, place) =>
      framed(box, answer.digits[place])) : []);
  }

  remember() {
    clearTimeout(this.forgotten);
    this.forgotten = setTimeout(() => this.stop(), FORGOTTEN_MS);
  }

  leave() {
    this.listening.abort();
    this.stop();
  }
}

const darken = (stream) => stream.getTracks().forEach((track) => track.stop());

// An answer in words, without its percentage, which is another one in each picture.
const keyOf = ({ text, says }) => [text, ...says].join(" ").replace(/: [^:]*%$/, "");

const drawn = (name, attributes, text = "") => {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const each of Object.entries(attributes)) made.setAttribute(...each);
  made.textContent = text;
  return made;
};

// A frame around a digit, and what was read above it, or below where there is no room.
const framed = ([x, y, width, height], { digit, open }) => [
  drawn("rect", { x: x - 6, y: y - 6, width: width + 12, height: height + 12, rx: 6 }),
  drawn("text", { x: x + width / 2, y: y > 45 ? y - 14 : y + height + 38 }, open.length ? digit : "?"),
];

export default function ({ data, parentElement, setStateValue }) {
  const place = parentElement.querySelector(".camera");
  parentElement.camera ??= new Camera(place, groupOf(data.group),
    (held) => setStateValue("held", held));
  parentElement.camera.take(data);
  return () => {
    parentElement.camera.leave();
    parentElement.camera = null;
    place.replaceChildren();
  };
}
