"""The benchmark of strokes beside a training run works in a real browser."""

from playwright.sync_api import Browser

from benchmarks import busy
from mnist_app import model_store
from mnist_app.settings import TrainingConfig


def test_strokes_are_timed_while_the_server_trains(browser: Browser) -> None:
    slow = TrainingConfig(
        dataset="optdigits", architecture="residual_cnn", batch_size=8, epochs=100
    )
    figures = busy.while_training(model_store.SHIPPED, 1, browser, 200, slow)
    assert [figure.this_app is not None for figure in figures] == [True] * 4
    assert [figure.most for figure in figures] == [None, None, 300, None]
