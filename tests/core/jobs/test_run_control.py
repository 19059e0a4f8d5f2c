import math
import threading

import pytest

from mnist_app.core.errors import DigitLabError
from mnist_app.core.jobs.run_control import RunControl


def test_at_first_nothing_is_asked_for() -> None:
    control = RunControl()
    assert not control.should_stop()
    assert not control.is_paused
    assert control.learning_rate_factor == 1
    control.wait_while_paused()


@pytest.mark.parametrize("act", [RunControl.resume, RunControl.stop])
def test_a_paused_run_waits_until_it_is_resumed_or_stopped(act: object) -> None:
    control = RunControl()
    control.pause()
    threading.Timer(0.1, act, [control]).start()  # type: ignore[arg-type]
    control.wait_while_paused()
    assert control.is_paused != (act is RunControl.resume)


def test_waiting_has_an_end() -> None:
    control = RunControl()
    control.pause()
    control.wait_while_paused(0.01)
    assert control.is_paused


def test_waiting_ends_when_the_learning_rate_is_changed() -> None:
    control = RunControl()
    control.pause()
    control.scale_learning_rate(2)
    control.wait_while_paused()
    assert control.is_paused


def test_factors_of_the_learning_rate_multiply() -> None:
    control = RunControl()
    control.scale_learning_rate(2)
    control.scale_learning_rate(0.25)
    assert control.learning_rate_factor == 0.5


@pytest.mark.parametrize("factor", [0, -1, math.inf, math.nan])
def test_a_factor_must_make_sense(factor: float) -> None:
    with pytest.raises(DigitLabError, match="a number above 0"):
        RunControl().scale_learning_rate(factor)
