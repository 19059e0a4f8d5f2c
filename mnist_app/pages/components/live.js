// Follows the pen on the canvas and asks for an answer while it moves; see mnist_app/live.

// The answer of a run of the page that does not fit what is drawn is old, unless nothing better
// comes for so long.
const PATIENCE_MS = 1500;
const REST_MS = 150;
// Who turns away from the canvas waits for so long until the page has what is drawn.
const TELLING_MS = 3000;
// While the pen moves, an answer is waited for and shown in one part of so many of the time: a slow
// device draws the pen's line first, and a busy server is asked less.
const ONE_IN = 5;
const TOOLS = ["clear", "undo", "redo", "eraser"];
// The pictures of the layers follow the pen where they come sooner than this; else they wait until
// it is lifted.
const LOOK_MS = 80;
// How far the end of the last line may be from where the pen was lifted, in canvas pixels.
const NEAR = 2;

// The canvas' own tools lie over it, where they would take ink; the page has these and more.
const UPDATE = "Update the app with this drawing";
const TOOLBAR = ".dc-toolbar { display: none !important; }";

// What is drawn on the canvas, as far as the browser has seen it. `isKnown` is false once the page
// or the channel says otherwise: then runs of the page answer, until it is empty again.
class LiveDrawing {
  constructor(group) {
    Object.assign(this, { group, strokes: [], undone: [], cleared: null, touched: new Set(),
      drawing: 0, isKnown: true, changed: -Infinity, lookMs: 0 });
    this.channel = new Channel((reply) => this.heard(reply), () => this.forget());
    this.channel.open();
    window.digitLabDrawing = this;
    this.listening = new AbortController();
    const options = { capture: true, passive: true, signal: this.listening.signal };
    const listen = (name, act) => document.addEventListener(name, act.bind(this), options);
    listen("pointerdown", this.down);
    listen("pointermove", this.move);
    listen("pointerup", this.up);
    listen("pointercancel", this.cancel);
    document.addEventListener("click", (event) => this.click(event),
      { capture: true, signal: this.listening.signal });
    document.addEventListener("keydown", (event) => this.key(event),
      { signal: this.listening.signal });
  }

  end() {
    if (window.digitLabDrawing === this) window.digitLabDrawing = null;
    this.listening.abort();
    this.channel.close();
    clearTimeout(this.late);
    clearTimeout(this.rest);
  }

  // What a run of the page says of the canvas, and its answer.
  take({ canvas, answer, empty }, erase) {
    const isAnother = canvas.key !== this.canvas?.key;
    const settings = JSON.stringify({ ...canvas, strokes: 0, tip: 0 });
    const isOther = settings !== this.settings;
    Object.assign(this, { canvas, empty, settings, erase });
    this.group.isNumber = canvas.number;
    clearTimeout(this.late);
    if (isAnother) {
      // What was drawn since Clear belongs on the canvas that the page made for it.
      const strokes = this.isAwaited && !canvas.start.length ? this.strokes : null;
      if (!this.isErased) this.touched.clear();
      Object.assign(this, { isAwaited: false, isErased: false, undone: [], cleared: null });
      if (!strokes) this.become(canvas.start);
      if (canvas.start.length) endHint();
      this.isKnown = canvas.strokes === canvas.start.length;
      prepared((root) => {
        this.heir = strokes?.length ? root : null;
        this.handOver();
      });
      if (!this.pen) this.endErasing();
      pressEraser(isErasing() && this.strokes.length > 0);
    } else if (isOther) this.forget();
    if (isAnother || !this.isKnown || this.agrees(canvas)) {
      this.show(answer);
      return;
    }
    const wait = this.changed + PATIENCE_MS - performance.now();
    this.late = setTimeout(() => {
      if (this.pen) return;
      this.isKnown = false;
      this.show(answer);
    }, Math.max(wait, 0));
  }

  agrees({ strokes, tip }) {
    const [x, y] = this.strokes.at(-1)?.slice(-2) ?? [];
    return !this.pen && strokes === this.strokes.length
      && (!strokes || Math.hypot(x - tip[0], y - tip[1]) < NEAR);
  }

