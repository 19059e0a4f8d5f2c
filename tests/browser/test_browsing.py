"""The benchmark of the Predictions page works in a real browser."""

from click.testing import CliRunner
from playwright.sync_api import Browser

from benchmarks import browsing
from mnist_app.core.data.datasets import Dataset
from mnist_app.core.models import model_store


def test_presses_are_timed_and_frames_counted(browser: Browser, digits: Dataset) -> None:
    figures = browsing.browsing(model_store.SHIPPED, digits, 1, browser, drag_seconds=0.5)
    times, frames = figures[:-1], figures[-1]
    assert [figure.name for figure in times[::2]] == [
        "a page of the gallery is turned, p50",
        "the gallery is filtered by digit, p50",
        "a cell of the matrix is pressed, p50",
        "a picture is opened, p50",
    ]
    assert all(figure.this_app is not None and figure.this_app > 0 for figure in times)
    assert frames.name == "frames a second while a map of 360 is dragged"
    assert frames.this_app is not None
    assert frames.this_app > 0


def test_without_mnist_one_is_told() -> None:
    result = CliRunner().invoke(browsing.main)
    assert result.exit_code == 1
    assert "mnist is not on this machine" in result.output
