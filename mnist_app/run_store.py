"""The list of training runs, kept in one SQLite file beside the models, and their checkpoints."""

import json
import sqlite3
import uuid
from dataclasses import astuple
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mnist_app import checkpoints, learning_curve, model_store
from mnist_app.database import Database
from mnist_app.errors import DigitLabError
from mnist_app.liveness import living, sign_of_life
from mnist_app.progress import Point, Progress
from mnist_app.runs import UNFINISHED, Run, State
from mnist_app.settings import SETTINGS, TrainingConfig

FILE_NAME = "runs.sqlite3"
TITLE_LENGTH = 100
# Runs that are over and may still go on; the checkpoints of older ones are deleted.
MOST_CHECKPOINTS = 8
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
    "ALTER TABLE runs ADD COLUMN checkpoints TEXT NOT NULL DEFAULT ''",
)
COLUMNS = (
    "id", "title", "owner", "created", "state", "settings", "training", "validation", "accuracy",
    "loss", "seconds", "weights", "model", "error", "checkpoints",
)  # fmt: skip
SORTABLE = ("id", "title", "owner", "created", "state", "accuracy", "loss", "seconds", "weights")
COUNTED = ("seconds", "weights")


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
        self._database = Database(
            path or model_store.folder() / FILE_NAME, "list of runs", MIGRATIONS
        )
        self.path, self.notice = self._database.path, self._database.notice
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
            # A new list counts from 1 again: the number would be an older run's.
            "checkpoints": f"{self._checkpoints.name}/{uuid.uuid4().hex}",
        }
        with self._database.writing() as connection:
            row["process"] = sign_of_life(self._signs)
            cursor = connection.execute(
                f"INSERT INTO runs ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})",
                tuple(row.values()),
            )
            self._tidy(connection)
        return self.get(int(cursor.lastrowid or 0))

    def start(self, run_id: int) -> None:
        """It trains now, in this process; an interrupted one that goes on does so too."""
        with self._database.writing() as connection:
            process = sign_of_life(self._signs)
            _set(connection, run_id, state=State.RUNNING, process=process, error="")

    def resume(self, run_id: int) -> Run:
        """Put a run in line again, in this process, to go on from the checkpoint it left.

        Raises:
            DigitLabError: it left none, or goes on already.
        """
        with self._database.writing() as connection:
            run = self._found(connection, run_id)
            if not run.can_continue:
                raise DigitLabError(
                    f"{run.title} cannot go on, its checkpoint is gone or in use: start it anew."
                )
            process = sign_of_life(self._signs)
            _set(connection, run_id, state=State.WAITING, process=process, error="")
        return self.get(run_id)

    def record(self, run_id: int, progress: Progress, seconds: float = 0.0) -> None:
        """Write down how far it is; every few seconds is often enough."""
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
        """Write down how it ended; without `progress` the curves stay as they were.

        Its checkpoints are deleted when it is finished, or was stopped and would end at once if it
        went on; else it may go on from one.
        """
        changes: dict[str, Any] = _curves(progress) if progress else {}
        is_used_up = progress is not None and progress.is_used_up
        if state is State.FINISHED or (state is State.STOPPED and is_used_up):
            changes["checkpoints"] = ""
        with self._database.writing() as connection:
            _set(
                connection,
                run_id,
                state=state,
                accuracy=accuracy,
                loss=loss,
                seconds=seconds,
                weights=weights,
                model=self._stored_path(model),
                error=error,
                **changes,
            )
            self._tidy(connection)

    def cancel(self, run_id: int) -> None:
        """It was told to stop before its turn; what it had learned before that stays."""
        self._change(run_id, state=State.STOPPED)

    def rename(self, run_id: int, title: str) -> None:
        """Give it another name; the card of its model keeps the old one."""
        self._change(run_id, title=_title(title))

    def delete(self, run_id: int, with_model: bool = False) -> None:
        """Forget a run with its checkpoints, and delete its model and card when asked.

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
        with self._database.writing() as connection:
            connection.execute("DELETE FROM runs WHERE id = ?", (run_id,))
            self._tidy(connection)

    def get(self, run_id: int) -> Run:
        """One run.

        Raises:
            DigitLabError: there is none with that number.
        """
        with self._database.reading() as connection:
            return self._found(connection, run_id)

    def listed(
        self, owner: str | None = None, order: str = "created", descending: bool = True
    ) -> list[Run]:
        """All runs, or those of one owner, sorted; those without the figure come last.

        Args:
            order: one of `SORTABLE`, or the name of a setting.
        """
        if order in COUNTED:
            # Nought says that it is not known yet.
            key = f"NULLIF({order}, 0)"
        elif order in SORTABLE:
            key = order
        elif order in {setting.name for setting in SETTINGS}:
            key = f"json_extract(settings, '$.{order}')"
        else:
            raise DigitLabError(f"Runs cannot be sorted by {order!r}.")
        way = "DESC" if descending else "ASC"
        with self._database.reading() as connection:
            rows = connection.execute(
                f"SELECT {', '.join(COLUMNS)} FROM runs WHERE ? IS NULL OR owner = ? "
                f"ORDER BY {key} {way} NULLS LAST, id {way}",
                (owner, owner),
            ).fetchall()
        return [self._run(row) for row in rows]

    def mark_interrupted(self) -> None:
        """Mark the unfinished runs of processes that live no more."""
        with self._database.writing() as connection:
            found = living(self._signs)
            places = ", ".join("?" * len(found))
            connection.execute(
                f"UPDATE runs SET state = ? WHERE state IN (?, ?) AND process NOT IN ({places})",
                (State.INTERRUPTED, *UNFINISHED, *found),
            )

    @property
    def _signs(self) -> Path:
        return self.path.with_name(f".{self.path.name}-processes")

    @property
    def _checkpoints(self) -> Path:
        return self.path.with_name(f".{self.path.name}-checkpoints")

    def _tidy(self, connection: sqlite3.Connection) -> None:
        """Delete the checkpoints that are too many, and those that no run has; in a transaction."""
        rows = connection.execute(
            "SELECT id, state, checkpoints FROM runs WHERE checkpoints != '' ORDER BY id DESC"
        ).fetchall()
        over = [(number, name) for number, state, name in rows if state not in UNFINISHED]
        kept = [row for row in over if checkpoints.exists(self.path.parent / row[1])]
        spare = set(over) - set(kept[:MOST_CHECKPOINTS])
        for number, _ in spare:
            _set(connection, number, checkpoints="")
        wanted = {name for _, _, name in rows} - {name for _, name in spare}
        for folder in self._checkpoints.glob("*"):
            if str(folder.relative_to(self.path.parent)) not in wanted:
                checkpoints.remove(folder)

    def _found(self, connection: sqlite3.Connection, run_id: int) -> Run:
        row = connection.execute(
            f"SELECT {', '.join(COLUMNS)} FROM runs WHERE id = ?", (run_id,)
        ).fetchone()
        if row is None:
            raise _unknown(run_id)
        return self._run(row)

    def _change(self, run_id: int, **values: Any) -> None:
        with self._database.writing() as connection:
            _set(connection, run_id, **values)

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
                "model": self._path_of(values["model"]),
                "checkpoints": self._path_of(values["checkpoints"]),
            }
        )

    def _path_of(self, stored: str) -> Path | None:
        return self.path.parent / stored if stored else None


def _curves(progress: Progress) -> dict[str, str]:
    parts = {"training": progress.training, "validation": progress.validation}
    return {
        name: json.dumps([astuple(point) for point in learning_curve.chosen(points)])
        for name, points in parts.items()
    }


def _title(title: str) -> str:
    clean = " ".join(title.split())[:TITLE_LENGTH]
    if not clean:
        raise DigitLabError("A run needs a name: give it at least one letter.")
    return clean


def _unknown(run_id: int) -> DigitLabError:
    return DigitLabError(f"There is no run {run_id}: it may have been deleted.")


def _set(connection: sqlite3.Connection, run_id: int, **values: Any) -> None:
    places = ", ".join(f"{name} = ?" for name in values)
    cursor = connection.execute(
        f"UPDATE runs SET {places} WHERE id = ?", (*values.values(), run_id)
    )
    if not cursor.rowcount:
        raise _unknown(run_id)
