"""Sentences about a comparison of models, and about the neighbours of a picture."""

from collections.abc import Sequence

import numpy as np

from mnist_app.core.evaluation.comparison import SIGNIFICANCE, Comparison
from mnist_app.core.percentages import percent
from mnist_app.pages.session.wording import counted, noun


def describe_comparison(comparison: Comparison, first: str, second: str) -> str:
    """Summarise the comparison of two models with these titles in plain sentences."""
    ahead, behind = len(comparison.only_first), len(comparison.only_second)
    if not ahead + behind:
        return f"“{first}” and “{second}” get exactly the same pictures right."
    if ahead == behind:
        return f"“{first}” and “{second}” get equally many pictures right, but not the same ones."
    better, worse = (first, second) if ahead > behind else (second, first)
    pictures = counted(abs(ahead - behind), "more picture")
    found = f"“{better}” gets {pictures} right than “{worse}”."
    test = f"p = {comparison.p_value:.2g}, McNemar's exact test"
    if comparison.is_more_than_chance:
        return (
            f"{found} That is more than luck: if both were equally good, a difference this large "
            f"would appear in fewer than {percent(SIGNIFICANCE, 0)} of such tests ({test})."
        )
    return (
        f"{found} That could be luck: two equally good models would differ this much in "
        f"{percent(comparison.p_value, 0)} of such tests ({test})."
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
    if counts.max() * 2 <= len(labels):
        return f"They show {len(classes)} different {noun(names)}s: this picture lies between them."
    among = f"All {len(labels)}" if len(classes) == 1 else f"{counts.max()} of these {len(labels)}"
    found = f"{among} show “{names[most]}”"
    if most == read == true:
        return f"{found}, and so does this picture."
    if most == read:
        return f"{found}: to the network, this picture looks like “{names[read]}” too."
    if most == true:
        return f"{found}, and so does this picture. Yet it narrowly reads “{names[read]}”."
    return f"{found}. That is neither the correct answer nor the one it gave."
