"""Files that are written whole or not at all."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from mnist_app.errors import DigitLabError


@contextmanager
def whole(target: Path) -> Iterator[Path]:
    """Give a temporary path beside `target`; put it in target's place when the block succeeds.

    The temporary path keeps the suffix of `target`, and may become a file or a folder. When the
    block fails, nothing is left behind and an earlier `target` stays as it was.

    Raises:
        DigitLabError: the folder cannot be made or written, or the disk is full.
    """
    workshop = _workshop(target)
    try:
        draft = workshop / target.name
        yield draft
        _flush(draft)
        _put(draft, target)
        # The file is there; not every file system can flush a folder.
        with suppress(OSError):
            _flush_one(target.parent)
    except OSError as error:
        raise _cannot_write(target, error) from error
    finally:
        shutil.rmtree(workshop, ignore_errors=True)


def _put(draft: Path, target: Path) -> None:
    """Have `draft` take the place of `target`, which stays where it is if that fails."""
    if not (draft.is_dir() and target.is_dir()):
        os.replace(draft, target)
        return
    # A folder only takes the place of an empty one.
    former = draft.with_name(f"{target.name}.old")
    os.replace(target, former)
    try:
        os.replace(draft, target)
    except OSError:
        os.replace(former, target)
        raise


def require_writable(target: Path) -> None:
    """Find out before long work whether its result can be written as the file `target`.

    Raises:
        DigitLabError: the folder cannot be made or written, or `target` is a folder.
    """
    if target.is_dir():
        raise DigitLabError(f"{target} is a folder: give the name of a file.")
    _workshop(target).rmdir()


def _flush(draft: Path) -> None:
    """Have all of a file or folder on the disk: a power cut may else keep its name but no bytes."""
    for path in (*draft.rglob("*"), draft):
        _flush_one(path)


def _flush_one(path: Path) -> None:
    if os.name == "nt":
        # Windows opens no folders and flushes nothing that is open for reading.
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _workshop(target: Path) -> Path:
    """A new folder beside `target`, hidden from those who list models."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix=f".{target.stem}-", dir=target.parent))
    except OSError as error:
        raise _cannot_write(target, error) from error


def _cannot_write(target: Path, error: OSError) -> DigitLabError:
    reason = error.strerror or str(error)
    return DigitLabError(
        f"{target} cannot be written ({reason}): free some disk space or choose another place."
    )
