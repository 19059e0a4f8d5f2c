export default function ({ data, setTriggerValue }) {
  const timer = setTimeout(() => setTriggerValue("due", data.turn), data.milliseconds);
  return () => clearTimeout(timer);
}
