"""Places of files; files that are written whole or not at all."""

import os
import shutil
import struct
import tempfile
import threading
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from mnist_app.core.errors import DigitLabError

Put = Callable[[Sequence[Path], Sequence[Path]], None]
_PACKAGE = Path(__file__).parents[1]
_INSTALLED = _PACKAGE / "home"
# The folder of app.py, the shipped model and the static files; an installed package carries them.
IS_INSTALLED = _INSTALLED.is_dir()
HOME = _INSTALLED if IS_INSTALLED else _PACKAGE.parent
# What is raised where a file that somebody made or damaged is read.
DAMAGED = (
    *(OSError, EOFError, ValueError, TypeError, LookupError, AttributeError, ArithmeticError),
    *(RuntimeError, struct.error, zipfile.BadZipFile, zlib.error),
)
# Several files that take the places of the same others at once would be mixed.
_placing = threading.Lock()


@contextmanager
def atomic_write(target: Path, title: str = "") -> Iterator[Path]:
    """Give a temporary path beside `target`; put it in target's place when the block succeeds.

    The temporary path keeps the suffix of `target`, and may become a file or a folder. When the
    block fails, nothing is left behind and an earlier `target` stays as it was.

    Args:
        title: what an error calls it; the name of the file by default.

    Raises:
        DigitLabError: the folder cannot be made or written, or the disk is full.
    """

    def put(drafts: Sequence[Path], targets: Sequence[Path]) -> None:
        _put(drafts[0], targets[0])

    with _drafts([target], put, title) as drafts:
        yield drafts[0]


@contextmanager
def atomic_writes(*targets: Path) -> Iterator[list[Path]]:
    """Write several files of one folder: all are replaced, in order, or none."""
    with _drafts(targets, _put_all) as drafts:
        yield drafts


@contextmanager
def _drafts(targets: Sequence[Path], put: Put, title: str = "") -> Iterator[list[Path]]:
    """Give temporary paths beside `targets`, and `put` them in place when the block succeeds."""
    title = title or targets[0].name
    folder = _temporary_folder(targets[0], title)
    try:
        drafts = [folder / target.name for target in targets]
        yield drafts
        for draft in drafts:
            _flush(draft)
        put(drafts, targets)
        # They are in place; not every file system can flush a folder.
        with suppress(OSError):
            _flush_one(targets[0].parent)
    except OSError as error:
        raise _cannot_write(title, error) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _put_all(drafts: Sequence[Path], targets: Sequence[Path]) -> None:
    """Have each draft take the place of its target; if one cannot, the earlier files come back."""
    with _placing:
        # Copied, not moved: a reader finds a file at every moment.
        earlier = [draft.with_name(f"{draft.name}.old") for draft in drafts]
        for kept, target in zip(earlier, targets, strict=True):
            if target.exists():
                shutil.copy2(target, kept)
        placed = []
        try:
            for draft, kept, target in zip(drafts, earlier, targets, strict=True):
                os.replace(draft, target)
                placed.append((kept, target))
        except OSError:
            for kept, target in placed:
                if kept.exists():
                    os.replace(kept, target)
                else:
                    target.unlink()
            raise


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
        raise DigitLabError(f"{target.name} is a folder. Give the name of a file.")
    _temporary_folder(target, target.name).rmdir()


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


def _temporary_folder(target: Path, title: str) -> Path:
    """Make a hidden folder beside `target`, where lists of models do not look."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix=f".{target.stem}-", dir=target.parent))
    except OSError as error:
        raise _cannot_write(title, error) from error


def _cannot_write(title: str, error: OSError) -> DigitLabError:
    reason = error.strerror or str(error)
    return DigitLabError(
        f"{title} cannot be saved ({reason}). Free some disk space or choose another folder."
    )
