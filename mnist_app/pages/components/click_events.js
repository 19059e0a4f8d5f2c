export default function ({ data, setTriggerValue }) {
  const tell = ({ target }) => {
    const pressed = target.closest(`.st-key-${data.part} button[data-number]`);
    if (pressed) setTriggerValue("pressed", Number(pressed.dataset.number));
  };
  document.addEventListener("click", tell);
  return () => document.removeEventListener("click", tell);
}
