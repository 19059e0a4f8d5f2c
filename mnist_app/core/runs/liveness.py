"""Signs of life of the processes that share a folder.

Who lives holds a lock on a file of its own, which the system lifts however its process ends.
Numbers of processes are given anew, and mean nothing in another container.
"""

import os
import uuid
from pathlib import Path
from typing import IO


class SignOfLife:
    """A process's sign of life in a folder, valid as long as this object lives.

    Attributes:
        name: unique among all who ever lived there; "" before it is shown.
    """

    def __init__(self, folder: Path) -> None:
        """Show nothing yet: `folder` need not exist."""
        self.name = ""
        self._folder = folder
        self._file: IO[str] | None = None

    def show(self) -> str:
        """Show it, anew where somebody deleted it, and return its name.

        Nobody else may look into the folder meanwhile.
        """
        if not (self._folder / self.name).is_file():
            self._folder.mkdir(exist_ok=True)
            self.name = uuid.uuid4().hex
            self._file = (self._folder / self.name).open("w")
            _lock(self._file)
        return self.name


def living(folder: Path) -> list[str]:
    """Return the names of those who live; the signs of the dead are removed.

    Nobody else may look into the folder meanwhile.
    """
    found = []
    for path in folder.glob("*"):
        with path.open("a") as sign:
            if not _lock(sign):
                found.append(path.name)
                continue
        path.unlink()
    return found


def _lock(file: IO[str]) -> bool:
    """Take the file; return False when another one has it."""
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
