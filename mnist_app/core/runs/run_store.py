"""The list of training runs, kept in one SQLite file beside the models, and their checkpoints."""

import json
import sqlite3
import uuid
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import astuple
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mnist_app.core.errors import DigitLabError
from mnist_app.core.models import model_store
from mnist_app.core.models.model_card import clean_title
from mnist_app.core.runs import checkpoints, learning_curve
from mnist_app.core.runs.database import Database
from mnist_app.core.runs.learning_curve import LearningCurves
from mnist_app.core.runs.liveness import SignOfLife, living
from mnist_app.core.runs.progress import Point, Progress
from mnist_app.core.runs.run import UNFINISHED, Run, RunState
from mnist_app.core.runs.run_schema import COLUMNS, COUNTED, MIGRATIONS, SORTABLE
from mnist_app.core.settings import SETTINGS, TrainingConfig

FILE_NAME = "runs.sqlite3"
TITLE_LENGTH = 100
# Runs that are over and may still go on; the checkpoints of older ones are deleted.
MOST_CHECKPOINTS = 8


class Runs:
    """The list of runs; safe to use from several threads and processes at once.

    It knows which of the unfinished runs it holds itself: from `add`, `start` or `resume` until it
    lets them go. What nobody holds is interrupted, seen so at the next look.

    Attributes:
        path: the file.
        notice: one sentence for a person when a broken file was set aside, else "".
    """

    def __init__(self, path: Path | None = None) -> None:
        """Open the list at `path`, in the models' folder by default; begin one if there is none.

        Raises:
            DigitLabError: the place cannot be written, or a newer version made the file.
        """
        self._database = Database(
            path or model_store.folder() / FILE_NAME, "list of runs", MIGRATIONS
        )
        self.path, self.notice = self._database.path, self._database.notice
        self._signs = self.path.with_name(f".{self.path.name}-processes")
        self._checkpoints = self.path.with_name(f".{self.path.name}-checkpoints")
        self._sign = SignOfLife(self._signs)
        self._held: set[int] = set()
        self.mark_interrupted()

    def add(
        self,
        title: str,
        config: TrainingConfig,
        owner: str = "",
        state: RunState = RunState.WAITING,
    ) -> Run:
        """Write down a new run, and hold it.

        Raises:
            DigitLabError: the list cannot be written, as in all that follows.
        """
        row = {
            "title": clean_title(title, TITLE_LENGTH),
            "owner": owner,
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
            "state": state,
            "settings": json.dumps(config.as_dict()),
            # A new list counts from 1 again: the number would be an older run's.
            "checkpoints": f"{self._checkpoints.name}/{uuid.uuid4().hex}",
        }
        with self._changing() as connection:
            row["process"] = self._sign.show()
            cursor = connection.execute(
                f"INSERT INTO runs ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})",
                tuple(row.values()),
            )
            run_id = int(cursor.lastrowid or 0)
            # Before anybody can see it.
            self._held.add(run_id)
        return self.get(run_id)

    def start(self, run_id: int) -> None:
        """Write down that it trains now, and hold it, also when it goes on after a break."""
        with self._database.writing() as connection:
            self._hold(connection, run_id, RunState.RUNNING)

    def resume(self, run_id: int) -> Run:
        """Put a run in line again, and hold it, to go on from the checkpoint it left.

        Raises:
            DigitLabError: it left none, or goes on already.
        """
        with self._database.writing() as connection:
            run = self._found(connection, run_id)
            if not (run.can_continue and run.checkpoints and checkpoints.exists(run.checkpoints)):
                raise DigitLabError(
                    f"{run.title} cannot continue: its checkpoint is gone or in use. Start again."
                )
            self._hold(connection, run_id, RunState.WAITING)
        return self.get(run_id)

    def let_go(self, run_id: int) -> None:
        """Stop holding a run, even if its end could not be recorded."""
        self._held.discard(run_id)

    def record(self, run_id: int, progress: Progress) -> None:
        """Write down how far it is; every few seconds is often enough."""
        with self._database.writing() as connection:
            _set_progress(connection, run_id, progress)

    def finish(
        self, run_id: int, state: RunState, progress: Progress | None = None, **results: Any
    ) -> None:
        """Write down how it ended.

        Its checkpoints are deleted when it is finished, or was stopped and would end at once if it
        went on; else it may go on from one.

        Args:
            results: some of the figures, the model and the error of a `Run`, by name; what is not
                among them, or in `progress`, stays as it was.
        """
        is_used_up = progress is not None and progress.is_used_up
        if state is RunState.FINISHED or (state is RunState.STOPPED and is_used_up):
            results["checkpoints"] = ""
        if "model" in results:
            results["model"] = self._stored_path(results["model"])
        with self._changing() as connection:
            if progress:
                _set_progress(connection, run_id, progress)
            _set(connection, run_id, state=state, **results)

    def cancel(self, run_id: int) -> None:
        """Let go of a run that was stopped before its turn; what it had learned before stays."""
        self.let_go(run_id)
        with self._changing() as connection:
            _set(connection, run_id, state=RunState.STOPPED)

    def rename(self, run_id: int, title: str) -> None:
        """Give it another name; the card of its model keeps the old one."""
        with self._database.writing() as connection:
            _set(connection, run_id, title=clean_title(title, TITLE_LENGTH))

    def delete(self, run_id: int, with_model: bool = False) -> None:
        """Forget a run with its checkpoints, and delete its model when asked.

        Only a model in the models' folder is deleted, and never the shipped one.

        Raises:
            DigitLabError: it still trains, there is no such run, or its model cannot be deleted.
        """
        run = self.get(run_id)
        if not run.is_over:
            raise DigitLabError(f"{run.title} is still training. Stop it before you delete it.")
        if with_model and run.model is not None and self._is_own(run.model):
            model_store.delete(model_store.describe(run.model))
        with self._changing() as connection:
            connection.execute("DELETE FROM runs WHERE id = ?", (run_id,))
            connection.execute("DELETE FROM curves WHERE run = ?", (run_id,))

    def get(self, run_id: int) -> Run:
        """Return one run.

        Raises:
            DigitLabError: there is none with that number.
        """
        self.mark_interrupted()
        with self._database.reading() as connection:
            return self._found(connection, run_id)

    def curves(self, run_id: int) -> LearningCurves:
        """Return the curves of a run, at most `learning_curve.CURVE_POINTS` points each."""
        with self._database.reading() as connection:
            row = connection.execute(
                "SELECT training, validation FROM curves WHERE run = ?", (run_id,)
            ).fetchone()
        training, validation = (
            tuple(Point(*point) for point in json.loads(part)) for part in row or ("[]", "[]")
        )
        return LearningCurves(training, validation)

    def owners_of(self, model: Path) -> set[str]:
        """Return the visitors whose runs made the model at `model`, as far as that is known."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT owner FROM runs WHERE model = ? AND owner != ''",
                (self._stored_path(model),),
            ).fetchall()
        return {owner for (owner,) in rows}

    def listed(
        self, owner: str | None = None, order: str = "created", descending: bool = True
    ) -> list[Run]:
        """Return all runs, or those of one owner, sorted; those without the figure come last.

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
        self.mark_interrupted()
        with self._database.reading() as connection:
            rows = connection.execute(
                f"SELECT {', '.join(COLUMNS)} FROM runs WHERE ? IS NULL OR owner = ? "
                f"ORDER BY {key} {way} NULLS LAST, id {way}",
                (owner, owner),
            ).fetchall()
        return [self._run(row) for row in rows]

    def mark_interrupted(self) -> None:
        """Mark the unfinished runs that nobody holds; done at each look.

        Where that cannot be written, it is tried again at the next one.
        """
        with self._database.reading() as connection:
            if not self._lost(connection, [self._sign.name]):
                return
        with suppress(DigitLabError), self._changing() as connection:
            for run_id in self._lost(connection, living(self._signs)):
                _set(connection, run_id, state=RunState.INTERRUPTED)

    def _lost(self, connection: sqlite3.Connection, living: Collection[str]) -> list[int]:
        """Return the unfinished runs that neither this list holds nor another of those who live."""
        rows = connection.execute(
            "SELECT id, process FROM runs WHERE state IN (?, ?)", UNFINISHED
        ).fetchall()
        return [run_id for run_id, process in rows if self._is_lost(run_id, process, living)]

    def _is_lost(self, run_id: int, process: str, living: Collection[str]) -> bool:
        is_others = process != self._sign.name and process in living
        return run_id not in self._held and not is_others

    def _hold(self, connection: sqlite3.Connection, run_id: int, state: RunState) -> None:
        _set(connection, run_id, state=state, process=self._sign.show(), error="")
        self._held.add(run_id)

    @contextmanager
    def _changing(self) -> Iterator[sqlite3.Connection]:
        """Open a transaction; once it holds, checkpoints that are of no more use are deleted."""
        with self._database.writing() as connection:
            yield connection
            spare = self._give_up_checkpoints(connection)
        for folder in spare:
            checkpoints.remove(folder)

    def _give_up_checkpoints(self, connection: sqlite3.Connection) -> list[Path]:
        """Return the folders of checkpoints that are too many, and of those that no run has."""
        rows = connection.execute(
            "SELECT id, state, checkpoints FROM runs WHERE checkpoints != '' ORDER BY id DESC"
        ).fetchall()
        over = [(number, name) for number, state, name in rows if state not in UNFINISHED]
        kept = [row for row in over if checkpoints.exists(self.path.parent / row[1])]
        spare = set(over) - set(kept[:MOST_CHECKPOINTS])
        for number, _ in spare:
            _set(connection, number, checkpoints="")
        wanted = {name for _, _, name in rows} - {name for _, name in spare}
        return [
            folder
            for folder in self._checkpoints.glob("*")
            if str(folder.relative_to(self.path.parent)) not in wanted
        ]

    def _found(self, connection: sqlite3.Connection, run_id: int) -> Run:
        row = connection.execute(
            f"SELECT {', '.join(COLUMNS)} FROM runs WHERE id = ?", (run_id,)
        ).fetchone()
        if row is None:
            raise _unknown(run_id)
        return self._run(row)

    def _stored_path(self, model: Path | None) -> str:
        """Return a path relative to the list if possible: the folder may be moved as a whole."""
        if model is None:
            return ""
        folder, whole = self.path.parent.resolve(), model.resolve()
        return str(whole.relative_to(folder) if whole.is_relative_to(folder) else whole)

    def _is_own(self, model: Path) -> bool:
        folder = self.path.parent.resolve()
        return model.resolve().parent == folder and model.resolve() != model_store.SHIPPED.resolve()

    def _run(self, row: tuple[Any, ...]) -> Run:
        values = dict(zip(COLUMNS, row, strict=True))
        process, state = values.pop("process"), RunState(values["state"])
        # A run of our own that was let go while the disk could not be written.
        is_lost = state in UNFINISHED and self._is_lost(values["id"], process, [process])
        return Run(
            **{
                **values,
                "state": RunState.INTERRUPTED if is_lost else state,
                "settings": json.loads(values["settings"]),
                "model": self._path_of(values["model"]),
                "checkpoints": self._path_of(values["checkpoints"]),
            }
        )

    def _path_of(self, stored: str) -> Path | None:
        return self.path.parent / stored if stored else None


def _unknown(run_id: int) -> DigitLabError:
    return DigitLabError(f"There is no run {run_id}. It may have been deleted.")


def _set_progress(connection: sqlite3.Connection, run_id: int, progress: Progress) -> None:
    speed = progress.images_per_second
    _set(connection, run_id, seconds=progress.seconds, images_per_second=speed)
    curves = [
        json.dumps([astuple(point) for point in learning_curve.sampled(points)])
        for points in (progress.training, progress.validation)
    ]
    connection.execute("INSERT OR REPLACE INTO curves VALUES (?, ?, ?)", (run_id, *curves))


def _set(connection: sqlite3.Connection, run_id: int, **values: Any) -> None:
    places = ", ".join(f"{name} = ?" for name in values)
    cursor = connection.execute(
        f"UPDATE runs SET {places} WHERE id = ?", (*values.values(), run_id)
    )
    if not cursor.rowcount:
        raise _unknown(run_id)
