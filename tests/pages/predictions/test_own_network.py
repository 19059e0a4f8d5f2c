from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from mnist_app.core.errors import WorkerLost
from mnist_app.core.jobs.cluster import Cluster
from mnist_app.core.models import model_store
from mnist_app.core.shelf import model_items as shelf_models
from mnist_app.core.shelf import shelf
from mnist_app.core.shelf.shelf import Kind
from mnist_app.lab.networks.foreign_networks import adapted
from mnist_app.pages.session.queues import queues
from tests.support.gates import PATIENCE
from tests.support.networks import network, saved
from tests.support.visits import said

ME, SOMEBODY = "0" * 32, "f" * 32
SCRIPT = """
from mnist_app.core.shelf import model_items as shelf_models
from mnist_app.pages.predictions import own_network
from mnist_app.pages.session.visitor import visitor
own_network.offer_own_network()
for model in shelf_models.models(visitor()):
    own_network.show_found(model)
"""


@pytest.fixture(autouse=True)
def nothing_known(no_models: Path, idle_workers: None) -> Iterator[None]:
    """Nobody has anything, and a worker does its work here."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Cluster, "call", _call)
        yield


def _call(workers: Cluster, function: str, data: bytes, name: str, **options: Any) -> Any:
    assert function == "mnist_app.lab.networks.importing:import_network"
    return adapted(data, name)


def opened(visitor: str = ME) -> AppTest:
    app = AppTest.from_string(SCRIPT, default_timeout=PATIENCE)
    app.session_state["visitor"] = visitor
    return app.run()


def upload(name: str, data: bytes) -> AppTest:
    app = opened()
    app.file_uploader(key="own_network_0").upload(name, data).run()
    assert not app.exception
    for job in queues().importing.jobs(ME):
        queues().importing.wait(job.id, PATIENCE)
    app.run()
    assert not app.exception
    return app


def test_a_network_is_kept_for_its_visitor_and_what_it_wants_is_told() -> None:
    app = upload("their *own*.keras", saved(network((28, 28), ending="linear")))
    (kept,) = shelf_models.models(ME)
    assert app.query_params["model"] == kept.name
    assert kept.title == "their *own*"
    assert model_store.is_ready(kept)
    words = said(app)
    assert "From their *own*.keras, saved by Keras 3" in words
    assert "It wants pictures as plain rows of pixels." in words
    assert "It gives scores. The app turns them into probabilities." in words
    assert not app.file_uploader[0].value
    assert "From" not in said(opened(SOMEBODY))
    assert shelf_models.models(SOMEBODY) == []


def test_what_cannot_be_opened_says_why_and_leaves_nothing() -> None:
    app = upload("theirs.keras", b"text")
    assert "theirs.keras is damaged, or not a Keras model" in said(app)
    assert not app.button
    assert shelf.items(ME) == []


def test_a_file_that_was_not_looked_at_can_be_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def lose(*_: Any, **options: Any) -> None:
        raise WorkerLost("The program that did this stopped unexpectedly. Try again.")

    with monkeypatch.context() as patched:
        patched.setattr(Cluster, "call", lose)
        app = upload("theirs.keras", saved(network()))
    (again,) = app.button
    assert again.label == "Try again"
    again.click().run()
    for job in queues().importing.jobs(ME):
        queues().importing.wait(job.id, PATIENCE)
    app.run()
    assert [model.title for model in shelf_models.models(ME)] == ["theirs"]


def test_a_full_shelf_is_told_before_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MNIST_APP_SHELF_ITEMS", "1")
    with shelf.adding(ME, Kind.SYMBOLS, "Mine"):
        pass
    app = upload("theirs.keras", b"text")
    assert "My things is full" in said(app)
    assert queues().importing.jobs(ME) == []
