"""Training runs that are stopped, paused or broken off at a step."""

from collections.abc import Callable

from mnist_app.core.jobs.run_control import RunControl
from mnist_app.core.runs.checkpoints import Checkpoint
from mnist_app.core.runs.progress import Progress


class ControlledAt(RunControl):
    """Acts by itself before the step of that number."""

    def __init__(self, step: int, act: Callable[[RunControl], None]) -> None:
        super().__init__()
        self._left = step
        self._act = act

    @property
    def is_paused(self) -> bool:
        self._left -= 1
        if self._left == 0:
            self._act(self)
        return super().is_paused


class Told:
    """Remembers the last checkpoint that a run reported."""

    checkpoint: Checkpoint

    def __call__(self, told: Progress | Checkpoint) -> None:
        if isinstance(told, Checkpoint):
            self.checkpoint = told
