"""The page of all that a visitor made."""
