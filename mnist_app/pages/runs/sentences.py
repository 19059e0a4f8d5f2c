"""Sentences about a dense and a convolutional network side by side."""

from mnist_app.core.percentages import percent
from mnist_app.core.runs.convolution_comparison import SHIFT
from mnist_app.core.runs.run import Run


def describe_networks(dense: Run, convolutional: Run) -> str:
    """Compare accuracy, weights and seconds of both in plain sentences."""
    assert dense.accuracy is not None
    assert convolutional.accuracy is not None
    return (
        f"The dense network reads {percent(dense.accuracy)} of the test pictures correctly, with "
        f"{dense.parameter_count:,} weights and {dense.seconds:.1f} s of training. The "
        f"convolutional one reads {percent(convolutional.accuracy)}, with "
        f"{convolutional.parameter_count:,} weights and {convolutional.seconds:.1f} s. "
        f"{_verdict(dense.accuracy, convolutional.accuracy)}"
    )


def _verdict(dense: float, convolutional: float) -> str:
    if convolutional > dense:
        return (
            "A convolution looks for the same small strokes everywhere in the picture. The dense "
            "network must learn them again for every place. The convolutional one gets "
            f"{percent(1 - convolutional)} wrong, the dense one {percent(1 - dense)}."
        )
    if convolutional == dense:
        return "Both are equally accurate. Try more pictures or epochs to see a difference."
    return (
        "Here the dense network is ahead. That can happen with few pictures or epochs: try more of "
        "both."
    )


def describe_shift(
    dense: tuple[float, float], convolutional: tuple[float, float], pixels: int = SHIFT
) -> str:
    """Describe the effect of moving the test pictures.

    Args:
        dense, convolutional: of each network, the fraction read correctly, unmoved and moved.
    """
    lost = [before - after for before, after in (dense, convolutional)]
    words = (
        f"If every test picture moves by {pixels} pixels, which you would hardly notice, the dense "
        f"network reads only {percent(dense[1])} correctly, the convolutional one "
        f"{percent(convolutional[1])}."
    )
    if lost[1] < lost[0]:
        return (
            f"{words} The dense one loses {lost[0] * 100:.1f} percentage points, the convolutional "
            f"one {lost[1] * 100:.1f}: it cares less about where a stroke is."
        )
    return f"{words} Here the convolutional one loses just as much."
