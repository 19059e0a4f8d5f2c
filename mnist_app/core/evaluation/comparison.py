"""Comparison of two models on the same pictures."""

from dataclasses import dataclass

import numpy as np

from mnist_app.core.errors import DigitLabError
from mnist_app.core.evaluation.metrics import EvaluationReport

# A difference that chance alone makes less often than this is called more than chance.
SIGNIFICANCE = 0.05


@dataclass(frozen=True)
class Comparison:
    """The pictures that two models read right, as indices, int64 (n,), in test order.

    Attributes:
        both, only_first, only_second, neither: each picture is in exactly one of them.
        p_value: how probable so large a difference is, or a larger one, if both models were equally
            good, 0..1: the exact test of McNemar, "Note on the sampling error of the difference
            between correlated proportions or percentages", 1947.
    """

    both: np.ndarray
    only_first: np.ndarray
    only_second: np.ndarray
    neither: np.ndarray
    p_value: float

    @property
    def is_more_than_chance(self) -> bool:
        """Return whether the difference is more than chance explains."""
        return self.p_value < SIGNIFICANCE


def compare(first: EvaluationReport, second: EvaluationReport) -> Comparison:
    """Compare two models by what they answered to the same pictures in the same order.

    Raises:
        DigitLabError: the pictures are not the same.
    """
    if not np.array_equal(first.labels, second.labels):
        raise DigitLabError("The models read different pictures. Test both on the same ones.")
    one, other = first.is_right, second.is_right
    only_first, only_second = np.flatnonzero(one & ~other), np.flatnonzero(other & ~one)
    return Comparison(
        both=np.flatnonzero(one & other),
        only_first=only_first,
        only_second=only_second,
        neither=np.flatnonzero(~one & ~other),
        p_value=_p_value(len(only_first), len(only_second)),
    )


def _p_value(only_first: int, only_second: int) -> float:
    """Return the p-value of McNemar's exact two-sided test."""
    if only_first == only_second == 0:
        return 1.0
    from scipy.stats import binomtest

    return float(binomtest(only_first, only_first + only_second, 0.5).pvalue)
