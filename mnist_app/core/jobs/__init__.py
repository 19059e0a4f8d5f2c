"""Work that takes longer than a page may wait, and the workers that do it."""
