"""Explanations by the gradients of a network."""
