"""A growing learning curve: a point each step at first, fewer as the run gets longer."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mnist_app.core.runs.progress import Point

# Points that a curve has at most, those that end an epoch not counted.
CURVE_POINTS = 400


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
    """The curve of a run in progress; it has a point at the end of each epoch."""

    def __init__(self, steps: int, points: Sequence[Point] = ()) -> None:
        """Go on after `points`, the last of which ends an epoch, in a run of `steps` an epoch."""
        self._steps = steps
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
        if interval(self._done) != interval(self._done - 1):
            self._points = thinned(self._points, self._done, self._steps)
        if has_point(self._done, self._steps):
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


def interval(done: int) -> int:
    """Return the steps from one point to the next when `done` are done: a power of two."""
    every = 1
    while done // every > CURVE_POINTS:
        every *= 2
    return every


def has_point(done: int, steps: int) -> bool:
    """Return whether there is a point at step `done`, the newest, with `steps` an epoch."""
    return _is_on_grid(done, steps, interval(done))


def thinned(points: Sequence[Point], done: int, steps: int) -> list[Point]:
    """Return the points that stay when `done` steps are done, with `steps` an epoch.

    Each is the mean since the point before, also of those that fall away between them.
    """
    every = interval(done)
    kept: list[Point] = []
    group: list[Point] = []
    for point in points:
        group.append(point)
        if _is_on_grid(round(point.epoch * steps), steps, every):
            kept.append(_mean(group, kept[-1].epoch if kept else 0.0))
            group = []
    return kept


def sampled(points: Sequence[Point], most: int = CURVE_POINTS) -> tuple[Point, ...]:
    """Return at most `most` of the points, evenly spread, the first and the last among them."""
    if len(points) <= most:
        return tuple(points)
    last = len(points) - 1
    return tuple(points[round(index * last / (most - 1))] for index in range(most))


def _is_on_grid(step: int, steps: int, every: int) -> bool:
    return step % every == 0 or step % steps == 0


def _mean(group: Sequence[Point], since: float) -> Point:
    """Merge successive points into one, at the place of the last."""
    if len(group) == 1:
        return group[0]
    last = group[-1]
    widths = np.diff([since, *(point.epoch for point in group)])
    return Point(
        last.epoch,
        float(np.average([point.loss for point in group], weights=widths)),
        float(np.average([point.accuracy for point in group], weights=widths)),
        last.learning_rate,
    )
