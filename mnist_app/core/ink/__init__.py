"""Drawings and photographs -> the 28 x 28 images that networks read."""
