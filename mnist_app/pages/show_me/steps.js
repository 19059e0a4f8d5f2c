// What uses a key itself keeps it. Remote controls for presenters send PageUp and PageDown, which
// much of what uses the arrow keys has no use for; Space turns on too. Who pressed an option with a finger or a mouse
// means the show by the keys; who came to it by Tab means the options. A key may be pressed
// again before the page has answered, so the step that is wanted is reckoned here and taken back
// from the page only when it has heard of every press.
const AHEAD = { ArrowRight: 1, PageDown: 1, " ": 1, ArrowLeft: -1, PageUp: -1 };
const PAGED = "textarea, select, [contenteditable], [role=slider], [role=combobox], " +
  "[role=listbox], [role=menu], [role=dialog], [role=application]";
const POINTED = `${PAGED}, input:not([type=radio]), [role=tablist]`;
const ARROWED = `${POINTED}, input, [role=radiogroup]`;
const PRESSED = `${ARROWED}, button, a, summary`;
// What a step offers to whoever holds nothing but a remote control comes before the next step.
// The page may still hold what the previous step offered.
const first = (step) => document.querySelector(`.st-key-demo_by_key_${step} button:enabled`);

export default function ({ data, parentElement, setTriggerValue }) {
  const show = parentElement.show ??= { sent: data.heard, shown: data.step };
  if (data.heard === show.sent) show.wanted = data.step;
  if (show.shown !== data.step) {
    show.shown = data.step;
    document.querySelector("[data-testid=stMain]")?.scrollTo({ top: 0, behavior: "instant" });
  }
  const place = parentElement.querySelector(".turning-step");
  const text = `Step ${data.step} of ${data.count}`;
  if (place.dataset.said !== text + data.title) {
    place.dataset.said = text + data.title;
    place.replaceChildren(text, Object.assign(document.createElement("span"),
      { className: "turning-title", textContent: `: ${data.title}` }));
  }
  parentElement.querySelector(".turning-dots").replaceChildren(
    ...Array.from({ length: data.count }, (_, place) => Object.assign(
      document.createElement("i"), { className: place < data.step ? "done" : "" })));

  show.keys?.abort();
  show.keys = new AbortController();
  const { signal } = show.keys;
  const point = () => { show.pointed = true; };
  document.addEventListener("pointerdown", point, { signal, capture: true });
  // Before the options, which would stop the key on its way.
  document.addEventListener("keydown", (event) => {
    if (event.key === "Tab") show.pointed = false;
    const ahead = AHEAD[event.key];
    const modified = event.altKey || event.ctrlKey || event.metaKey || event.shiftKey;
    const users = event.key.startsWith("Page") ? PAGED : show.pointed ? POINTED
      : event.key === " " ? PRESSED : ARROWED;
    const taken = event.composedPath().some((node) => node.matches?.(users));
    if (!ahead || modified || taken || event.repeat || event.defaultPrevented) return;
    event.preventDefault();
    event.stopPropagation();
    const offered = ahead > 0 && show.wanted === data.step && first(data.step);
    if (offered) {
      // The page may still show it when the key is pressed again.
      if (show.offered !== offered) offered.click();
      show.offered = offered;
      return;
    }
    const wanted = Math.min(Math.max(show.wanted + ahead, 1), data.count);
    if (wanted === show.wanted) return;
    show.wanted = wanted;
    show.sent += 1;
    const turn = { step: wanted, press: show.sent };
    // Of several that waited for the drawing only the last is sent: two at once would be one.
    Promise.resolve(window.digitLabDrawing?.told()).then(() => {
      if (turn.press === show.sent) setTriggerValue("turned", turn);
    });
  }, { signal, capture: true });
  return () => show.keys.abort();
}
