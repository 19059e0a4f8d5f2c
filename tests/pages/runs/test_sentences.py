from typing import Any

from mnist_app.core.runs.convolution_comparison import SHIFT
from mnist_app.core.runs.run import Run, RunState
from mnist_app.pages.runs.sentences import describe_networks, describe_shift


def made(**facts: Any) -> Run:
    return Run(1, "x", "", "", RunState.FINISHED, {}, **facts)


def test_the_words_say_what_was_measured_whoever_is_ahead() -> None:
    dense = made(accuracy=0.9, parameter_count=100_000, seconds=2.0)
    better = made(accuracy=0.98, parameter_count=50_000, seconds=9.0)
    words = describe_networks(dense, better)
    for fact in (
        "90.0%",
        "98.0%",
        "100,000",
        "50,000",
        "2.0 s",
        "9.0 s",
        "2.0% wrong, the dense one 10.0%",
    ):
        assert fact in words
    assert "the dense network is ahead" in describe_networks(better, dense)
    assert "equally accurate" in describe_networks(dense, dense)


def test_the_words_about_moving_say_who_minds_less() -> None:
    words = describe_shift((0.95, 0.60), (0.98, 0.90))
    assert "60.0%" in words
    assert "loses 35.0 percentage points" in words
    assert "cares less" in words
    assert "just as much" in describe_shift((0.95, 0.94), (0.98, 0.60))
    assert f"{SHIFT} pixels" in words
