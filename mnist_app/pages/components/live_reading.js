// Asks on the live channel for answers to a drawing while it changes; see mnist_app/live.

// While the pen moves, an answer is waited for and shown in one part of so many of the time: a slow
// device draws the pen's line first, and a busy server is asked less.
const ONE_IN = 5;
// The pictures of the layers follow the pen where they come sooner than this; else they wait until
// it is lifted.
const LOOK_MS = 80;

// `drawing` is a `LiveDrawing`. `isKnown` is false once the page or the channel says otherwise: then
// runs of the page answer, until it is empty again.
class LiveReading {
  constructor(drawing, display) {
    Object.assign(this, { drawing, display, isKnown: true, number: 0, lookMs: 0 });
    this.channel = new Channel((reply) => this.heard(reply), () => this.forget());
    this.channel.open();
  }

  end() {
    this.channel.close();
  }

  wake() {
    if (this.channel.rests) this.channel.open();
  }

  // It is another drawing now.
  begin() {
    this.number += 1;
    this.display.begin();
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

  send() {
    const { pen, canvas, group } = this.drawing;
    const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    // Where symbols are collected, nobody reads them yet.
    if (this.isWaiting || !this.channel.isOpen || !this.isKnown || !canvas.model) return;
    const isAtRest = pen && this.isResting;
    const mayLook = isAtRest ? !isCalm && this.lookMs < LOOK_MS : !pen && !this.unsent();
    if (mayLook && !this.isLooked && group.showLayers) this.look();
    if (this.isWaiting || isAtRest || !this.unsent()) return;
    if (!pen) this.say();
    else if (!isCalm) this.frame ??= requestAnimationFrame(() => {
      this.frame = undefined;
      if (!this.isWaiting && this.channel.isOpen && this.unsent()) this.say();
    });
  }

  // The first stroke of which the server has not all points.
  unsent() {
    const { strokes } = this.drawing;
    if (!strokes.length) return null;
    if (!this.sent) return { stroke: 0 };
    const stroke = strokes.findIndex(({ length }, place) => length > (this.sent[place] ?? 0));
    return stroke < 0 ? null : { stroke };
  }

  say() {
    const { stroke } = this.unsent();
    const { strokes, canvas: { model, number, pen } } = this.drawing;
    const drawing = this.number;
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
    this.channel.say({ type: "look", drawing: this.number, maps: mostMaps() });
  }

  heard({ error, drawing, answer, look }) {
    this.isWaiting = false;
    if (this.isLooking && !answer) {
      this.isLooking = false;
      this.lookMs = error ? Infinity : performance.now() - this.lookedAt;
      if (drawing === this.number) this.drawing.group.showLayers?.(look);
      this.send();
      return;
    }
    this.takeARest();
    if (error) {
      this.isKnown = false;
      return;
    }
    if (drawing === this.number) {
      if (!this.unsent()) this.whole = answer;
      this.isLooked = !answer.digits.length || this.drawing.canvas.number;
      if (this.drawing.pen || this.unsent()) this.display.showSoFar(answer);
      else {
        this.display.show(answer);
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
}
