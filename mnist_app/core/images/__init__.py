"""Pictures as bytes, as arrays and as sheets of many."""
