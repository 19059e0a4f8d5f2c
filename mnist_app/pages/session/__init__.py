"""The visitor's session: identity, choices, and background jobs."""
