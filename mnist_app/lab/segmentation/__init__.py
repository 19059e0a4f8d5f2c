"""The network that segments numbers: its layers, what it learns from, and its LiteRT form."""