  // Resolves when the page has what is drawn, or will not get it.
  async told() {
    const end = performance.now() + TELLING_MS;
    while (this.isKnown && !this.agrees(this.canvas) && performance.now() < end) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  // It is another drawing now, with these strokes.
  become(strokes) {
    this.strokes = strokes.map((points) => [...points]);
    this.pen = null;
    this.drawing += 1;
    this.changed = performance.now();
    this.last = undefined;
    this.forget();
  }

  // The server is told anew.
  forget() {
    this.isWaiting = false;
    this.isLooked = true;
    this.isLooking = false;
    this.sent = null;
    // The answer to all that is drawn, once it is there.
    this.whole = null;
    this.send();
  }

  down(event) {
    const place = this.placeUnder(event);
    if (!place || !event.isPrimary || event.button !== 0 || this.pen) return;
    endHint();
    if (this.channel.rests) this.channel.open();
    this.pen = { id: event.pointerId, isErasing: isErasing(), ...place };
    if (this.pen.isErasing) {
      this.rub(event);
      return;
    }
    this.strokes.push([]);
    Object.assign(this, { undone: [], cleared: null });
    if (this.strokes.length === 1) this.fade(true);
    this.draw(event);
  }

  // Where the canvas is that a pen is put on.
  placeUnder(event) {
    const canvas = event.composedPath()[0];
    const isOnPage = event.target.closest?.(".st-key-canvas");
    if (isOnPage && canvas.matches?.("canvas.upper-canvas")) return placeOf(canvas);
    // Between two canvases there is none for a moment; who draws or erases where it was means the
    // next one.
    if (this.isAwaited || this.isErased) return inside(event, this.place);
    return isOnPage && isErasing() ? inside(event, placeOfCanvas()) : null;
  }

  move(event) {
    if (event.pointerId !== this.pen?.id) return;
    // Where the pen was lifted was not seen.
    if (event.pointerType === "mouse" && !event.buttons) this.up(event);
    else if (this.pen.isErasing) this.rub(event);
    else this.draw(event);
  }

  draw(event) {
    this.whole = null;
    this.strokes.at(-1).push(...pointOf(event, this.pen));
    if (this.heir) this.paint(this.strokes);
    this.send();
  }

  // Takes away what the eraser touches, at first on the screen alone.
  rub(event) {
    const place = pointOf(event, this.pen);
    const reach = this.canvas.pen / 2 + SLACK;
    for (const point of between(this.pen.at ?? place, place)) {
      this.strokes.forEach((stroke, index) => {
        if (isNear(point, stroke, reach)) this.touched.add(index);
      });
    }
    this.pen.at = place;
    if (this.touched.size) this.paint(this.untouched());
  }

  untouched() {
    return this.strokes.filter((_, index) => !this.touched.has(index));
  }

  // Has the page make a canvas without the strokes that were touched. One at a time: what is touched
  // meanwhile waits for the next canvas.
  endErasing() {
    if (!this.touched.size || this.isErased) return;
    Object.assign(this, { isErased: true, place: placeOfCanvas() });
    toolbarButton(UPDATE)?.click();
    this.erase({ key: this.canvas.key, strokes: [...this.touched] });
    const kept = this.untouched();
    this.touched.clear();
    this.become(kept);
    if (!kept.length) this.empties();
  }

  // Nothing is drawn any more.
  empties() {
    pressEraser(false);
    if (this.isKnown) this.show(this.empty);
  }

  paint(strokes) {
    const canvas = canvasRoots().at(-1)?.querySelector("canvas.lower-canvas");
    if (canvas) repaint(canvas, strokes, this.canvas);
  }

  up(event) {
    if (event.pointerId !== this.pen?.id) return;
    const wasErasing = this.pen.isErasing;
    this.pen = null;
    this.handOver();
    if (wasErasing) {
      this.endErasing();
      return;
    }
    this.changed = performance.now();
    this.send();
    if (this.whole) this.show(this.whole);
    if (!this.isWaiting) tellPage();
  }

  // Draws all strokes on the canvas that takes the place of the last one, as if by a mouse, once the
  // pen is lifted: until then both may lie on the page, and move.
  async handOver() {
    if (!this.heir || this.pen) return;
    const canvas = this.heir.querySelector("canvas.upper-canvas");
    this.heir = null;
    const box = canvas.getBoundingClientRect();
    const scale = box.width / canvas.width;
    for (const points of this.strokes) {
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
  }

  cancel(event) {
    if (event.pointerId !== this.pen?.id) return;
    this.up(event);
    // The canvas waits for a finger that is lifted, or the next stroke would be lost.
    document.dispatchEvent(new TouchEvent("touchend", { bubbles: true }));
  }

  // Ctrl+Z undoes, Ctrl+Y redoes and Escape clears, but for who writes or has something open above
  // the page.
  key(event) {
    const isElsewhere = event.target.closest?.("input:not([type=radio], [type=range]), textarea")
      || document.querySelector("[data-baseweb=popover], [role=dialog]");
    const tool = toolOf(event);
    if (!tool || isElsewhere || event.defaultPrevented) return;
    event.preventDefault();
    document.querySelector(`.st-key-${tool} button`)?.click();
  }

  // The tools act in the browser, at once, and the canvas tells the page, as long as the canvas
  // itself knows how: what it began with it cannot undo, and the page makes another one.
  click(event) {
    const turn = event.target.closest?.(":is(.st-key-demo_turn, .st-key-keep) button");
    if (turn && event.isTrusted && this.isKnown && !this.agrees(this.canvas)) {
      event.stopPropagation();
      event.preventDefault();
      this.told().then(() => turn.click());
    }
    const tool = TOOLS.find((name) => event.target.closest?.(`.st-key-${name} button`));
    if (!tool) return;
    if (this.pen || this[tool]()) {
      event.stopPropagation();
      event.preventDefault();
    }
  }

  eraser() {
    pressEraser(!isErasing() && this.strokes.length > 0);
    return true;
  }

  undo() {
    if (this.cleared) {
      this.become(this.cleared);
      this.heir = canvasRoots().at(-1);
      this.handOver();
      tellPage();
      this.cleared = null;
      return true;
    }
    if (!pressed("Undo")) return false;
    this.undone.push(...this.strokes.slice(-1));
    this.become(this.strokes.slice(0, -1));
    if (!this.strokes.length) this.empties();
    return true;
  }

  redo() {
    if (!this.undone.length || !pressed("Redo")) return false;
    this.become([...this.strokes, this.undone.pop()]);
    return true;
  }

  clear() {
    if (this.isKnown && !this.strokes.length) return true;
    const isHere = !this.canvas.start.length && pressed("Reset canvas & history");
    if (isHere) Object.assign(this, { cleared: this.isKnown ? this.strokes : null, undone: [] });
    else {
      Object.assign(this, { isAwaited: true, place: placeOfCanvas() });
      this.paint([]);
    }
    this.isKnown = true;
    this.become([]);
    this.empties();
    return isHere;
  }

  send() {
    const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    // Where symbols are collected, nobody reads them yet.
    if (this.isWaiting || !this.channel.isOpen || !this.isKnown || !this.canvas.model) return;
    const isAtRest = this.pen && this.isResting;
    const mayLook = isAtRest ? !isCalm && this.lookMs < LOOK_MS : !this.pen && !this.unsent();
    if (mayLook && !this.isLooked && this.group.showLayers) this.look();
    if (this.isWaiting || isAtRest || !this.unsent()) return;
    if (!this.pen) this.say();
    else if (!isCalm) this.frame ??= requestAnimationFrame(() => {
      this.frame = undefined;
      if (!this.isWaiting && this.channel.isOpen && this.unsent()) this.say();
    });
  }

  // The first stroke of which the server has not all points.
  unsent() {
    if (!this.strokes.length) return null;
    if (!this.sent) return { stroke: 0 };
    const stroke = this.strokes.findIndex(({ length }, place) => length > (this.sent[place] ?? 0));
    return stroke < 0 ? null : { stroke };
  }

  say() {
    const { stroke } = this.unsent();
    const { drawing, strokes, canvas: { model, number, pen } } = this;
    this.isWaiting = true;
    this.askedAt = performance.now();
    if (this.sent) {
      const points = strokes[stroke].slice(this.sent[stroke] ?? 0);
      this.channel.say({ type: "points", drawing, stroke, points });
      this.sent[stroke] = strokes[stroke].length;
    } else {
      this.channel.say({ type: "begin", drawing, model, number, pen, strokes });
      this.sent = strokes.map(({ length }) => length);
    }
  }

  // Asks for the pictures of the layers, at a time when no answer would be asked for.
  look() {
    this.isLooked = this.isLooking = this.isWaiting = true;
    this.lookedAt = performance.now();
    this.channel.say({ type: "look", drawing: this.drawing, maps: mostMaps() });
  }

  heard({ error, drawing, answer, look }) {
    this.isWaiting = false;
    if (this.isLooking && !answer) {
      this.isLooking = false;
      this.lookMs = error ? Infinity : performance.now() - this.lookedAt;
      if (drawing === this.drawing) this.group.showLayers?.(look);
      this.send();
      return;
    }
    this.takeARest();
    if (error) {
      this.isKnown = false;
      return;
    }
    if (drawing === this.drawing) {
      if (!this.unsent()) this.whole = answer;
      this.isLooked = !answer.digits.length || this.canvas.number;
      if (this.pen || this.unsent()) this.showSoFar(answer);
      else {
        this.show(answer);
        tellPage();
      }
    }
    this.send();
  }

  takeARest() {
    this.isResting = true;
    // A timer after a frame runs when the answer is on the screen.
    requestAnimationFrame(() => setTimeout(() => setTimeout(() => {
      this.isResting = false;
      this.send();
    }, (ONE_IN - 1) * (performance.now() - this.askedAt))));
  }

  show(answer) {
    clearTimeout(this.rest);
    this.last = answer.text;
    this.fade(false);
    showAnswer(this.group, answer);
  }

  // Nobody wants to read what a stroke looks like for a moment: the bars move at once, but a digit
  // takes another's place only when it is read again or the pen rests, and "no digit" waits until
  // the pen is up.
  showSoFar(answer) {
    const isSteady = answer.text === this.last;
    this.last = answer.text;
    showAnswer(this.group, answer, false);
    clearTimeout(this.rest);
    if (answer.text && isSteady) this.settle();
    else this.fade(true);
    if (answer.text && !isSteady) this.rest = setTimeout(() => this.settle(), REST_MS);
  }

  settle() {
    showPart(this.group, "words");
    this.fade(false);
  }

  fade(isFaded) {
    this.group.parts.words?.[0].classList.toggle("fading", isFaded);
  }
}

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

const toolOf = ({ key, ctrlKey, metaKey, shiftKey, altKey }) => {
  if (key === "Escape") return "clear";
  if (altKey || !(ctrlKey || metaKey)) return null;
  const letter = key.toLowerCase();
  if (letter === "z") return shiftKey ? "redo" : "undo";
  return letter === "y" && !shiftKey ? "redo" : null;
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

export default function ({ data, parentElement, setStateValue }) {
  const group = groupOf(data.group);
  group.tell = group.tell ?? (() => {});
  if (data.part === "bars") group.tell = (place) => setStateValue("selected", place);
  mount(parentElement, group, data);
  if (data.canvas) {
    (parentElement.live ??= new LiveDrawing(group)).take(data, (told) => setStateValue("erased", told));
  }
  else if (data.answer) showAnswer(group, data.answer);
  const own = group.parts[data.part];
  return () => {
    parentElement.live?.end();
    if (group.parts[data.part] === own) delete group.parts[data.part];
  };
}
