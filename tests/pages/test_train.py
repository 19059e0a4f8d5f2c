import time
from collections.abc import Callable, Iterator

import pytest
from streamlit.testing.v1 import AppTest
from visiting import bodies

from mnist_app import model_store
from mnist_app.pages import workers

SCRIPT = "from mnist_app.pages import train\ntrain.page()"


@pytest.fixture(autouse=True)
def own_workers() -> Iterator[None]:
    """No test sees another's runs, nor leaves one going."""
    workers.workers.clear()
    yield
    training = workers.workers().training
    for job in training.jobs():
        training.stop(job.id)
        training.wait(job.id, 60)


def opened(**settings: object) -> AppTest:
    """The page as a visitor with these settings sees it."""
    app = AppTest.from_string(SCRIPT, default_timeout=60).run()
    assert not app.exception
    for name, value in {"dataset": "optdigits", **settings}.items():
        app.session_state[f"set_{name}"] = value
    return app.run()


def status(app: AppTest) -> str:
    texts = [bar.proto.text for bar in app.get("progress")] if app.get("progress") else []
    return " ".join([*texts, *(error.value for error in app.error)])


def until(app: AppTest, holds: Callable[[], bool], seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.2)
        app.run()
        assert not app.exception
    assert holds(), status(app)


def start(app: AppTest) -> None:
    app.button(key="train_start").click().run()
    assert not app.exception


def test_nothing_runs_until_start_is_pressed() -> None:
    app = opened()
    assert "Press Start" in status(app)
    assert app.button(key="train_stop").disabled
    assert not workers.workers().training.jobs()


def test_a_run_ends_with_results_and_a_stored_model() -> None:
    app = opened(epochs=3, batch_size=32)
    app.text_input(key="title").set_value("My first network").run()
    start(app)
    until(app, lambda: "Finished" in status(app))
    accuracy = next(metric for metric in app.metric if metric.label == "Test accuracy")
    assert float(accuracy.value.rstrip("%")) > 50
    assert any("gallery" in body for body in bodies(app))
    stored = model_store.find("my-first-network")
    assert stored is not None
    assert stored.title == "My first network"
    assert stored.card is not None
    assert stored.card.settings["epochs"] == 3
    assert app.button(key="use_model")


def test_stop_keeps_what_was_learned() -> None:
    app = opened(epochs=100, batch_size=8)
    start(app)
    until(app, lambda: "Epoch" in status(app))
    app.button(key="train_stop").click().run()
    until(app, lambda: "What it learned is kept" in status(app))
    assert any(metric.label == "Test accuracy" for metric in app.metric)
    assert model_store.find("simple-convolutional-on-optdigits")


def test_a_second_visitor_waits_in_line_and_does_not_see_the_first() -> None:
    first, second = opened(epochs=100, batch_size=8), opened(epochs=1)
    start(first)
    assert "Press Start" in status(second.run())
    start(second)
    assert "Waiting in line: another run first" in status(second)
    second.button(key="train_stop").click().run()
    assert "Stopped before it began" in status(second)


def test_a_preset_fills_in_the_form() -> None:
    app = opened()
    app.segmented_control(key="preset").set_value("best").run()
    assert app.session_state["set_architecture"] == "residual_cnn"
    app.segmented_control(key="preset").set_value("ten-seconds").run()
    assert app.session_state["set_architecture"] == "simple_cnn"
    assert app.session_state["set_rotation"] == 0.0


def test_what_is_not_at_hand_is_not_chosen_by_itself() -> None:
    app = AppTest.from_string(SCRIPT, default_timeout=60).run()
    assert app.session_state["set_dataset"] == "optdigits"
    box = app.selectbox(key="set_dataset")
    assert any("MNIST (to download" in option for option in box.options)
    app.segmented_control(key="preset").set_value("best").run()
    assert app.session_state["set_dataset"] == "optdigits"


def test_settings_that_contradict_each_other_are_told_before_the_start() -> None:
    app = opened(validation_share=0.0, early_stopping=2)
    assert "validation_share" in app.error[0].value
    assert app.button(key="train_start").disabled


def test_a_data_set_that_cannot_be_had_is_told_in_one_sentence() -> None:
    app = opened(dataset="mnist")
    start(app)
    until(app, lambda: bool(app.error))
    assert "download" in app.error[0].value
    assert not app.button(key="train_start").disabled
