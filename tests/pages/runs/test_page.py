from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from mnist_app.core.errors import DigitLabError
from mnist_app.core.jobs.run_control import RunControl
from mnist_app.core.runs import checkpoints, convolution_comparison
from mnist_app.core.runs.progress import Point, Progress
from mnist_app.core.runs.run import Run, RunState
from mnist_app.core.settings import TrainingConfig
from mnist_app.lab.training import experiment
from mnist_app.pages.session import queues, run_jobs
from tests.support.controlled_runs import ControlledAt, Told
from tests.support.gates import Gate
from tests.support.samples import quick
from tests.support.visits import bodies, said, until

pytestmark = pytest.mark.usefixtures("no_runs_left")
SCRIPT = "from mnist_app.pages.runs import page\npage.page()"
ME = "0" * 32


def opened(**link: str) -> AppTest:
    """The page as the visitor sees it."""
    app = AppTest.from_string(SCRIPT, default_timeout=60)
    app.session_state["visitor"] = ME
    for name, text in link.items():
        app.query_params[name] = text
    app.run()
    assert not app.exception
    return app


def finished(
    title: str, owner: str = ME, accuracy: float = 0.9, model: Path | None = None, **values: Any
) -> Run:
    """A run in the list, with curves."""
    kept = run_jobs.runs()
    run = kept.add(title, TrainingConfig(dataset="optdigits", **values), owner)
    curve = (Point(0.5, 1.0, 0.5), Point(1.0, 0.4, 0.8))
    progress = Progress(1, 1, 1, 1, training=curve, validation=curve[1:])
    kept.finish(
        run.id,
        RunState.FINISHED,
        progress,
        accuracy=accuracy,
        loss=0.4,
        seconds=2.5,
        parameter_count=1234,
        model=model,
    )
    return kept.get(run.id)


def ticks(app: AppTest) -> dict[str, bool]:
    """Each run of the list, and whether it is ticked."""
    return {box.label: box.value for box in app.checkbox if str(box.key).startswith("tick_")}


def keys(app: AppTest) -> set[str]:
    """Return the buttons."""
    downloads = app.get("download_button")
    return {str(button.key) for button in (*app.button, *downloads)}


def test_without_runs_one_is_told_where_they_come_from() -> None:
    app = opened()
    assert "Train a network first" in said(app)
    assert not ticks(app)


def test_one_sees_own_runs_and_nobody_elses() -> None:
    other = finished("yours", owner="f" * 32)
    own = finished("mine")
    app = opened(runs=f"{other.id},{own.id}")
    assert ticks(app) == {"mine": True}
    assert "yours" not in said(app)


def test_the_newest_is_shown_first_with_its_figures() -> None:
    finished("first")
    finished("second", accuracy=0.9876, architecture="dense", epochs=1)
    app = opened()
    assert ticks(app) == {"second": True, "first": False}
    figures = {metric.label: metric.value for metric in app.metric}
    assert figures["Test accuracy"] == "98.76%"
    assert figures["Weights"] == "1,234"
    row = next(body for body in bodies(app) if "98.76% correct" in body)
    for fact in ("Finished", "2.5 s", "Dense", "optdigits", "1 epoch "):
        assert fact in row


def test_the_list_is_sorted() -> None:
    for title, accuracy in (("b", 0.5), ("a", 0.9), ("c", 0.7)):
        finished(title, accuracy=accuracy)
    app = opened()
    for order, expected in (("accuracy", "acb"), ("name", "abc"), ("newest", "cab")):
        app.selectbox(key="chosen_order").set_value(order).run()
        assert "".join(ticks(app)) == expected


def test_a_long_list_is_shown_when_asked_for() -> None:
    for number in range(12):
        finished(f"run {number}")
    app = opened(runs="1")
    assert len(ticks(app)) == 9, "the chosen one is there, however old"
    app.button(key="show_all_runs").click().run()
    assert len(ticks(app)) == 12


def test_two_ticked_runs_are_compared_and_the_link_says_so() -> None:
    finished("small", accuracy=0.8, architecture="dense", epochs=2, layers="dense 99")
    finished("large", accuracy=0.95, architecture="custom", epochs=3, layers="conv 4 3")
    app = opened()
    app.checkbox(key="tick_1").check().run()
    assert "“large” is the most accurate: it reads 95.00% correctly" in said(app)
    assert app.query_params["runs"] == "2,1"
    table = next(body for body in bodies(app) if "side-by-side" in body)
    for fact in ("Network", "Your own", "conv 4 3", "Dense", "not used", "Epochs", "95.00%"):
        assert fact in table
    assert "Batch size" not in table, "only what differs"
    assert "dense 99" not in table, "only what has an effect"
    again = opened(runs="2,1")
    assert ticks(again) == {"large": True, "small": True}
    again.checkbox(key="tick_2").uncheck().run()
    assert app.metric.len == 0
    assert again.metric


