"""The list of training runs, kept in one SQLite file beside the models.

Every change is one transaction of SQLite's rollback journal, so a crash in the middle of writing
leaves the state before it. A connection lives as long as one question: threads and processes share
the file, not connections.
"""

import csv
import io
import json
import logging
import os
import sqlite3
import threading
import uuid
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import astuple, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import IO, Any

from mnist_app import model_store
from mnist_app.errors import DigitLabError
from mnist_app.progress import Point, Progress
from mnist_app.settings import SETTINGS, TrainingConfig
from mnist_app.training import CURVE_POINTS

logger = logging.getLogger(__name__)

FILE_NAME = "runs.sqlite3"
TITLE_LENGTH = 100
# Seconds that one process waits while another writes.
PATIENCE = 20.0
# SQLite's place for a number that says whose file it is: "DLab".
APPLICATION_ID = 0x444C6162
# Each brings the file from the version that is its index to the next.
MIGRATIONS = (
    """
    CREATE TABLE runs (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        title TEXT NOT NULL,
        owner TEXT NOT NULL,
        created TEXT NOT NULL,
        state TEXT NOT NULL,
        settings TEXT NOT NULL,
        training TEXT NOT NULL DEFAULT '[]',
        validation TEXT NOT NULL DEFAULT '[]',
        accuracy REAL,
        loss REAL,
        seconds REAL NOT NULL DEFAULT 0,
        weights INTEGER NOT NULL DEFAULT 0,
        model TEXT NOT NULL DEFAULT '',
        error TEXT NOT NULL DEFAULT '',
        process TEXT NOT NULL
    )
    """,
)
COLUMNS = (
    "id", "title", "owner", "created", "state", "settings", "training", "validation", "accuracy",
    "loss", "seconds", "weights", "model", "error",
)  # fmt: skip
SORTABLE = ("id", "title", "owner", "created", "state", "accuracy", "loss", "seconds", "weights")


class State(StrEnum):
    """Where a run stands; an interrupted one lost its process before its end."""

    WAITING = "waiting"
    RUNNING = "running"
    FINISHED = "finished"
    STOPPED = "stopped"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


UNFINISHED = (State.WAITING, State.RUNNING)


@dataclass(frozen=True)
class Run:
    """One training run as it was last written down.

    Attributes:
        id: unique, never given twice.
        title: its name for people.
        owner: the visitor who asked for it, "" for the command line.
        created: when, ISO 8601, UTC.
        state: where it stands.
        settings: by name, as `TrainingConfig.as_dict` gives them; of an older version, perhaps.
        training, validation: its curves, at most `training.CURVE_POINTS` points each.
        accuracy, loss: on the test pictures, 0..1 and nats; None until they are measured.
        seconds: how long it trained.
        weights: how many numbers it learns, 0 until that is known.
        model: the saved model, None while there is none.
        error: one sentence for a person, when it failed.
    """

    id: int
    title: str
    owner: str
    created: str
    state: State
    settings: dict[str, Any]
    training: tuple[Point, ...] = ()
    validation: tuple[Point, ...] = ()
    accuracy: float | None = None
    loss: float | None = None
    seconds: float = 0.0
    weights: int = 0
    model: Path | None = None
    error: str = ""

    @property
    def is_over(self) -> bool:
        """Nothing more will change by itself."""
        return self.state not in UNFINISHED


