import math
import threading
import time

import pytest

from mnist_app.core.errors import DigitLabError
from mnist_app.core.jobs.run_control import Steering


def test_at_first_nothing_is_asked_for() -> None:
    steering = Steering()
    assert not steering.should_stop()
    assert not steering.is_paused
    assert steering.learning_rate_factor == 1
    steering.wait_while_paused()


@pytest.mark.parametrize("act", [Steering.resume, Steering.stop])
def test_a_paused_run_waits_until_it_is_resumed_or_stopped(act: object) -> None:
    steering = Steering()
    steering.pause()
    threading.Timer(0.1, act, [steering]).start()  # type: ignore[arg-type]
    started = time.perf_counter()
    steering.wait_while_paused(30)
    assert 0.05 < time.perf_counter() - started < 20
    assert steering.is_paused != (act is Steering.resume)


def test_waiting_has_an_end() -> None:
    steering = Steering()
    steering.pause()
    steering.wait_while_paused(0.01)
    assert steering.is_paused


def test_waiting_ends_when_the_learning_rate_is_changed() -> None:
    steering = Steering()
    steering.pause()
    steering.scale_learning_rate(2)
    steering.wait_while_paused()
    assert steering.is_paused


def test_factors_of_the_learning_rate_multiply() -> None:
    steering = Steering()
    steering.scale_learning_rate(2)
    steering.scale_learning_rate(0.25)
    assert steering.learning_rate_factor == 0.5


@pytest.mark.parametrize("factor", [0, -1, math.inf, math.nan])
def test_a_factor_must_make_sense(factor: float) -> None:
    with pytest.raises(DigitLabError, match="a number above 0"):
        Steering().scale_learning_rate(factor)
