// Keeps the pictures that a chart shows.

export default function ({ data }) { window.digitLabSheet = data; }