class Runs:
    """The list of runs; safe to use from several threads and processes at once.

    Attributes:
        path: the file.
        notice: one sentence for a person when a broken file was set aside, else "".
    """

    def __init__(self, path: Path | None = None) -> None:
        """Open the list at `path`, in the models' folder by default; begin one if there is none.

        Runs whose process died are marked as interrupted.

        Raises:
            DigitLabError: the place cannot be written, or a newer version made the file.
        """
        self.path = path or model_store.folder() / FILE_NAME
        self.notice = ""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DigitLabError(
                f"{self.path.parent} cannot be made ({error.strerror}): free some disk space or "
                "set MNIST_APP_MODELS to another place."
            ) from error
        if self.path.exists() and not self._is_sound():
            self.notice = self._set_aside()
        self.mark_interrupted()

    def add(
        self, title: str, config: TrainingConfig, owner: str = "", state: State = State.WAITING
    ) -> Run:
        """Write down a new run of this process.

        Raises:
            DigitLabError: the list cannot be written, as in all that follows.
        """
        row = {
            "title": _title(title),
            "owner": owner,
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
            "state": state,
            "settings": json.dumps(config.as_dict()),
        }
        with self._writing() as connection:
            row["process"] = _sign_of_life(self._signs)
            cursor = connection.execute(
                f"INSERT INTO runs ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})",
                tuple(row.values()),
            )
        return self.get(int(cursor.lastrowid or 0))

    def start(self, run_id: int) -> None:
        """It trains now, in this process; an interrupted one that goes on does so too."""
        with self._writing() as connection:
            process = _sign_of_life(self._signs)
            _set(connection, run_id, state=State.RUNNING, process=process, error="")

    def record(self, run_id: int, progress: Progress, seconds: float = 0.0) -> None:
        """Write down how far it is; once an epoch is often enough."""
        self._change(run_id, seconds=seconds, **_curves(progress))

    def finish(
        self,
        run_id: int,
        state: State,
        progress: Progress | None = None,
        *,
        accuracy: float | None = None,
        loss: float | None = None,
        seconds: float = 0.0,
        weights: int = 0,
        model: Path | None = None,
        error: str = "",
    ) -> None:
        """Write down how it ended; without `progress` the curves stay as they were."""
        self._change(
            run_id,
            state=state,
            accuracy=accuracy,
            loss=loss,
            seconds=seconds,
            weights=weights,
            model=self._stored_path(model),
            error=error,
            **(_curves(progress) if progress else {}),
        )

    def rename(self, run_id: int, title: str) -> None:
        """Give it another name; the card of its model keeps the old one."""
        self._change(run_id, title=_title(title))

    def delete(self, run_id: int, with_model: bool = False) -> None:
        """Forget a run, and delete its model and card when asked.

        Only a model in the models' folder is deleted, and never the shipped one.

        Raises:
            DigitLabError: it still trains, there is no such run, or its model cannot be deleted.
        """
        run = self.get(run_id)
        if not run.is_over:
            raise DigitLabError(f"{run.title} still trains: stop it before you delete it.")
        if with_model and run.model is not None and self._is_own(run.model):
            try:
                run.model.unlink(missing_ok=True)
                run.model.with_suffix(".json").unlink(missing_ok=True)
            except OSError as error:
                raise DigitLabError(
                    f"{run.model} cannot be deleted ({error.strerror}): delete it by hand."
                ) from error
        with self._writing() as connection:
            connection.execute("DELETE FROM runs WHERE id = ?", (run_id,))

    def get(self, run_id: int) -> Run:
        """One run.

        Raises:
            DigitLabError: there is none with that number.
        """
        with self._reading() as connection:
            row = connection.execute(
                f"SELECT {', '.join(COLUMNS)} FROM runs WHERE id = ?", (run_id,)
            ).fetchone()
        if row is None:
            raise _unknown(run_id)
        return self._run(row)

    def listed(
        self, owner: str | None = None, order: str = "created", descending: bool = True
    ) -> list[Run]:
        """All runs, or those of one owner, sorted; those without the figure come last.

        Args:
            order: one of `SORTABLE`, or the name of a setting.
        """
        if order in SORTABLE:
            key = order
        elif order in {setting.name for setting in SETTINGS}:
            key = f"json_extract(settings, '$.{order}')"
        else:
            raise DigitLabError(f"Runs cannot be sorted by {order!r}.")
        way = "DESC" if descending else "ASC"
        with self._reading() as connection:
            rows = connection.execute(
                f"SELECT {', '.join(COLUMNS)} FROM runs WHERE ? IS NULL OR owner = ? "
                f"ORDER BY {key} {way} NULLS LAST, id {way}",
                (owner, owner),
            ).fetchall()
        return [self._run(row) for row in rows]

    def mark_interrupted(self) -> None:
        """Mark the unfinished runs of processes that live no more."""
        with self._writing() as connection:
            living = _living(self._signs)
            places = ", ".join("?" * len(living))
            connection.execute(
                f"UPDATE runs SET state = ? WHERE state IN (?, ?) AND process NOT IN ({places})",
                (State.INTERRUPTED, *UNFINISHED, *living),
            )

    @property
    def _signs(self) -> Path:
        return self.path.with_name(f".{self.path.name}-processes")

    def _change(self, run_id: int, **values: Any) -> None:
        with self._writing() as connection:
            _set(connection, run_id, **values)

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._plain_words(), closing(_connect(self.path)) as connection:
            if connection.execute("PRAGMA user_version").fetchone()[0] != len(MIGRATIONS):
                connection.execute("BEGIN IMMEDIATE")
                _migrate(connection, self.path)
                connection.execute("COMMIT")
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction that waits for those of others, and is undone when the block fails."""
        with self._plain_words(), closing(_connect(self.path)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            _migrate(connection, self.path)
            yield connection
            connection.execute("COMMIT")

    @contextmanager
    def _plain_words(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.OperationalError, OSError) as error:
            raise DigitLabError(
                f"The list of runs at {self.path} cannot be used ({error}): free some disk space, "
                "or set MNIST_APP_MODELS to a folder that can be written."
            ) from error
        except sqlite3.DatabaseError as error:
            raise DigitLabError(
                f"The list of runs at {self.path} is broken: start the app again, which puts it "
                "aside and begins a new one."
            ) from error

    def _is_sound(self) -> bool:
        """Whether the file is a whole database, and this app's or still empty."""
        try:
            with closing(_connect(self.path)) as connection:
                sound = connection.execute("PRAGMA quick_check").fetchone()[0] == "ok"
                owner = connection.execute("PRAGMA application_id").fetchone()[0]
                tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        except sqlite3.OperationalError:
            # Locked, or no right to read: it says nothing of what is inside.
            return True
        except sqlite3.DatabaseError:
            return False
        return bool(sound and (owner == APPLICATION_ID or not tables))

    def _set_aside(self) -> str:
        moment = datetime.now(UTC).strftime("%Y%m%d-%H%M%S-%f")
        aside = self.path.with_name(f"{self.path.stem}-set-aside-{moment}{self.path.suffix}")
        try:
            # A journal belongs to its file: left behind it would be played into the new one.
            for ending in ("-journal", "-wal", "-shm", ""):
                part = self.path.with_name(self.path.name + ending)
                if part.exists():
                    part.rename(aside.with_name(aside.name + ending))
        except OSError as error:
            raise DigitLabError(
                f"{self.path} is no list of runs and cannot be moved away ({error.strerror}): "
                "move it by hand."
            ) from error
        notice = f"{self.path.name} was broken or not ours: it is kept as {aside.name}."
        logger.warning(notice)
        return notice

    def _stored_path(self, model: Path | None) -> str:
        """Relative to the list where possible, so that the folder can be moved as a whole."""
        if model is None:
            return ""
        folder, whole = self.path.parent.resolve(), model.resolve()
        return str(whole.relative_to(folder) if whole.is_relative_to(folder) else whole)

    def _is_own(self, model: Path) -> bool:
        folder = self.path.parent.resolve()
        return model.resolve().parent == folder and model.resolve() != model_store.SHIPPED.resolve()

    def _run(self, row: tuple[Any, ...]) -> Run:
        values = dict(zip(COLUMNS, row, strict=True))
        return Run(
            **{
                **values,
                "state": State(values["state"]),
                "settings": json.loads(values["settings"]),
                "training": tuple(Point(*point) for point in json.loads(values["training"])),
                "validation": tuple(Point(*point) for point in json.loads(values["validation"])),
                "model": self.path.parent / values["model"] if values["model"] else None,
            }
        )


