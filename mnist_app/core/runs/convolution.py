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


def pair(dataset: str) -> tuple[TrainingConfig, TrainingConfig]:
    """Return the settings of two short runs that differ in the network alone, the dense first."""
    lessons = _LESSONS_OF_FEW if dataset == "optdigits" else _LESSONS
    dense, convolutional = (
        TrainingConfig(dataset=dataset, architecture=network, **lessons)
        for network in ("dense", "simple_cnn")
    )
    return dense, convolutional


def found(runs: Sequence[Run]) -> tuple[Run, Run] | None:
    """Return the dense and the convolutional run, if these two differ in nothing else."""
    if len(runs) != 2 or differing_settings(runs) != ("architecture",):
        return None
    first, second = sorted(runs, key=lambda run: run.settings.get("architecture") != "dense")
    is_pair = first.settings.get("architecture") == "dense" and is_convolutional(second.config)
    return (first, second) if is_pair else None


def is_convolutional(config: TrainingConfig) -> bool:
    """Return whether the network has a convolution."""
    if config.architecture == "custom":
        return any(layer.word == "conv" for layer in custom_network.parse(config.layers))
    return config.architecture != "dense"


def describe_networks(dense: Run, convolutional: Run) -> str:
    """Compare accuracy, weights and seconds of both in plain sentences."""
    assert dense.accuracy is not None
    assert convolutional.accuracy is not None
    return (
        f"The dense network reads {dense.accuracy:.1%} of the test pictures right with "
        f"{dense.weights:,} weights after {dense.seconds:.1f} s of training, the convolutional one "
        f"{convolutional.accuracy:.1%} with {convolutional.weights:,} weights after "
        f"{convolutional.seconds:.1f} s. {_verdict(dense.accuracy, convolutional.accuracy)}"
    )


def _verdict(dense: float, convolutional: float) -> str:
    if convolutional > dense:
        fraction = (1 - convolutional) / (1 - dense)
        return (
            "A convolution looks for the same small strokes everywhere in the picture; the dense "
            "network has to learn them anew at every place. The convolutional one makes "
            f"{fraction:.0%} of the dense one's mistakes."
        )
    if convolutional == dense:
        return "Both read equally many right: give them more pictures or epochs to differ."
    return (
        "Here the dense network is ahead: that happens with few pictures or epochs. Try more of "
        "both."
    )


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


def describe_shift(
    dense: tuple[float, float], convolutional: tuple[float, float], pixels: int = SHIFT
) -> str:
    """Describe the effect of moving the test pictures.

    Args:
        dense, convolutional: of each network, the fraction read right, unmoved and moved.
    """
    lost = [before - after for before, after in (dense, convolutional)]
    words = (
        f"Move every test picture by {pixels} pixels, which hardly changes it for an eye: the "
        f"dense network then reads {dense[1]:.1%} right, the convolutional one "
        f"{convolutional[1]:.1%}."
    )
    if lost[1] < lost[0]:
        return (
            f"{words} The dense one loses {lost[0] * 100:.1f} points of a hundred, the "
            f"convolutional one {lost[1] * 100:.1f}: it minds less where a stroke is."
        )
    return f"{words} Here the convolutional one loses no less than the dense one."
