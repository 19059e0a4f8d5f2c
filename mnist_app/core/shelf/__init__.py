"""Things that visitors made: symbols, data sets and networks of their own."""
