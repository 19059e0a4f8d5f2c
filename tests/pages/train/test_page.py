import json
import re
import time
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from mnist_app.core.errors import Stopped
from mnist_app.core.jobs.cluster import Cluster
from mnist_app.core.jobs.phases import Phase, Stage
from mnist_app.core.jobs.snapshot import JobState, Snapshot
from mnist_app.core.models import model_store
from mnist_app.core.runs import checkpoints
from mnist_app.core.runs.progress import Progress
from mnist_app.core.runs.run import RunState
from mnist_app.core.settings import TrainingConfig
from mnist_app.pages.components.canvas import Canvas
from mnist_app.pages.session import queues
from mnist_app.pages.session.run_jobs import LiveRun, runs, training_job
from tests.pages.train.train_page import SCRIPT, opened, query
from tests.support.gates import PATIENCE, Gate
from tests.support.visits import bodies, said, until

pytestmark = pytest.mark.usefixtures("no_runs_left")


def status(app: AppTest) -> str:
    texts = [bar.proto.text for bar in app.get("progress")] if app.get("progress") else []
    return " ".join([*texts, *(error.value for error in app.error)])


def charts(app: AppTest) -> list[str]:
    """The titles of the charts."""
    told = [json.loads(element.proto.json or "{}") for element in app.get("bidi_component")]
    layouts = [json.loads(data["figure"])["layout"] for data in told if "figure" in data]
    return [layout.get("title", {}).get("text", "") for layout in layouts]


def start(app: AppTest) -> None:
    app.button(key="train_start").click().run()
    assert not app.exception


def test_nothing_runs_until_start_is_pressed() -> None:
    app = opened()
    assert "Press Start" in status(app)
    assert app.button(key="train_stop").disabled
    assert not queues.queues().training.jobs()


def test_a_run_ends_with_results_and_a_stored_model() -> None:
    app = opened(architecture="dense", epochs=3, batch_size=32)
    app.text_input(key="title").set_value("My first network").run()
    start(app)
    until(app, lambda: "Finished" in status(app))
    accuracy = next(metric for metric in app.metric if metric.label == "Test accuracy")
    assert float(accuracy.value.rstrip("%")) > 50
    assert any("gallery" in body for body in bodies(app))
    stored = model_store.describe(model_store.folder() / "my-first-network.keras")
    assert stored is not None
    assert stored.title == "My first network"
    assert stored.card is not None
    assert stored.card.settings["epochs"] == 3
    assert app.button(key="use_model")
    assert "Error: pictures misread" in charts(app)
    app.segmented_control(key="quantity").set_value("Accuracy").run()
    assert "Accuracy: pictures read correctly" in charts(app)
    assert "Error: pictures misread" not in charts(app)


def test_it_says_what_it_waits_for_until_it_learns(monkeypatch: pytest.MonkeyPatch) -> None:
    gate = Gate()
    begun = time.time() - 7

    def call(*arguments: object, report: Callable[[Phase], None], **options: object) -> None:
        report(Phase(Stage.LOADING, begun))
        gate.entered.set()
        assert gate.opened.wait(PATIENCE)
        raise Stopped

    monkeypatch.setattr(Cluster, "call", call)
    app = opened(epochs=1)
    app.button(key="train_start").click().run()
    assert gate.entered.wait(PATIENCE)
    app.run()
    told = re.search(r"Getting the learning program ready … (\d+) s", said(app))
    assert told is not None
    assert int(told[1]) >= 7
    gate.opened.set()


@pytest.fixture
def endless(monkeypatch: pytest.MonkeyPatch) -> None:
    """No run gets further than its beginning until it is stopped."""
    monkeypatch.setattr(Cluster, "call", lambda *arguments, control, **options: Gate()(control))


def test_a_second_visitor_waits_in_line_and_does_not_see_the_first(endless: None) -> None:
    first, second = opened(), opened()
    start(first)
    assert "Press Start" in status(second.run())
    start(second)
    assert "You're next in line." in status(second)
    second.button(key="train_stop").click().run()
    assert "Stopped before it started" in status(second)


def test_a_visitor_with_two_tabs_starts_one_run_at_a_time(endless: None) -> None:
    tabs = [opened() for _ in range(2)]
    for tab in tabs:
        tab.session_state["visitor"] = "0" * 32
        start(tab)
    assert len(queues.queues().training.jobs()) == 1
    assert tabs[1].button(key="train_start").disabled


