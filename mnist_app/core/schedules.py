"""The learning rate over a run."""

import math

from mnist_app.core.settings import TrainingConfig

# Of the whole run, the part in which the learning rate rises. One cycle as by Smith and Topin,
# "Super-convergence" (2018), with the usual third.
RISING_FRACTION = {"cosine": 0.1, "one_cycle": 0.3}
# What it begins with, as a fraction of the highest.
FIRST_FRACTION = 1 / 25


def learning_rate(config: TrainingConfig, step: int, steps: int) -> float:
    """Return the learning rate of a step, from 0, in a run of `steps` steps; 0 after its end."""
    if config.schedule == "constant":
        return config.learning_rate
    rising = max(1, round(RISING_FRACTION[config.schedule] * steps))
    if step < rising:
        return config.learning_rate * (FIRST_FRACTION + (1 - FIRST_FRACTION) * step / rising)
    faded = min(1.0, (step - rising) / max(1, steps - rising))
    return config.learning_rate * (1 + math.cos(math.pi * faded)) / 2
