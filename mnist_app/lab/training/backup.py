"""Backup of a training run as a checkpoint, and its restoration."""

import hashlib
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from mnist_app.core.errors import DigitLabError
from mnist_app.core.runs import checkpoints
from mnist_app.core.runs.checkpoints import BROKEN, Checkpoint
from mnist_app.core.settings import TrainingConfig
from mnist_app.lab.training.early_stopping import ValidationCallbacks
from mnist_app.lab.training.history import History


class Backup:
    """Backs up a run after each whole epoch, and restores it.

    Unlike Keras' own it holds the state of each dropout, the best weights so far, where the
    monitors stand and the curves, and needs no disk.

    Attributes:
        ended_early: whether what was unpacked had stopped early already.
    """

    def __init__(
        self, config: TrainingConfig, origin: dict[str, Any], drawing: np.ndarray | None = None
    ) -> None:
        """Back up a run with these settings.

        Args:
            origin: what else decides how the run ends, see `origin`.
            drawing: the person's own that the network is asked about, uint8 (28, 28).
        """
        self._config, self._origin, self._drawing = config, origin, drawing
        self.ended_early = False
        self._monitors: dict[str, Any] = {}
        self._best: list[np.ndarray] = []

    def unpack(self, checkpoint: Checkpoint, learner: keras.Model, steps: int) -> History:
        """Go on from a checkpoint of the same run, with `steps` an epoch.

        Raises:
            DigitLabError: it is broken, or of another run.
        """
        facts = checkpoint.facts
        _require_same(checkpoint, self._config, self._origin)
        arrays = checkpoint.arrays()
        try:
            for name, variable in _named("variable", _variables(learner)).items():
                variable.assign(arrays[name])
            self._monitors = dict(facts["monitors"])
            if self._monitors:
                self._best = [arrays[name] for name in _named("best", learner.weights)]
                waited = int(self._monitors["wait"][0])
                self.ended_early = 0 < self._config.early_stopping <= waited
            return History.from_dict(facts["history"], self._config, steps)
        except (LookupError, TypeError, ValueError) as error:
            raise DigitLabError(BROKEN) from error

    def restore(self, monitors: ValidationCallbacks) -> None:
        """Restore the monitors' unpacked state, once, after they have begun."""
        if self._monitors:
            monitors.restore(self._monitors, self._best)
        self._monitors = {}

    def save(
        self, learner: keras.Model, history: History, monitors: ValidationCallbacks
    ) -> Checkpoint:
        """Back up a run at the end of an epoch."""
        # None before anything was validated.
        best = _named("best", monitors.early.best_weights or [])
        values = [variable.numpy() for variable in _variables(learner)]
        facts = {
            "epoch": history.epoch,
            "history": history.as_dict(),
            "monitors": monitors.as_dict() if best else {},
            "origin": self._origin,
        }
        arrays = best | _named("variable", values)
        return checkpoints.pack(facts, arrays, self._config.as_dict(), self._drawing)


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


def _variables(learner: keras.Model) -> list[keras.Variable]:
    return [*learner.variables, *learner.optimizer.variables]


def _named(kind: str, things: Sequence[Any]) -> dict[str, Any]:
    return {f"{kind}-{index}": thing for index, thing in enumerate(things)}
