"""Where a run can be taken up again: its checkpoint, as far as there is room for it."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mnist_app import checkpoints
from mnist_app.errors import DigitLabError
from mnist_app.lab.standing import Standing
from mnist_app.settings import TrainingConfig

if TYPE_CHECKING:
    import keras


class Bookmark:
    """Puts a run's checkpoints into a folder, or nowhere if there is none.

    Attributes:
        remark: for a person, why the last one could not be written, else "".
    """

    def __init__(
        self, folder: Path | None, config: TrainingConfig, drawing: np.ndarray | None = None
    ) -> None:
        """For a run with these settings, which is asked about a person's own drawing."""
        self.remark = ""
        self._folder, self._config, self._drawing = folder, config, drawing

    def put(self, standing: Standing, learner: "keras.Model") -> None:
        """Write a checkpoint; training goes on without one when the disk is full."""
        if self._folder is None:
            return
        standing.variables = [one.numpy() for one in learner.variables]
        standing.optimizer = [one.numpy() for one in learner.optimizer.variables]
        try:
            checkpoints.save(standing, self._config.as_dict(), self._folder, self._drawing)
        except DigitLabError as error:
            self.remark = f"It could not be put on disk so that it could go on later: {error}"
        else:
            self.remark = ""

    def close(self) -> None:
        """The run has ended by itself: nothing is left to go on with, so no trouble is either."""
        self.remark = ""

    def remove(self) -> None:
        """Leave no checkpoint."""
        self.close()
        if self._folder is not None:
            checkpoints.remove(self._folder)


def take_up(
    folder: Path, config: TrainingConfig, begun: Standing, learner: "keras.Model"
) -> Standing:
    """Where a run stands by its checkpoint, whose weights are put into `learner`.

    Args:
        begun: where the same run stands at its beginning.

    Raises:
        DigitLabError: there is no checkpoint, it is broken, or of another run.
    """
    standing, settings = checkpoints.load(folder)
    variables = [*learner.variables, *learner.optimizer.variables]
    values = [*standing.variables, *standing.optimizer]
    fits = [tuple(one.shape) for one in variables] == [one.shape for one in values]
    # One that an older version did not know yet is as by default.
    known = TrainingConfig().as_dict() | settings
    if known != config.as_dict() or standing.pictures != begun.pictures or not fits:
        raise DigitLabError(
            f"The checkpoint in {folder} is of a run with other settings or pictures: use its "
            "own, or start anew."
        )
    if (standing.started_from, standing.teachers) != (begun.started_from, begun.teachers):
        raise DigitLabError(
            f"The checkpoint in {folder} is of a run that began with, or learns from, other "
            "models: say the same --start-from and --teacher again, or start anew."
        )
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
    return standing
