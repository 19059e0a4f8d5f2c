"""The curves of runs, in a table of their own: they are long, and seldom asked for."""

import json
import sqlite3
from dataclasses import astuple

from mnist_app.core.runs import learning_curve
from mnist_app.core.runs.learning_curve import LearningCurves
from mnist_app.core.runs.progress import Point, Progress


def read_curves(connection: sqlite3.Connection, run_id: int) -> LearningCurves:
    """Return the curves of a run; empty ones where there are none."""
    row = connection.execute(
        "SELECT training, validation FROM curves WHERE run = ?", (run_id,)
    ).fetchone()
    training, validation = (
        tuple(Point(*point) for point in json.loads(part)) for part in row or ("[]", "[]")
    )
    return LearningCurves(training, validation)


def write_curves(connection: sqlite3.Connection, run_id: int, progress: Progress) -> None:
    """Write the curves of a run, at most `learning_curve.CURVE_POINTS` points each."""
    parts = [
        json.dumps([astuple(point) for point in learning_curve.sampled(points)])
        for points in (progress.training, progress.validation)
    ]
    connection.execute("INSERT OR REPLACE INTO curves VALUES (?, ?, ?)", (run_id, *parts))


def delete_curves(connection: sqlite3.Connection, run_id: int) -> None:
    """Delete the curves of a run."""
    connection.execute("DELETE FROM curves WHERE run = ?", (run_id,))
