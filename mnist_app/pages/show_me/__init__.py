"""The Show me page."""
