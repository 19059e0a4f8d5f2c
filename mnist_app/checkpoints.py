"""Where a training run stands, on disk: written whole or not at all, read without running code."""

import contextlib
import json
import shutil
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from mnist_app.errors import DigitLabError
from mnist_app.files import whole
from mnist_app.lab.standing import Standing
from mnist_app.progress import HardPicture, Opinion, Point

NAME = "checkpoint.npz"
# The lists of arrays in a checkpoint; the rest is one JSON text.
_ARRAYS = ("variables", "optimizer", "best")
_DRAWING = "drawing"


def save(
    standing: Standing, settings: dict[str, Any], folder: Path, drawing: np.ndarray | None = None
) -> None:
    """Put a checkpoint into `folder`, in place of an earlier one.

    Args:
        settings: of the run, see `TrainingConfig.as_dict`.
        drawing: the person's own that the network is asked about, uint8 (28, 28), if there is one.

    Raises:
        DigitLabError: the folder cannot be made or written.
    """
    arrays = {
        f"{name}-{index}": array
        for name in _ARRAYS
        for index, array in enumerate(getattr(standing, name))
    }
    if drawing is not None:
        arrays[_DRAWING] = drawing
    facts = {name: value for name, value in vars(standing).items() if name not in _ARRAYS}
    text = json.dumps({"settings": settings, "standing": facts}, default=asdict)
    with whole(folder / NAME) as draft:
        np.savez(draft, facts=np.array(text), **arrays)


def load(folder: Path) -> tuple[Standing, dict[str, Any]]:
    """Read the checkpoint in `folder`, and the settings of its run.

    Raises:
        DigitLabError: there is none, or it is broken.
    """
    with _opened(folder) as archive:
        arrays = {name: archive[name] for name in archive.files}
        facts = json.loads(str(arrays.pop("facts")))
        return _standing(facts["standing"], arrays), dict(facts["settings"])


def drawing(folder: Path) -> np.ndarray | None:
    """The person's own drawing in the checkpoint in `folder`, uint8 (28, 28), or None.

    Raises:
        DigitLabError: there is no checkpoint, or it is broken.
    """
    with _opened(folder) as archive:
        return archive[_DRAWING] if _DRAWING in archive.files else None


@contextlib.contextmanager
def _opened(folder: Path) -> Iterator[Any]:
    """The arrays in `folder` by name, each read when it is asked for."""
    path = folder / NAME
    if not path.is_file():
        raise DigitLabError(f"There is no checkpoint in {folder}: start the run anew.")
    try:
        with np.load(path, allow_pickle=False) as archive:
            yield archive
    except (
        OSError, EOFError, ValueError, TypeError, KeyError, AttributeError, RecursionError,
        zipfile.BadZipFile, zlib.error,
    ) as error:  # fmt: skip
        raise DigitLabError(f"{path} is broken: start the run anew.") from error


def exists(folder: Path) -> bool:
    """Whether there is a checkpoint in `folder`, which need not exist itself."""
    return (folder / NAME).is_file()


def remove(folder: Path) -> None:
    """Delete the checkpoint in `folder`, and the folder where nothing else is in it.

    What cannot be deleted stays: a run that went well does not fail for that.
    """
    with contextlib.suppress(OSError):
        # Drafts are left by a process that was killed while it wrote.
        for draft in folder.glob(f".{Path(NAME).stem}-*"):
            shutil.rmtree(draft)
        (folder / NAME).unlink(missing_ok=True)
        folder.rmdir()


def _standing(facts: dict[str, Any], arrays: dict[str, np.ndarray]) -> Standing:
    standing = Standing(**facts)
    standing.rate_changes = [
        (int(step), float(factor)) for step, factor in facts.get("rate_changes", [])
    ]
    standing.training = [Point(**point) for point in facts["training"]]
    standing.validation = [Point(**point) for point in facts["validation"]]
    standing.class_accuracy = [tuple(shares) for shares in facts["class_accuracy"]]
    standing.hardest = tuple(HardPicture(**picture) for picture in facts["hardest"])
    standing.opinions = [
        Opinion(opinion["epoch"], tuple(opinion["probabilities"])) for opinion in facts["opinions"]
    ]
    for name in _ARRAYS:
        count = sum(key.startswith(f"{name}-") for key in arrays)
        setattr(standing, name, [arrays[f"{name}-{index}"] for index in range(count)])
    return standing
