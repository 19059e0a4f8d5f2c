"""A number -> its digits."""
