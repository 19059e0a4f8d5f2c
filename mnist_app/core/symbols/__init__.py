"""Symbols of one's own: what they are called, and drawings of each to learn from."""
