"""Hashes of files, remembered until a file changes."""

import functools
import hashlib
from pathlib import Path

# Of so many files.
REMEMBERED = 2000

# When a file was written, how long it is, and which one it is.
Stamp = tuple[int, int, int]


def stamp(path: Path) -> Stamp | None:
    """Return what changes when a file does; None if there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def of_file(path: Path) -> str | None:
    """Return the SHA-256 of a file in hexadecimal digits; None if there is none."""
    now = stamp(path)
    try:
        return _hashed(path, now) if now else None
    except OSError:
        return None


def of_bytes(data: bytes) -> str:
    """Return the SHA-256 of bytes in hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


@functools.lru_cache(maxsize=REMEMBERED)
def _hashed(path: Path, now: Stamp) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
