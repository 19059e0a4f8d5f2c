"""Measures of a model, and its mistakes."""
