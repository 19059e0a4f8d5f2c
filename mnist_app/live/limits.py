"""Limits on what the live channel takes from a browser, which may be anybody's."""

# A text of a whole drawing, as after a lost connection, is the longest.
MESSAGE_BYTES = 256 * 1024
POINTS = 10_000
STROKES = 200
# Of each layer that is shown.
MAPS = 4
# Canvas pixels from its corner, either way: far more than any screen has.
FARTHEST = 10_000
# The camera's pictures are shrunk to a quarter of this before they are sent.
FRAME_PIXELS = 1_000_000
# Cameras wait for a picture before theirs, so long as it takes a second or two.
FRAMES_WAITING = 12
SECONDS_BETWEEN_FRAMES = 0.1
# A browser asks no more often than its screen shows a new frame.
SECONDS_BETWEEN = 1 / 60
# A client with more mistakes than this is no page of this app.
MISTAKES = 10
# An idle page connects again with its next stroke.
IDLE_SECONDS = 300.0
# Behind a proxy, and in a classroom, many share one address.
CONNECTIONS = 400
CONNECTIONS_OF_ONE_ADDRESS = 200
