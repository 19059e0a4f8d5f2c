"""Explanations of an answer: the parts of an image that a network looks at."""
