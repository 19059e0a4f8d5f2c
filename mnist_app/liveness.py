"""Signs of life: which processes that share a folder still live.

A process shows that it lives by a lock on a file of its own, which the system lifts however the
process ends. Numbers of processes are given anew, and mean nothing in another container.
"""

import os
import threading
import uuid
from pathlib import Path
from typing import IO

_held: dict[Path, tuple[str, IO[str]]] = {}
_holding = threading.Lock()


def sign_of_life(folder: Path) -> str:
    """The name under which this process shows in `folder` that it lives.

    Nobody else may look into the folder meanwhile.
    """
    with _holding:
        if folder not in _held:
            folder.mkdir(exist_ok=True)
            name = uuid.uuid4().hex
            sign = (folder / name).open("w")
            _lock(sign)
            _held[folder] = (name, sign)
        return _held[folder][0]


def living(folder: Path) -> list[str]:
    """Names of the processes that live; the signs of dead ones are removed.

    Nobody else may look into the folder meanwhile.
    """
    found = []
    for path in folder.glob("*"):
        with _holding:
            is_own = folder in _held and _held[folder][0] == path.name
        if is_own:
            found.append(path.name)
            continue
        with path.open("a") as sign:
            if not _lock(sign):
                found.append(path.name)
                continue
        path.unlink()
    return found


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
