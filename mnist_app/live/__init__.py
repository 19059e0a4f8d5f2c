"""The live channel: an answer while the pen still moves, by a WebSocket beside the pages.

The browser sends JSON texts. Each gets exactly one JSON text back, in order, so that whoever sends
again only when the last answer is there never makes a queue. Points are canvas pixels, y down, of
one stroke as a flat list `[x, y, x, y, ...]`; each is sent once.

- `{"type": "begin", "drawing": 7, "model": "digit_lab", "number": false, "pen": 18,
  "strokes": [[x, y, ...], ...]}` begins a drawing with what is already on the canvas; so also after
  clear, undo or a lost connection. `drawing` is any number of the browser's; `model` is a name
  that the page offers; `number` tells a number of several digits from one digit; `pen` is the
  width of the brush, in canvas pixels.
- `{"type": "points", "drawing": 7, "stroke": 0, "points": [x, y, ...]}` adds points to a stroke of
  that drawing; the number after the last begins a new stroke.
- `{"type": "look", "drawing": 7, "maps": 4}` asks what the network finds in that drawing as it was
  last answered, so many maps of each layer.
- `{"type": "frame", "model": "digit_lab", "as": "number"}`, sent as bytes with a line feed and the
  bytes of a picture after it, asks what is read in a camera's picture, as a "digit" or a "number".

The answer is `{"drawing": 7, "points": 25, "answer": {...}}`: to which drawing, how many of its
points are in it, and what `answers.as_dict` returns; to a look it is
`{"drawing": 7, "look": {...}}`, what `LayerPictures.of` returns, and to a frame
`{"answer": {...}, "boxes": [[x, y, width, height], ...]}`, a box in the picture's pixels for each
digit. An error is one word, `{"error": "malformed"}`, and "busy" where too many cameras wait;
`limits` says how much is taken.
"""
