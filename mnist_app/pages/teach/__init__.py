"""The page on which a copy of the network learns symbols of one's own."""
