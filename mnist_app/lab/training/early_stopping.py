"""Keras' callbacks that monitor the validation loss, and their state."""

from typing import Any

import keras
import numpy as np

from mnist_app.core.settings import TrainingConfig

# What a plateau multiplies the learning rate by.
PLATEAU_FACTOR = 0.2


class ValidationCallbacks:
    """Keras' callbacks that keep the best weights, stop early and lower the learning rate.

    Attributes:
        early: keeps the best weights, and stops the run where the settings ask for that.
        plateau: lowers the learning rate; None where a schedule decides it, or nobody asked.
        callbacks: both, as `fit` takes them.
    """

    def __init__(self, config: TrainingConfig) -> None:
        """Watch a run with these settings."""
        self.early = keras.callbacks.EarlyStopping(
            mode="min", patience=config.early_stopping or config.epochs, restore_best_weights=True
        )
        self.plateau: keras.callbacks.ReduceLROnPlateau | None = None
        if config.plateau and config.schedule == "constant":
            self.plateau = keras.callbacks.ReduceLROnPlateau(
                mode="min", factor=PLATEAU_FACTOR, patience=config.plateau, min_delta=0
            )
        self.callbacks = [self.early, *([self.plateau] if self.plateau else [])]

    def as_dict(self) -> dict[str, Any]:
        """Return how long each has waited, and the best loss, ready for JSON."""
        return {
            "wait": [callback.wait for callback in self.callbacks],
            "best": float(self.early.best),
            "best_epoch": self.early.best_epoch,
        }

    def restore(self, figures: dict[str, Any], best_weights: list[np.ndarray]) -> None:
        """Restore the state that `as_dict` returned, after the training has begun."""
        for callback, wait in zip(self.callbacks, figures["wait"], strict=True):
            callback.wait, callback.best = wait, figures["best"]
        self.early.best_epoch, self.early.best_weights = figures["best_epoch"], best_weights
