"""Sentences about a dense and a convolutional network side by side."""

from mnist_app.core.runs.convolution import SHIFT
from mnist_app.core.runs.run import Run


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
