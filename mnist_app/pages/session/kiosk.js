// The page is opened anew, by somebody new: so nothing that a page keeps can be forgotten here.
// That somebody was there lasts while other pages are looked at. A long stroke and a press on
// anything both say so; a mouse that lies on a shaking table does not. While the server cannot be
// reached the page stays, as the browser would show an error in its place for good.
export default function ({ data, parentElement }) {
  parentElement.watch?.abort();
  const watch = parentElement.watch = new AbortController();
  let timer;
  const wait = () => {
    window.digitLabTouched = true;
    clearTimeout(timer);
    timer = setTimeout(leave, data.seconds * 1000);
  };
  const leave = async () => {
    // A show begins again where it is, whatever else is open with the start page.
    const home = location.pathname.endsWith("/show-me") ? location.pathname : "./";
    try {
      const reply = await fetch(home, { signal: watch.signal });
      if (!reply.ok) throw reply;
    } catch {
      if (!watch.signal.aborted) wait();
      return;
    }
    // The server sees with it who has left, and clears the shelf.
    document.cookie = `${data.cookie}; path=/; max-age=2592000; samesite=lax`;
    location.replace(home);
  };
  const options = { capture: true, passive: true, signal: watch.signal };
  for (const name of ["pointerdown", "pointerup", "keydown"]) addEventListener(name, wait, options);
  addEventListener("pointermove", (event) => { if (event.buttons) wait(); }, options);
  watch.signal.addEventListener("abort", () => clearTimeout(timer));
  if (window.digitLabTouched) wait();
  return () => watch.abort();
}
