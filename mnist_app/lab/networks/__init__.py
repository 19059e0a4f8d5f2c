"""Networks: built, compiled, saved and opened by Keras."""
