"""Pictures that people bring: read from one file, and brought to the networks' 28 x 28."""
