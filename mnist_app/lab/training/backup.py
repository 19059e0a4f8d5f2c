"""Backup of a training run: Keras' own, and what that leaves out."""

import errno
import hashlib
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from mnist_app.core.errors import DigitLabError
from mnist_app.core.runs import checkpoints
from mnist_app.core.runs.checkpoints import BROKEN, Checkpoint
from mnist_app.core.settings import TrainingConfig
from mnist_app.lab.training.early_stopping import ValidationCallbacks
from mnist_app.lab.training.history import History

ARRAYS = "arrays.npz"


class Backup:
    """Backs up a run after each whole epoch, and restores it.

    Keras' backup holds the weights and the optimizer. The state of each dropout, the best weights
    so far, where the monitors stand and the curves are put beside it.

    Attributes:
        ended_early: whether what was unpacked had stopped early already.
    """

    def __init__(
        self,
        folder: Path,
        config: TrainingConfig,
        origin: dict[str, Any],
        drawing: np.ndarray | None = None,
    ) -> None:
        """Back up in `folder`, which is there and empty.

        Args:
            origin: what else decides how the run ends, see `origin`.
            drawing: the person's own that the network is asked about, uint8 (28, 28).
        """
        self._folder, self._config, self._origin, self._drawing = folder, config, origin, drawing
        self._keras = keras.callbacks.BackupAndRestore(str(folder), delete_checkpoint=False)
        self.ended_early = False
        self._monitors: dict[str, Any] = {}
        self._best: list[np.ndarray] = []

    def unpack(self, checkpoint: Checkpoint, learner: keras.Model, steps: int) -> History:
        """Make ready to go on from a checkpoint of the same run, with `steps` an epoch.

        Raises:
            DigitLabError: it is broken, or of another run.
        """
        facts = checkpoint.facts
        _require_same(checkpoint, self._config, self._origin)
        checkpoint.unpack(self._folder)
        try:
            with np.load(self._folder / ARRAYS, allow_pickle=False) as archive:
                arrays = {name: archive[name] for name in archive.files}
            for name, variable in _unsaved(learner).items():
                variable.assign(arrays[name])
            self._monitors = dict(facts["monitors"])
            if self._monitors:
                self._best = [arrays[name] for name in _names("best", learner.weights)]
                waited = int(self._monitors["wait"][0])
                self.ended_early = 0 < self._config.early_stopping <= waited
            return History.from_dict(facts["history"], self._config, steps)
        except (LookupError, TypeError, ValueError, OSError) as error:
            raise DigitLabError(BROKEN) from error

    def begin(self, learner: keras.Model) -> None:
        """Load what was unpacked, if anything, into a network that is about to be trained."""
        self._keras.set_model(learner)
        self._keras.on_train_begin()

    def restore(self, monitors: ValidationCallbacks) -> None:
        """Restore the monitors' unpacked state, once, after they have begun."""
        if self._monitors:
            monitors.restore(self._monitors, self._best)
        self._monitors = {}

    def save(
        self, learner: keras.Model, history: History, monitors: ValidationCallbacks
    ) -> Checkpoint:
        """Back up a run at the end of an epoch.

        Raises:
            OSError: the folder cannot be written.
        """
        self._require_room(learner)
        self._keras.on_epoch_end(history.epoch - 1)
        best = dict(zip(_names("best", learner.weights), monitors.best_weights, strict=False))
        arrays: dict[str, Any] = dict(best)
        arrays |= {name: variable.numpy() for name, variable in _unsaved(learner).items()}
        np.savez(self._folder / ARRAYS, **arrays)
        facts = {
            "epoch": history.epoch,
            "history": history.as_dict(),
            "monitors": monitors.as_dict() if best else {},
            "origin": self._origin,
        }
        return checkpoints.pack(self._folder, facts, self._config.as_dict(), self._drawing)

    def _require_room(self, learner: keras.Model) -> None:
        """Refuse to start writing on a full disk, where HDF5 may take the process down."""
        variables = [*learner.variables, *learner.optimizer.variables]
        needed = sum(variable.numpy().nbytes for variable in variables)
        if shutil.disk_usage(self._folder).free < 2 * needed:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def origin(
    images: np.ndarray,
    targets: np.ndarray,
    start_from: keras.Model | None,
    teachers: Sequence[keras.Model],
) -> dict[str, Any]:
    """Return what decides how a run ends besides its settings: pictures, answers and models."""
    digest = hashlib.sha256(images.tobytes())
    digest.update(targets.tobytes())
    return {
        "pictures": digest.hexdigest(),
        "started_from": fingerprint(start_from) if start_from is not None else "",
        "teachers": [fingerprint(teacher) for teacher in teachers],
    }


def fingerprint(model: keras.Model) -> str:
    """Return the same for networks of the same weights alone, as hexadecimal digits."""
    digest = hashlib.sha256()
    for weights in model.get_weights():
        digest.update(weights.tobytes())
    return digest.hexdigest()


def _require_same(checkpoint: Checkpoint, config: TrainingConfig, origin: dict[str, Any]) -> None:
    of_checkpoint = checkpoint.facts.get("origin", {})
    # One that an older version did not know yet is as by default.
    settings = TrainingConfig().as_dict() | checkpoint.settings
    if settings != config.as_dict() or of_checkpoint.get("pictures") != origin["pictures"]:
        raise DigitLabError(
            "The checkpoint comes from a run with other settings or pictures. Use those again, or "
            "start without --resume."
        )
    if of_checkpoint != origin:
        raise DigitLabError(
            "The checkpoint comes from a run with another --start-from or --teacher. Use those "
            "again, or start without --resume."
        )


def _unsaved(learner: keras.Model) -> dict[str, keras.Variable]:
    """Return the variables that Keras' backup leaves out, by name: the states of dropout."""
    saved = {id(variable) for variable in learner.weights}
    left = [variable for variable in learner.variables if id(variable) not in saved]
    return dict(zip(_names("state", left), left, strict=True))


def _names(kind: str, things: Sequence[Any]) -> list[str]:
    return [f"{kind}-{index}" for index in range(len(things))]
