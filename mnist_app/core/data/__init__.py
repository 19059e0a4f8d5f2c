"""Data sets and drawings to learn from."""
