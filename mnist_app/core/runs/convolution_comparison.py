"""The lesson “Why convolution?”: a dense and a convolutional network compared."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from mnist_app.core import custom_network
from mnist_app.core.runs.run import Run, differing_settings
from mnist_app.core.settings import TrainingConfig

# Pixels by which test pictures are moved, to see which network minds.
SHIFT = 2
# Enough to tell the two apart in a few seconds each; few pictures are seen more often.
_LESSONS: dict[str, Any] = {"epochs": 5, "limit": 12_000}
_LESSONS_OF_FEW: dict[str, Any] = {"epochs": 20, "batch_size": 32}


def pair_configs(dataset: str) -> tuple[TrainingConfig, TrainingConfig]:
    """Return the settings of two short runs that differ in the network alone, the dense first."""
    lessons = _LESSONS_OF_FEW if dataset == "optdigits" else _LESSONS
    dense, convolutional = (
        TrainingConfig(dataset=dataset, architecture=network, **lessons)
        for network in ("dense", "simple_cnn")
    )
    return dense, convolutional


def find_pair(runs: Sequence[Run]) -> tuple[Run, Run] | None:
    """Return the dense and the convolutional run, if these two differ in nothing else."""
    # An own network's layers are a part of what it is.
    if len(runs) != 2 or set(differing_settings(runs)) - {"layers"} != {"architecture"}:
        return None
    first, second = sorted(runs, key=lambda run: run.settings.get("architecture") != "dense")
    is_pair = first.settings.get("architecture") == "dense" and is_convolutional(second.config)
    return (first, second) if is_pair else None


def is_convolutional(config: TrainingConfig) -> bool:
    """Return whether the network has a convolution."""
    if config.architecture == "custom":
        return any(layer.word == "conv" for layer in custom_network.parse(config.layers))
    return config.architecture != "dense"


def shifted(images: np.ndarray, pixels: int = SHIFT) -> np.ndarray:
    """Move each picture right, down, left or up, in turn, and fill what comes in with black.

    Args:
        images: uint8 (n, height, width).

    Returns:
        The same shape and type.
    """
    moved = np.zeros_like(images)
    moved[0::4, :, pixels:] = images[0::4, :, :-pixels]
    moved[1::4, pixels:] = images[1::4, :-pixels]
    moved[2::4, :, :-pixels] = images[2::4, :, pixels:]
    moved[3::4, :-pixels] = images[3::4, pixels:]
    return moved