def test_all_visitors_together_put_no_more_runs_in_line_than_the_host_allows(
    endless: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MNIST_APP_MAX_QUEUE", "3")
    for number in range(3):
        training_job(TrainingConfig(dataset="optdigits"), "One of many", f"visitor {number}")
    app = opened()
    app.button(key="train_start").click().run()
    assert "3 runs are training or waiting here" in said(app)


def test_two_runs_never_have_one_name(learned_once: None) -> None:
    app = opened(architecture="dense", epochs=1, batch_size=64)
    for _ in range(2):
        start(app)
        until(app, lambda: "Finished" in status(app))
    assert {run.title for run in runs().listed()} == {
        "Dense on optdigits",
        "Dense on optdigits (2)",
    }


def test_the_newest_run_that_was_broken_off_is_found_behind_later_ones() -> None:
    for title, state in (
        ("old", RunState.INTERRUPTED),
        ("recent", RunState.INTERRUPTED),
        ("later", RunState.FINISHED),
    ):
        run = runs().add(title, TrainingConfig(dataset="optdigits"), "0" * 32)
        assert run.checkpoints is not None
        run.checkpoints.mkdir(parents=True)
        (run.checkpoints / checkpoints.NAME).touch()
        runs().finish(run.id, state)
    app = AppTest.from_string(SCRIPT, default_timeout=60)
    app.session_state["visitor"] = "0" * 32
    assert "in the middle of “recent”" in said(app.run())


def test_what_is_not_at_hand_is_not_chosen_by_itself() -> None:
    app = AppTest.from_string(SCRIPT, default_timeout=60).run()
    assert app.session_state["set_dataset"] == "optdigits"
    box = app.selectbox(key="set_dataset")
    assert any("MNIST (to download" in option for option in box.options)
    app.segmented_control(key="preset").set_value("best").run()
    assert app.session_state["set_dataset"] == "optdigits"


def test_settings_that_contradict_each_other_are_told_before_the_start() -> None:
    app = opened(validation_share=0.0, early_stopping=2)
    assert "“Held back to check (%)”" in said(app)
    assert app.button(key="train_start").disabled


def test_a_data_set_that_cannot_be_had_is_told_in_one_sentence() -> None:
    app = opened(dataset="mnist")
    start(app)
    until(app, lambda: bool(app.error))
    assert "download" in app.error[0].value
    assert not app.button(key="train_start").disabled


def job() -> Snapshot:
    """The one run there is."""
    (only,) = queues.queues().training.jobs()
    return only


def test_a_run_is_paused_slowed_down_and_stopped_and_what_it_learned_is_kept() -> None:
    app = opened(
        architecture="simple_cnn",
        epochs=100,
        batch_size=8,
        schedule="constant",
        learning_rate=0.001,
    )
    start(app)
    until(app, lambda: "Epoch" in status(app))
    assert any("choose “One digit”" in body for body in bodies(app))
    assert job().progress.drawing is None
    app.button(key="train_pause").click().run()
    assert "Paused at epoch" in status(app)
    assert app.button(key="train_pause").label == "Resume"
    time.sleep(0.5)
    stood = job().progress.progress.training
    time.sleep(0.5)
    assert job().progress.progress.training == stood
    app.button(key="train_pause").click().run()
    until(app, lambda: len(job().progress.progress.training) > len(stood))
    assert "pictures a second" in status(app)
    app.button(key="train_slower").click().run()
    until(app, lambda: job().progress.progress.learning_rate == pytest.approx(0.0005))
    app.button(key="train_faster").click().run()
    until(app, lambda: job().progress.progress.learning_rate == pytest.approx(0.001))
    app.button(key="train_stop").click().run()
    until(app, lambda: "What it learned is kept" in status(app))
    assert any(metric.label == "Test accuracy" for metric in app.metric)
    assert (model_store.folder() / "simple-convolutional-on-optdigits.keras").is_file()


def test_a_run_that_diverges_says_what_to_lower() -> None:
    app = opened(
        architecture="dense", epochs=20, optimizer="sgd", learning_rate=0.1, schedule="constant"
    )
    start(app)
    training = queues.queues().training
    while training.snapshot(job().id).state is JobState.RUNNING and not app.error:  # type: ignore[union-attr]
        if control := training.control(job().id):
            control.scale_learning_rate(1e30)
        time.sleep(0.1)
        app.run()
    # Whether it has learned something before is a matter of speed.
    until(app, lambda: "ower the learning rate" in said(app))


@pytest.mark.parametrize(
    ("stopped", "word"), [(True, "Ended early after 3.0 s of training"), (False, "Finished after")]
)
def test_a_run_that_diverged_at_its_very_end_is_not_told_as_finished(
    stopped: bool, word: str
) -> None:
    run = LiveRun(
        "It", TrainingConfig(dataset="optdigits"), progress=Progress(2, 2, 9, 9, seconds=3)
    )
    ended = Snapshot(1, 1, "", JobState.DONE, progress=run, started=1, ended=9)
    script = (
        "import streamlit as st\n"
        "from mnist_app.pages.train.run_status import show\n"
        "show(st.session_state.job, 1)"
    )
    app = AppTest.from_string(script, default_timeout=60)
    app.session_state["job"] = replace(ended, result=SimpleNamespace(stopped=stopped))
    app.run()
    assert not app.exception
    assert status(app).startswith(word)


def test_one_sees_pictures_filters_and_the_own_drawing_while_it_learns() -> None:
    app = opened(architecture="simple_cnn", epochs=100, batch_size=64)
    path = [["M", 100, 60], ["Q", 120, 150, 140, 240], ["L", 140, 240]]
    stroke = {"type": "path", "path": path, "left": 120, "top": 150, "strokeWidth": 18}
    app.session_state["canvas_state"] = Canvas(latest={"objects": [stroke]})
    start(app)
    until(app, lambda: "Epoch 3" in status(app))
    shown = bodies(app)
    watched = next(body for body in shown if "tiles watched" in body)
    assert watched.count("<img") == 40
    assert watched.count('class="right"') + watched.count('class="wrong"') == 40
    assert next(body for body in shown if "tiles filters" in body).count("<img") > 8
    assert next(body for body in shown if "gallery hardest" in body).count("<figure") == 12
    assert any("Right now it reads your drawing as" in body for body in shown)
    assert len(job().progress.progress.opinions[0].probabilities) == 10


def test_what_this_host_allows_stands_beside_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "10 networks can train or wait here" in said(opened())
    monkeypatch.setenv("MNIST_APP_MAX_MINUTES", "5")
    assert "A run may last up to 5 minutes" in said(opened())
    monkeypatch.setenv("MNIST_APP_MAX_MINUTES", "long")
    app = opened()
    assert "MNIST_APP_MAX_MINUTES" in said(app)
    assert app.button(key="train_start").disabled


def test_what_has_no_effect_is_hidden_and_does_not_count() -> None:
    app = opened(optimizer="adamw", weight_decay=0.3)
    assert app.slider(key="set_weight_decay").value == 0.3
    assert query(app)["weight_decay"] == "0.3"
    app.selectbox(key="set_optimizer").set_value("adam").run()
    assert not [slider for slider in app.slider if slider.key == "set_weight_decay"]
    assert "weight_decay" not in query(app)


def test_examples_that_could_not_be_made_can_be_tried_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def full(*arguments: object, **options: object) -> None:
        raise MemoryError

    with monkeypatch.context() as memory:
        memory.setattr(Cluster, "call", full)
        app = opened("Augmentation", rotation=20.0)
        until(app, lambda: bool(app.error))
    assert "not enough memory" in app.error[0].value
    next(button for button in app.button if button.label == "Try again").click().run()
    until(app, lambda: any("tiles examples" in body for body in bodies(app)))
    assert not app.error


def test_augmentation_is_shown_on_real_pictures_and_why_not_to_mirror() -> None:
    app = opened("Augmentation", rotation=20.0, shift=0.0, zoom=0.0, shear=0.0, flip=1.0)
    until(app, lambda: any("tiles examples" in body for body in bodies(app)))
    examples = next(body for body in bodies(app) if "tiles examples" in body)
    assert examples.count("tiles examples") == 4
    assert "All together" in examples
    assert any("A mirrored 2 isn't a 2" in body for body in bodies(app))


def test_no_worker_is_started_for_examples_that_nobody_looks_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[object] = []
    monkeypatch.setattr(Cluster, "call", lambda *arguments, **options: asked.append(arguments))
    app = opened(rotation=20.0)
    assert not any("tiles examples" in body for body in bodies(app))
    assert not asked
