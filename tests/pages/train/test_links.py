from mnist_app.pages.session.queues import queues
from tests.pages.train.train_page import linked, opened, query
from tests.support.gates import PATIENCE


def test_the_link_holds_the_set_up_and_opens_it_again() -> None:
    first = opened(epochs=7, optimizer="adamw", architecture="dense", schedule="constant")
    first.query_params["other"] = "kept"
    first.slider(key="set_epochs").set_value(9).run()
    assert query(first)["other"] == "kept"
    second = linked(**query(first))
    assert second.session_state["set_epochs"] == 9
    assert second.session_state["set_optimizer"] == "adamw"
    assert query(second) == query(first)


def test_a_set_up_of_nothing_but_defaults_has_a_link_too() -> None:
    first = linked(dataset="mnist", architecture="simple_cnn")
    assert first.session_state["set_schedule"] == "constant"
    assert query(first) == {"dataset": "mnist", "architecture": "simple_cnn"}


def test_a_strangers_link_never_breaks_the_page_and_is_told_once() -> None:
    app = linked(epochs="many", batch_size="64", layers="<b>", seed="9" * 400, other="x")
    told = " ".join(warning.value for warning in app.warning)
    assert all(name in told for name in ("epochs", "Layer 1", "seed"))
    assert len(app.warning) == 3
    assert app.session_state["set_batch_size"] == 64
    assert query(app)["other"] == "x"
    assert "epochs" not in query(app)
    app.slider(key="set_epochs").set_value(5).run()
    assert not app.warning


def test_a_link_cannot_set_what_the_page_does_not_show() -> None:
    app = linked(precision="mixed_bfloat16", epochs="7")
    assert [warning.value.split()[0] for warning in app.warning] == ["precision"]
    assert app.session_state["set_precision"] == "float32"
    assert app.session_state["set_epochs"] == 7
    assert "precision" not in query(app)


def test_who_trains_again_sees_the_form_first_and_who_comes_back_the_last_run() -> None:
    app = opened()
    training = queues().training
    job = training.submit(lambda control: None, owner=app.session_state["visitor"])
    training.wait(job.id, PATIENCE)
    app.session_state["has_arrived"] = app.session_state["wants_form"] = True
    app.run()
    assert "scroll_request" not in app.session_state
    app.run()
    assert app.session_state["scroll_request"]["part"] == "train_status"
    assert not app.exception
