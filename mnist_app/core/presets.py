"""Settings that go well together, by name."""

import math
from typing import Any

from mnist_app.core.settings import TrainingConfig

# How many pictures each data set has to learn from.
_PICTURES = {"mnist": 60_000, "fashion_mnist": 60_000, "optdigits": 1_437}
# What the slow presets share.
_THOROUGH = {
    "batch_size": 256,
    "optimizer": "adamw",
    "weight_decay": 0.02,
    "schedule": "cosine",
    "validation_share": 0.02,
    "rotation": 15.0,
    "shift": 1.5,
    "zoom": 0.1,
    "shear": 6.0,
    "elastic": 0.75,
    "thickness": 0.4,
}
# How a network of the preset "best" learns on, with teachers.
_TAUGHT = {
    **_THOROUGH,
    "architecture": "residual_cnn",
    "learning_rate": 0.002,
    "dropout": 0.1,
    "distractors": 0.1,
}
PRESETS: dict[str, dict[str, Any]] = {
    "ten-seconds": {
        "architecture": "fast_cnn",
        "epochs": 3,
        "batch_size": 128,
        "schedule": "cosine",
        "learning_rate": 0.01,
        "averaging": 0.1,
        "label_smoothing": 0.05,
        "rotation": 5.0,
        "shift": 1.0,
        "zoom": 0.05,
    },
    "one-minute": {
        "architecture": "fast_cnn",
        "epochs": 10,
        "batch_size": 96,
        "schedule": "cosine",
        "learning_rate": 0.01,
        "averaging": 0.3,
        "label_smoothing": 0.05,
        "rotation": 10.0,
        "shift": 1.5,
        "zoom": 0.1,
        "shear": 8.0,
    },
    "best": {
        **_THOROUGH,
        "architecture": "residual_cnn",
        "epochs": 60,
        "learning_rate": 0.004,
        "dropout": 0.2,
        "rotation": 13.0,
        "zoom": 0.15,
        "shear": 8.0,
        "elastic": 1.2,
        "thickness": 0.5,
        "distractors": 0.1,
    },
    # A network unlike the shipped one, to teach it.
    "teacher": {
        **_THOROUGH,
        "architecture": "plain_cnn",
        "epochs": 30,
        "learning_rate": 0.003,
        "shift": 2.0,
        "zoom": 0.12,
        "elastic": 0.8,
    },
    "taught": {**_TAUGHT, "epochs": 40},
    # The last step to the shipped one: harder pictures for a network that was taught before.
    "taught-again": {
        **_TAUGHT,
        "epochs": 16,
        "rotation": 18.0,
        "shift": 2.0,
        "zoom": 0.13,
        "shear": 8.0,
        "elastic": 1.0,
        "thickness": 0.5,
    },
}
# So many times as long as with "ten-seconds" a picture takes with "best", by a run of each on one
# computer.
BEST_COST = 40
# Fewer steps than this teach a network next to nothing; of few pictures, an epoch has so many.
LEAST_STEPS = 300
FEW_BATCHES = 10


def fitted(name: str, pictures: int) -> dict[str, Any]:
    """Return the settings of a preset for a data set with so many pictures to learn from.

    Few pictures come in smaller batches and more often, so that there are enough steps.
    """
    values = dict(PRESETS[name])
    steps = values["epochs"] * pictures / values["batch_size"]
    if steps < LEAST_STEPS:
        batch = min(values["batch_size"], max(8, pictures // FEW_BATCHES // 8 * 8))
        epochs = math.ceil(LEAST_STEPS * batch / max(1, pictures))
        values |= {"batch_size": batch, "epochs": min(100, max(values["epochs"], epochs))}
    return values


def training_pictures(config: TrainingConfig, own: int = 0) -> int:
    """Return how many pictures a run shows its network in all, each as often as it comes.

    Args:
        own: how many a data set that somebody brought has to learn from.
    """
    used = round((own or _PICTURES[config.dataset]) * config.train_share)
    if config.limit:
        used = min(used, config.limit)
    return config.epochs * round(used * (1 - config.validation_share))
