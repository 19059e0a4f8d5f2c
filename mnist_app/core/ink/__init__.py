"""Drawings and photographs -> the 28 x 28 images that networks read."""

# MNIST's field, and the box in it that holds the ink, in pixels.
SIDE = 28
BOX = 20
# A picture as small as this is all digit: its own border is its background.
SMALL_SIDE = 64
