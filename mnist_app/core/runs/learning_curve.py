"""Learning curves, and one that grows while its run goes on."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mnist_app.core.runs.progress import Point

# Points that a curve has at most, but for those of the first steps and the ends of epochs.
CURVE_POINTS = 400
# Each of these has a point: of a slow run something is to be seen at once.
FIRST_STEPS = 20


@dataclass(frozen=True)
class LearningCurves:
    """Both curves of a run; empty where they are not known.

    Attributes:
        is_taught: whether training is measured against what teachers answer, not the labels.
    """

    training: tuple[Point, ...] = ()
    validation: tuple[Point, ...] = ()
    is_taught: bool = False


class GrowingCurve:
    """The curve of a run in progress: a point every few steps, and at the end of each epoch."""

    def __init__(self, steps: int, epochs: int, points: Sequence[Point] = ()) -> None:
        """Go on after `points`, the last of which ends one of `epochs` epochs of `steps` steps."""
        self._steps, self._every = steps, math.ceil(steps * epochs / CURVE_POINTS)
        self._points = list(points)
        self._done = round(points[-1].epoch * steps) if points else 0
        self._since: list[tuple[float, float]] = []
        self._learning_rate = 0.0

    @property
    def points(self) -> tuple[Point, ...]:
        """Return the points, each the mean since the one before; the last is provisional."""
        return (*self._points, *self._tip())

    def add(self, loss: float, accuracy: float, learning_rate: float) -> None:
        """Add what a step found, and the learning rate of the next."""
        self._done += 1
        self._since.append((loss, accuracy))
        self._learning_rate = learning_rate
        is_first = self._done <= FIRST_STEPS
        if is_first or self._done % self._every == 0 or self._done % self._steps == 0:
            self._points += self._tip()
            self._since = []

    def _tip(self) -> list[Point]:
        """Return the mean since the last point, if there were steps."""
        if not self._since:
            return []
        loss, accuracy = np.mean(self._since, axis=0)
        # A difference of rounded means may end a hair outside.
        return [
            Point(
                self._done / self._steps,
                max(0.0, float(loss)),
                min(1.0, max(0.0, float(accuracy))),
                self._learning_rate,
            )
        ]


def sampled(points: Sequence[Point], most: int = CURVE_POINTS) -> tuple[Point, ...]:
    """Return at most `most` of the points, evenly spread, the first and the last among them."""
    if len(points) <= most:
        return tuple(points)
    last = len(points) - 1
    return tuple(points[round(index * last / (most - 1))] for index in range(most))
