"""What the gradients of a network tell."""