def curves_csv(run: Run) -> str:
    """The curves as CSV: one line a point, training first."""
    sheet = io.StringIO()
    writer = csv.writer(sheet, lineterminator="\n")
    writer.writerow(["part", "epoch", "loss", "accuracy", "learning_rate"])
    for part, points in (("training", run.training), ("validation", run.validation)):
        for point in points:
            writer.writerow([part, *astuple(point)])
    return sheet.getvalue()


def differing_settings(runs: Sequence[Run]) -> tuple[str, ...]:
    """The settings in which the runs are not all the same, in the order of the table."""
    names = [setting.name for setting in SETTINGS]
    return tuple(name for name in names if len({run.settings.get(name) for run in runs}) > 1)


def comparison(runs: Sequence[Run]) -> list[dict[str, Any]]:
    """One row a run for a table: its name, in what it differs, and how it did."""
    differing = differing_settings(runs)
    return [
        {
            "title": run.title,
            **{name: run.settings.get(name) for name in differing},
            "accuracy": run.accuracy,
            "loss": run.loss,
            "seconds": run.seconds,
            "weights": run.weights,
        }
        for run in runs
    ]


def thinned(points: Sequence[Point], most: int = CURVE_POINTS) -> tuple[Point, ...]:
    """At most `most` of the points, evenly spread, the first and the last among them."""
    if len(points) <= most:
        return tuple(points)
    last = len(points) - 1
    return tuple(points[round(index * last / (most - 1))] for index in range(most))