def test_a_link_of_nonsense_shows_nothing_wrong() -> None:
    finished("mine")
    app = opened(runs="7,x,<b>,999999999999,-1", order="; DROP")
    assert ticks(app) == {"mine": False}
    assert "Tick a run" in said(app)


def test_names_are_shown_as_they_are() -> None:
    name = "**<b>_[x](http://y)_ :red[z]"
    finished(name)
    app = opened()
    (label,) = ticks(app)
    assert label.replace("\\", "") == name
    assert "\\*\\*" in label
    finished(name)
    assert not any("<b>_" in body for body in bodies(opened(runs="1,2")))


def test_a_run_is_renamed() -> None:
    finished("old")
    finished("other")
    app = opened(runs="1")
    app.text_input(key="title_1").set_value("other")
    app.button(key="rename_run_1").click().run()
    assert ticks(app) == {"other": False, "other \\(2\\)": True}, "no two have one name"
    app.text_input(key="title_1").set_value("  ")
    app.button(key="rename_run_1").click().run()
    assert "needs a name" in app.error[0].value


@pytest.mark.parametrize("with_model", [False, True])
def test_a_run_is_deleted_once_one_is_sure(with_model: bool, stored: Path) -> None:
    finished("mine", model=stored)
    app = opened()
    assert app.button(key="delete_run").disabled
    app.checkbox(key="with_model_1").set_value(with_model).run()
    app.checkbox(key="sure_1").check().run()
    app.button(key="delete_run").click().run()
    assert not app.exception
    assert not ticks(app)
    assert stored.exists() != with_model


def test_a_run_with_its_model_can_be_used_and_taken_along(stored: Path) -> None:
    finished("mine", model=stored)
    assert keys(opened()) >= {
        "use_model",
        "open_predictions",
        "same_settings",
        "make_saved_model",
        "make_litert",
        "download_keras",
        "download_card",
        "download_script",
        "download_notebook",
        "download_curves",
    }


def test_without_its_model_a_run_can_still_be_repeated(tmp_path: Path) -> None:
    finished("mine", model=tmp_path / "gone.keras")
    app = opened()
    assert keys(app) >= {"same_settings", "download_script", "download_curves"}
    assert not keys(app) & {"use_model", "open_predictions", "download_keras", "make_litert"}
    assert "was deleted" in said(app)


def test_another_format_is_made_in_the_background(stored: Path) -> None:
    finished("mine", model=stored)
    app = opened()
    app.button(key="make_litert").click().run()
    until(app, lambda: "download_litert" in keys(app))
    (job,) = queues.queues().large.jobs()
    assert job.result[4:8] == b"TFL3"


def test_a_broken_model_says_why_it_cannot_be_made(stored: Path) -> None:
    finished("mine", model=stored)
    stored.write_bytes(b"broken")
    app = opened()
    app.button(key="make_saved_model").click().run()
    until(app, lambda: bool(app.error))
    assert "damaged" in app.error[0].value
    assert "make_saved_model" in keys(app), "it can be tried again"


def test_why_convolution_trains_both_and_says_what_differs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    networks = ("dense", "simple_cnn")
    few = tuple(quick(dataset="optdigits", architecture=name, epochs=2) for name in networks)
    monkeypatch.setattr(convolution_comparison, "pair_configs", lambda dataset: few)
    app = opened()
    app.button(key="why_convolution").click().run()
    assert not app.exception
    assert len(ticks(app)) == 2
    assert all(ticks(app).values())
    assert app.button(key="why_convolution").disabled
    assert "Available when your other runs have finished" in said(app)
    assert "The dense one first" in said(app) or "the dense one first" in said(app)
    until(app, lambda: "If every test picture moves" in said(app))
    assert "The dense network reads" in said(app)
    dense, convolutional = sorted(run_jobs.runs().listed(ME), key=lambda run: run.id)
    assert dense.accuracy is not None
    assert convolutional.accuracy is not None
    assert f"{convolutional.accuracy:.1%}" in said(app)


def test_both_runs_of_a_comparison_are_stopped_at_once() -> None:
    app = opened()
    app.button(key="why_convolution").click().run()
    assert "Dense, for comparison" in said(app)
    app.button(key="stop_runs").click().run()
    until(app, lambda: all(run.state is RunState.STOPPED for run in run_jobs.runs().listed(ME)))
    assert "stop_runs" not in keys(app.run())
    assert "nothing to compare" in said(app)


