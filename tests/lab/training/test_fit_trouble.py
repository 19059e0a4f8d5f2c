"""Runs that go wrong keep what they learned before."""

import numpy as np
import pytest

from mnist_app.core.data.datasets import Dataset
from mnist_app.core.errors import DigitLabError
from mnist_app.core.jobs.run_control import RunControl
from mnist_app.core.runs.checkpoints import Checkpoint
from mnist_app.core.runs.progress import Progress
from mnist_app.lab.training.fit import train
from tests.support.samples import quick

# Of the small data set in batches of 32.
STEPS = 11
CONFIG = quick(epochs=4, optimizer="sgd", learning_rate=0.1)


class Spoiling(RunControl):
    """Makes the learning rate explode after the step of that number."""

    def __init__(self, step: int) -> None:
        super().__init__()
        self._left = step

    @property
    def is_paused(self) -> bool:
        self._left -= 1
        if self._left == 0:
            self.scale_learning_rate(1e200)
        return False


@pytest.mark.parametrize(("step", "best"), [(STEPS + 3, 1), (2 * STEPS - 1, 1), (2 * STEPS, 2)])
def test_a_run_that_diverges_keeps_its_best_weights(step: int, best: int, dataset: Dataset) -> None:
    """After the step before the last it is the last update of an epoch that goes wrong."""
    epochs: list[int] = []

    def report(told: Progress | Checkpoint) -> None:
        if isinstance(told, Checkpoint):
            epochs.append(told.epoch)

    result = train(CONFIG, dataset, report, Spoiling(step), keeps_checkpoints=True)
    assert result.stopped
    assert result.diverged
    assert result.progress.is_over
    assert "off course" in result.progress.remark
    assert "lower the learning rate" in result.progress.remark
    wanted = train(quick(**{**CONFIG.as_dict(), "epochs": best}), dataset).model.get_weights()
    for mine, other in zip(result.model.get_weights(), wanted, strict=True):
        np.testing.assert_allclose(mine, other, atol=1e-4)
    assert epochs == list(range(1, best + 1)), "of what is no number none is made"
    assert result.progress.is_used_up, "from a checkpoint it would only diverge again"


def test_a_run_that_diverges_at_once_has_nothing_to_keep(
    dataset: Dataset, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(DigitLabError, match=r"off course.*Lower the learning rate"):
        train(CONFIG, dataset, control=Spoiling(3))
    assert not capsys.readouterr().out, "it is for what a command prints"


def test_weights_that_are_no_numbers_are_not_kept(dataset: Dataset) -> None:
    """Told to stop right after the update that went wrong, of which no loss tells yet."""

    class Halting(Spoiling):
        def should_stop(self) -> bool:
            return self._left < 0

    result = train(CONFIG, dataset, control=Halting(STEPS + 3))
    assert result.stopped
    assert "off course" in result.progress.remark
    assert all(np.isfinite(weights).all() for weights in result.model.get_weights())
