// Follows the pen and the tools of the canvas, so that what is drawn is read while the pen moves.

// The answer of a run of the page that does not fit what is drawn is old, unless nothing better
// comes for so long.
const PATIENCE_MS = 1500;
// Who turns away from the canvas waits for so long until the page has what is drawn.
const TELLING_MS = 3000;
const TOOLS = ["clear", "undo", "redo", "eraser"];
// How far the end of the last line may be from where the pen was lifted, in canvas pixels.
const NEAR = 2;

// What is drawn on the canvas, as far as the browser has seen it.
class LiveDrawing {
  constructor(group) {
    Object.assign(this, { group, strokes: [], undone: [], cleared: null, touched: new Set(),
      changed: -Infinity });
    this.display = new AnswerDisplay(group);
    this.reading = new LiveReading(this, this.display);
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
    this.reading.end();
    clearTimeout(this.late);
    this.display.end();
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
      this.reading.isKnown = canvas.strokes === canvas.start.length;
      prepared((root) => {
        this.heir = strokes?.length ? root : null;
        this.handOver();
      });
      if (!this.pen) this.endErasing();
      pressEraser(isErasing() && this.strokes.length > 0);
    } else if (isOther) this.reading.forget();
    if (isAnother || !this.reading.isKnown || this.agrees(canvas)) {
      this.display.show(answer);
      return;
    }
    const wait = this.changed + PATIENCE_MS - performance.now();
    this.late = setTimeout(() => {
      if (this.pen) return;
      this.reading.isKnown = false;
      this.display.show(answer);
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
    while (this.reading.isKnown && !this.agrees(this.canvas) && performance.now() < end) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  // It is another drawing now, with these strokes.
  become(strokes) {
    this.strokes = strokes.map((points) => [...points]);
    this.pen = null;
    this.changed = performance.now();
    this.reading.begin();
  }

  down(event) {
    const place = this.placeUnder(event);
    if (!place || !event.isPrimary || event.button !== 0 || this.pen) return;
    endHint();
    this.reading.wake();
    this.pen = { id: event.pointerId, isErasing: isErasing(), ...place };
    if (this.pen.isErasing) {
      this.rub(event);
      return;
    }
    this.strokes.push([]);
    Object.assign(this, { undone: [], cleared: null });
    if (this.strokes.length === 1) this.display.fade(true);
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
    this.reading.whole = null;
    this.strokes.at(-1).push(...pointOf(event, this.pen));
    if (this.heir) this.paint(this.strokes);
    this.reading.send();
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
    if (this.reading.isKnown) this.display.show(this.empty);
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
    this.reading.send();
    if (this.reading.whole) this.display.show(this.reading.whole);
    if (!this.reading.isWaiting) tellPage();
  }

  // Draws all on the canvas that takes the place of the last one, once the pen is lifted: until then
  // both may lie on the page, and move.
  handOver() {
    if (!this.heir || this.pen) return;
    drawByMouse(this.heir, this.strokes);
    this.heir = null;
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
    if (turn && event.isTrusted && this.reading.isKnown && !this.agrees(this.canvas)) {
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
    if (this.reading.isKnown && !this.strokes.length) return true;
    const isHere = !this.canvas.start.length && pressed("Reset canvas & history");
    if (isHere) Object.assign(this, { cleared: this.reading.isKnown ? this.strokes : null, undone: [] });
    else {
      Object.assign(this, { isAwaited: true, place: placeOfCanvas() });
      this.paint([]);
    }
    this.reading.isKnown = true;
    this.become([]);
    this.empties();
    return isHere;
  }
}

const toolOf = ({ key, ctrlKey, metaKey, shiftKey, altKey }) => {
  if (key === "Escape") return "clear";
  if (altKey || !(ctrlKey || metaKey)) return null;
  const letter = key.toLowerCase();
  if (letter === "z") return shiftKey ? "redo" : "undo";
  return letter === "y" && !shiftKey ? "redo" : null;
};

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
