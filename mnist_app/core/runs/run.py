"""A training run as recorded: its state, and how it differs from others."""

import csv
import io
import itertools
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from mnist_app.core.runs.learning_curve import LearningCurves
from mnist_app.core.settings import SETTINGS, TrainingConfig, from_query, has_effect


class RunState(StrEnum):
    """The state of a run; an interrupted one lost its process before its end."""

    WAITING = "waiting"
    RUNNING = "running"
    FINISHED = "finished"
    STOPPED = "stopped"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


UNFINISHED = (RunState.WAITING, RunState.RUNNING)
# Ended before their end, and may go on.
BROKEN_OFF = (RunState.STOPPED, RunState.FAILED, RunState.INTERRUPTED)


@dataclass(frozen=True)
class Run:
    """One training run as last recorded.

    Attributes:
        id: unique, never given twice.
        title: its name for people.
        owner: the visitor who asked for it, "" for the command line.
        created: when, ISO 8601, UTC.
        state: where it stands.
        settings: by name, as `TrainingConfig.as_dict` gives them; of an older version, perhaps.
        accuracy, loss: on the test pictures, 0..1 and nats; None until they are measured.
        seconds: how long it trained.
        images_per_second: how fast it trains, validation and pauses left out; 0 until known.
        parameter_count: how many numbers it learns, 0 until that is known.
        model: the saved model, None while there is none.
        error: for a person, when it failed or ended before its time: why.
        checkpoints: the folder for its checkpoints; None when there are none any more.
    """

    id: int
    title: str
    owner: str
    created: str
    state: RunState
    settings: dict[str, Any]
    accuracy: float | None = None
    loss: float | None = None
    seconds: float = 0.0
    images_per_second: float = 0.0
    parameter_count: int = 0
    model: Path | None = None
    error: str = ""
    checkpoints: Path | None = None

    @property
    def is_over(self) -> bool:
        """Return whether nothing more will change by itself."""
        return self.state not in UNFINISHED

    @property
    def config(self) -> TrainingConfig:
        """Return the settings, as far as this version knows them."""
        return from_query({name: str(value) for name, value in self.settings.items()})[0]

    def setting(self, name: str) -> Any:
        """Return the value of a setting; None where it has no effect, or is not known."""
        return self.settings.get(name) if has_effect(name, self.settings) else None

    @property
    def can_continue(self) -> bool:
        """Return whether it broke off and left a checkpoint to go on from."""
        return self.state in BROKEN_OFF and self.checkpoints is not None


def curves_csv(curves: LearningCurves) -> str:
    """Return the curves of a run as CSV: one line a point, training first."""
    sheet = io.StringIO()
    writer = csv.writer(sheet, lineterminator="\n")
    writer.writerow(["part", "epoch", "loss", "accuracy", "learning_rate"])
    for part, points in (("training", curves.training), ("validation", curves.validation)):
        for point in points:
            writer.writerow([part, *astuple(point)])
    return sheet.getvalue()


def differing_settings(runs: Sequence[Run]) -> tuple[str, ...]:
    """Return the settings in which the runs differ, in the order of the table."""
    return tuple(row.name for row in SETTINGS if len({run.setting(row.name) for run in runs}) > 1)


def distinct_title(title: str, runs: Iterable[Run]) -> str:
    """Return the title, with a number behind it when one of the runs has it already."""
    taken = {run.title for run in runs}
    numbered = (f"{title} ({number})" for number in itertools.count(2))
    return title if title not in taken else next(name for name in numbered if name not in taken)


def latest_speed(config: TrainingConfig, newest_first: Iterable[Run]) -> float:
    """Return the pictures a second of the last run of such work; 0 where there was none.

    What a step costs is decided by the network, and by the distortion that alone is slow.
    """

    def work(one: TrainingConfig) -> tuple[object, ...]:
        return one.architecture, one.layers, one.elastic > 0

    speeds = (run.images_per_second for run in newest_first if work(run.config) == work(config))
    return next(filter(None, speeds), 0.0)
