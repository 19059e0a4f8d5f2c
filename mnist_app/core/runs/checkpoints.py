"""Checkpoints: a training run at the end of an epoch, as bytes and as a file.

It is a ZIP file of facts, in JSON, and arrays. Reading it runs no code and needs no Keras.
"""

import contextlib
import functools
import io
import json
import math
import shutil
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from mnist_app.core.errors import DigitLabError
from mnist_app.core.files import DAMAGED, atomic_write

NAME = "checkpoint.zip"
FACTS, ARRAYS = "facts.json", "arrays.npz"
# Unpacked: a damaged archive may claim any size.
MOST_BYTES = 1_000_000_000
BROKEN = "The checkpoint of this run is damaged. Start the run again."


@dataclass(frozen=True)
class Checkpoint:
    """Everything that a run needs to go on; a `DigitLabError` says when it is broken.

    Attributes:
        data: the bytes of the ZIP file.
    """

    data: bytes = field(repr=False)

    @functools.cached_property
    def facts(self) -> dict[str, Any]:
        """Return what is known of the run besides its arrays, read from JSON."""
        with self._opened() as archive:
            return dict(json.loads(archive.read(FACTS)))

    @property
    def settings(self) -> dict[str, Any]:
        """Return the settings of the run, as `TrainingConfig.as_dict` gives them."""
        with _legible():
            return dict(self.facts["settings"])

    @property
    def epoch(self) -> int:
        """Return the number of epochs done."""
        with _legible():
            return int(self.facts["epoch"])

    @property
    def rate_factor(self) -> float:
        """Return the product of the changes of the learning rate by hand."""
        with _legible():
            return math.prod(float(by) for _, by in self.facts["history"]["rate_changes"])

    @property
    def drawing(self) -> np.ndarray | None:
        """Return the person's own drawing, uint8 (28, 28), if there is one."""
        with _legible():
            digits = self.facts["drawing"]
            if not digits:
                return None
            return np.frombuffer(bytes.fromhex(digits), np.uint8).reshape(28, 28)

    def arrays(self) -> dict[str, np.ndarray]:
        """Read its arrays, by name."""
        with self._opened() as archive:
            data = io.BytesIO(archive.read(ARRAYS))
            with np.load(data, allow_pickle=False) as arrays:
                return dict(arrays)

    @contextlib.contextmanager
    def _opened(self) -> Iterator[zipfile.ZipFile]:
        with _legible(), zipfile.ZipFile(io.BytesIO(self.data)) as archive:
            if sum(part.file_size for part in archive.infolist()) > MOST_BYTES:
                raise DigitLabError(BROKEN)
            yield archive


def pack(
    facts: dict[str, Any],
    arrays: dict[str, np.ndarray],
    config: dict[str, Any],
    drawing: np.ndarray | None,
) -> Checkpoint:
    """Make a checkpoint of facts about the run and of arrays.

    Args:
        facts: ready for JSON; with "epoch", how many are done.
        arrays: by name.
        config: the settings of the run, see `TrainingConfig.as_dict`.
        drawing: the person's own, uint8 (28, 28), if there is one.
    """
    contents = {
        **facts,
        "settings": config,
        "drawing": "" if drawing is None else drawing.tobytes().hex(),
    }
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr(FACTS, json.dumps(contents))
        with archive.open(ARRAYS, "w", force_zip64=True) as file:
            np.savez(file, **arrays)  # type: ignore[arg-type]
    return Checkpoint(data.getvalue())


def save(checkpoint: Checkpoint, folder: Path) -> None:
    """Put a checkpoint into `folder`, in place of an earlier one, whole or not at all.

    Raises:
        DigitLabError: the folder cannot be made or written.
    """
    with atomic_write(folder / NAME) as draft:
        draft.write_bytes(checkpoint.data)


def load(folder: Path) -> Checkpoint:
    """Read the checkpoint in `folder`.

    Raises:
        DigitLabError: there is none, or it is broken.
    """
    path = folder / NAME
    if not path.is_file():
        raise DigitLabError(
            "Nothing of this run was saved, so it cannot be continued. Start it again."
        )
    with _legible():
        checkpoint = Checkpoint(path.read_bytes())
    _ = checkpoint.settings, checkpoint.epoch, checkpoint.drawing
    return checkpoint


def exists(folder: Path) -> bool:
    """Return whether there is a checkpoint in `folder`, which need not exist itself."""
    return (folder / NAME).is_file()


def remove(folder: Path) -> None:
    """Delete the checkpoint in `folder`, and the folder where nothing else is in it.

    What cannot be deleted stays: a run that went well does not fail for that.
    """
    with contextlib.suppress(OSError):
        # Drafts are left by a process that was killed while it wrote.
        for draft in folder.glob(f".{Path(NAME).stem}-*"):
            shutil.rmtree(draft)
        # An older version gave it another ending.
        for path in folder.glob(f"{Path(NAME).stem}.*"):
            path.unlink()
        folder.rmdir()


@contextlib.contextmanager
def _legible() -> Iterator[None]:
    try:
        yield
    except DAMAGED as error:
        raise DigitLabError(BROKEN) from error
