"""Training runs: their list, their curves, their checkpoints."""
