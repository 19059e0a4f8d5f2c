"""A copy of the shipped network learns symbols of one's own, in seconds."""
