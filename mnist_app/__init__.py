"""Digit Lab: draw digits, train a network that reads them, and see where it fails."""
