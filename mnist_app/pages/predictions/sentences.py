"""Sentences about a comparison of models, and about the neighbours of a picture."""

from collections.abc import Sequence

import numpy as np

from mnist_app.core.evaluation.comparison import SIGNIFICANCE, Comparison
from mnist_app.pages.session.wording import counted


def describe_comparison(comparison: Comparison, first: str, second: str) -> str:
    """Summarise the comparison of two models with these titles in plain sentences."""
    ahead, behind = len(comparison.only_first), len(comparison.only_second)
    if not ahead + behind:
        return f"“{first}” and “{second}” read exactly the same pictures right."
    if ahead == behind:
        return (
            f"“{first}” and “{second}” read equally many pictures right, though not the same ones."
        )
    better, worse = (first, second) if ahead > behind else (second, first)
    pictures = counted(abs(ahead - behind), "picture")
    found = f"“{better}” reads {pictures} more right than “{worse}”."
    chance = f"p = {comparison.p_value:.2g}, McNemar's exact test"
    if comparison.is_more_than_chance:
        return (
            f"{found} That is more than chance: were both equally good, a difference this large "
            f"would come up in fewer than {SIGNIFICANCE:.0%} of such tests ({chance})."
        )
    return (
        f"{found} That can well be chance: two equally good models would differ this much in "
        f"{comparison.p_value:.0%} of such tests ({chance})."
    )


def describe_neighbours(labels: np.ndarray, true: int, read: int, names: Sequence[str]) -> str:
    """Summarise the nearest examples of a picture in one plain sentence.

    Args:
        labels: int64 (n,), of the examples, nearest first.
        true, read: the picture's class, and what it was read as.
        names: one a class.
    """
    classes, counts = np.unique(labels, return_counts=True)
    most = int(classes[counts.argmax()])
    among = f"all {len(labels)}" if len(classes) == 1 else f"{counts.max()} of {len(labels)}"
    found = f"Of the pictures that look most alike to the network, {among} are “{names[most]}”"
    if counts.max() * 2 <= len(labels):
        return (
            f"The pictures that look most alike to the network are of {len(classes)} kinds: this "
            "one lies between them."
        )
    if most == read == true:
        return f"{found}: it lies where it belongs."
    if most == read:
        return f"{found}: so it takes this one for one of them, too."
    if most == true:
        return f"{found}, as it is itself; yet the last step reads “{names[read]}”: it is close."
    return f"{found}: neither what it is nor what it was read as."
