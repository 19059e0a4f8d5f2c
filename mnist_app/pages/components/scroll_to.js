export default function ({ data }) {
  if (!data.times || window.digitLabRevealed === data.times) return;
  window.digitLabRevealed = data.times;
  if (data.focus) document.querySelector(data.focus)?.focus({ preventScroll: true });
  const part = document.querySelector(`.st-key-${data.part}`);
  const top = part?.getBoundingClientRect().top;
  if (!part || (top >= 0 && top < innerHeight / 2)) return;
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  part.scrollIntoView({ behavior: calm ? "instant" : "smooth", block: "start" });
}
