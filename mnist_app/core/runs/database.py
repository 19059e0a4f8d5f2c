"""One SQLite file: changed whole or not at all, migrated, set aside when it is broken.

Every change is one transaction of SQLite's rollback journal, so a crash in the middle of writing
leaves the state before it. A connection lives as long as one question: threads and processes share
the file, not connections.
"""

import logging
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from mnist_app.core.errors import DigitLabError

logger = logging.getLogger(__name__)

# Seconds that one process waits while another writes.
PATIENCE = 20.0
# SQLite's place for a number that says whose file it is: "DLab".
APPLICATION_ID = 0x444C6162


class Database:
    """A database of this app; safe to use from several threads and processes at once.

    Attributes:
        path: the file.
        notice: one sentence for a person when a broken file was set aside, else "".
    """

    def __init__(self, path: Path, name: str, migrations: Sequence[str]) -> None:
        """Open the file at `path`; begin one if there is none.

        Args:
            name: what it holds, for a person, such as "list of runs".
            migrations: statements that each bring the file from the version that is its index to
                the next.

        Raises:
            DigitLabError: the place cannot be written, as in all that is asked of it later, with
                what to do: no space is left, the file broke, a newer version made it.
        """
        self.path = path
        self.notice = ""
        self._name, self._migrations = name, migrations
        if path.exists() and not self._is_sound():
            self.notice = self._set_aside()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Open a connection to ask with."""
        with self._plain_words(), closing(self._connect()) as connection:
            if _version(connection) != len(self._migrations):
                connection.execute("BEGIN IMMEDIATE")
                self._migrate(connection)
                connection.execute("COMMIT")
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Open a transaction that waits for others, and is undone when the block fails."""
        with self._plain_words(), closing(self._connect()) as connection:
            connection.execute("BEGIN IMMEDIATE")
            self._migrate(connection)
            yield connection
            connection.execute("COMMIT")

    def _connect(self) -> sqlite3.Connection:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        # Transactions begin and end where the code says so.
        return sqlite3.connect(self.path, timeout=PATIENCE, isolation_level=None)

    def _migrate(self, connection: sqlite3.Connection) -> None:
        version, newest = _version(connection), len(self._migrations)
        if version > newest:
            raise DigitLabError(
                f"The {self._name} was made by a newer version of Digit Lab. Update this one, or "
                f"move {self.path.name} to another folder."
            )
        if version < newest:
            for statement in self._migrations[version:]:
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {newest}")

    @contextmanager
    def _plain_words(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.OperationalError, OSError) as error:
            reason = getattr(error, "strerror", None) or error
            raise DigitLabError(
                f"The {self._name} cannot be opened ({reason}). Free some disk space, or set "
                "MNIST_APP_MODELS to a folder that can be written to."
            ) from error
        except sqlite3.DatabaseError as error:
            raise DigitLabError(
                f"The {self._name} is damaged. Restart the app, which sets it aside and starts a "
                "new one."
            ) from error

    def _is_sound(self) -> bool:
        """Return whether the file is a whole database, and this app's or still empty."""
        try:
            with closing(self._connect()) as connection:
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
                f"{self.path.name} is not a {self._name}, and could not be set aside "
                f"({error.strerror}). Move it by hand."
            ) from error
        notice = f"{self.path.name} was damaged or not from this app. It is kept as {aside.name}."
        logger.warning(notice)
        return notice


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])