def test_moving_the_test_pictures_can_be_stopped_and_tried_again(stored: Path) -> None:
    for network in ("dense", "simple_cnn"):
        finished(network, model=stored, architecture=network)
    analyses, gates = queues.queues().analyses, [Gate(), Gate()]
    for gate in gates:
        analyses.submit(gate)
    app = opened(runs="1,2")
    doing = "Moving every test picture by 2 pixels"
    until(app, lambda: f"stop-{doing}" in keys(app))
    assert "waits for 2 others" in said(app)
    app.button(key=f"stop-{doing}").click().run()
    assert "Stopped." in said(app.run())
    for gate in gates:
        gate.opened.set()
    app.button(key=f"retry-{doing}").click().run()
    until(app, lambda: "correctly, the convolutional one" in said(app))


def test_a_waiting_run_has_a_place_and_can_be_stopped() -> None:
    run_jobs.training_job(quick(dataset="optdigits", epochs=100), "theirs", "f" * 32)
    config = quick(dataset="optdigits", epochs=1)
    run_jobs.training_job(config, "other", "e" * 32)
    job = run_jobs.training_job(config, "mine", ME)
    app = opened(runs=str(job.key))
    assert "Your run is number 2 in line" in said(app)
    assert "number 2" in next(body for body in bodies(app) if 'class="run"' in body)
    app.button(key="stop_run").click().run()
    assert run_jobs.runs().get(int(str(job.key))).state is RunState.STOPPED
    assert "Stopped" in said(app)


def test_an_interrupted_run_goes_on_and_ends() -> None:
    broken, told = broken_off("mine", dataset="optdigits", epochs=3), Told()
    assert broken.checkpoints is not None
    experiment.train_model(
        broken.config,
        broken.title,
        report=told,
        control=ControlledAt(60, RunControl.stop),
        drawing=np.full((28, 28), 9, dtype=np.uint8),
        keeps_checkpoints=True,
    )
    checkpoints.save(told.checkpoint, broken.checkpoints)
    train = AppTest.from_string("from mnist_app.pages.train import page as train\ntrain.page()")
    train.session_state["visitor"] = ME
    assert train.run(timeout=60).button(key="open_runs").label == "Go to that run"
    app = opened()
    assert "This run was interrupted" in said(app)
    assert "You can continue it from its last epoch" in said(app)
    app.button(key="continue_run").click().run()
    assert not app.exception
    until(app, lambda: bool(app.metric))
    (run,) = run_jobs.runs().listed(ME)
    assert run.state is RunState.FINISHED
    job = queues.queues().training.latest(run.id)
    assert job is not None
    assert (job.progress.drawing == 9).all()
    assert job.progress.progress.opinions
    validation = run_jobs.runs().curves(run.id).validation
    assert [point.epoch for point in validation] == [1, 2, 3]


def broken_off(title: str, **values: Any) -> Run:
    """A run in the list that may go on."""
    run = run_jobs.runs().add(title, quick(**values), ME)
    assert run.checkpoints is not None
    run.checkpoints.mkdir(parents=True)
    (run.checkpoints / checkpoints.NAME).touch()
    run_jobs.runs().finish(run.id, RunState.INTERRUPTED)
    return run


def test_one_visitor_cannot_fill_the_line() -> None:
    run = broken_off("third")
    config = quick(dataset="optdigits", epochs=100)
    jobs = [run_jobs.training_job(config, title, ME) for title in ("first", "second")]
    app = opened(runs=str(run.id))
    app.button(key="continue_run").click().run()
    assert "You already have 2 runs training or waiting. Wait until one has finished" in said(app)
    assert run_jobs.runs().get(run.id).state is RunState.INTERRUPTED
    with pytest.raises(DigitLabError, match="training or waiting"):
        run_jobs.training_job(config, "third", ME)
    assert len(run_jobs.runs().listed(ME)) == 3
    run_jobs.training_job(config, "theirs", "f" * 32)
    queues.queues().training.stop(jobs[1].id)
    assert run_jobs.training_job(config, "third", ME).place == 2


@pytest.mark.parametrize("script", [SCRIPT, SCRIPT.replace("page()", "rerun_on_change([])")])
def test_a_list_that_cannot_be_opened_is_told(script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MNIST_APP_MODELS", "/proc/none")
    app = AppTest.from_string(script, default_timeout=60).run()
    assert not app.exception
    assert "MNIST_APP_MODELS" in said(app)