def _curves(progress: Progress) -> dict[str, str]:
    parts = {"training": progress.training, "validation": progress.validation}
    return {
        name: json.dumps([astuple(point) for point in thinned(points)])
        for name, points in parts.items()
    }


def _title(title: str) -> str:
    clean = " ".join(title.split())[:TITLE_LENGTH]
    if not clean:
        raise DigitLabError("A run needs a name: give it at least one letter.")
    return clean


def _unknown(run_id: int) -> DigitLabError:
    return DigitLabError(f"There is no run {run_id}: it may have been deleted.")


def _connect(path: Path) -> sqlite3.Connection:
    # Transactions begin and end where the code says so.
    return sqlite3.connect(path, timeout=PATIENCE, isolation_level=None)


def _migrate(connection: sqlite3.Connection, path: Path) -> None:
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > len(MIGRATIONS):
        raise DigitLabError(
            f"The list of runs at {path} was written by a newer version: update this one, or move "
            "the file away."
        )
    if version < len(MIGRATIONS):
        for statement in MIGRATIONS[version:]:
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")


def _set(connection: sqlite3.Connection, run_id: int, **values: Any) -> None:
    places = ", ".join(f"{name} = ?" for name in values)
    cursor = connection.execute(
        f"UPDATE runs SET {places} WHERE id = ?", (*values.values(), run_id)
    )
    if not cursor.rowcount:
        raise _unknown(run_id)


# A process shows that it lives by a lock on a file of its own, which the system lifts however the
# process ends. Numbers of processes are given anew, and mean nothing in another container.
_held: dict[Path, tuple[str, IO[str]]] = {}
_holding = threading.Lock()


def _sign_of_life(folder: Path) -> str:
    """The name under which this process shows in `folder` that it lives; in a transaction only."""
    with _holding:
        if folder not in _held:
            folder.mkdir(exist_ok=True)
            name = uuid.uuid4().hex
            sign = (folder / name).open("w")
            _lock(sign)
            _held[folder] = (name, sign)
        return _held[folder][0]


def _living(folder: Path) -> list[str]:
    """Names of the processes that live; the signs of dead ones are removed. In a transaction."""
    living = []
    for path in folder.glob("*"):
        with _holding:
            is_own = folder in _held and _held[folder][0] == path.name
        if is_own:
            living.append(path.name)
            continue
        with path.open("a") as sign:
            if not _lock(sign):
                living.append(path.name)
                continue
        path.unlink()
    return living


def _lock(file: IO[str]) -> bool:
    """Take the file for this process; false when another one has it."""
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
