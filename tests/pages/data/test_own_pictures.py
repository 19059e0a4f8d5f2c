from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from mnist_app.core.settings import TrainingConfig
from mnist_app.core.shelf import dataset_items as own_datasets
from mnist_app.core.shelf import shelf
from mnist_app.core.shelf.shelf import Kind
from mnist_app.core.shelf.visitors import new_visitor
from mnist_app.pages.session.queues import queues
from tests.support.gates import PATIENCE
from tests.support.own_pictures import SHAPES, hostile_zips, shapes, zipped
from tests.support.visits import bodies, said, settled, until

VISITOR = new_visitor()


@pytest.fixture(autouse=True)
def only_this_visitor(no_runs_left: None, no_models: Path) -> None:
    """Nothing is left of another test."""


def opened(page: str, visitor: str = VISITOR, **link: str) -> AppTest:
    """A page as a visitor with a cookie sees it."""
    app = AppTest.from_string(f"from mnist_app.pages.{page} import page\npage.page()")
    app.default_timeout = PATIENCE
    app.session_state["visitor"] = visitor
    for name, value in link.items():
        app.query_params[name] = value
    return settled(app)


def brought(app: AppTest, data: bytes, name: str = "My shapes.zip") -> AppTest:
    """The page once it has looked into a file."""
    app.file_uploader[0].set_value([(name, data, "application/zip")]).run()
    assert not app.exception
    return over(app)


def over(app: AppTest) -> AppTest:
    for job in queues().batches.jobs():
        queues().batches.wait(job.id, PATIENCE)
    return settled(app)


def kept(visitor: str = VISITOR, **more: bytes) -> str:
    """The id of the shapes, once a visitor has brought them."""
    app = brought(opened("data", visitor), zipped({**shapes(12), **more}))
    app.button(key="own_pictures_keep").click().run()
    over(app)
    (item,) = shelf.items(visitor, Kind.DATASET)
    return item.id


def test_from_a_file_to_the_matrix_of_its_classes() -> None:
    app = brought(opened("data"), zipped({**shapes(12), "cross/broken.png": b"?"}))
    assert "37 pictures in 3 classes: circle 12, cross 13, square 12" in said(app)
    samples = next(body for body in bodies(app) if "before-after" in body)
    assert samples.count("<figure>") == 12
    app.segmented_control[0].set_value("resized").run()
    assert next(body for body in bodies(app) if "before-after" in body) != samples
    app.segmented_control[0].set_value("ink").run()
    app.button(key="own_pictures_keep").click().run()
    over(app)
    assert "My shapes: 36 pictures in 3 classes" in said(app)
    assert "cross/broken.png (cross)" in app.text[0].value
    name = str(app.selectbox(key="chosen_dataset").value)

    app = opened("train", dataset=name, architecture="dense")
    app.session_state["set_batch_size"], app.session_state["set_epochs"] = 8, 2
    app.run()
    app.button(key="train_start").click().run()
    until(app, lambda: "Finished" in said(app))
    assert "Dense on My shapes" in said(app)
    (model,) = (item for item in shelf.items(VISITOR) if item.kind is Kind.MODEL)
    assert app.button(key="try_model")
    assert "Draw one of these: circle, cross, square" in said(opened("teach", model=model.id))

    app = opened("predictions", model=model.id, dataset=name)
    assert app.selectbox(key="gallery_true").options == ["any", *SHAPES]
    assert "of My shapes, which are never used for training" in said(app)
    assert "My shapes" in " ".join(bodies(opened("runs")))

    (dataset,) = shelf.items(VISITOR, Kind.DATASET)
    shelf.delete(dataset, VISITOR)
    assert own_datasets.GONE in said(opened("predictions", model=model.id))
    assert "pictures no longer here" in " ".join(bodies(opened("runs")))


def test_nobody_else_sees_them_until_they_are_shared() -> None:
    name, other = kept(), new_visitor()
    item = own_datasets.find(name, VISITOR)
    assert item is not None
    for page, key in (("data", "chosen_dataset"), ("train", "set_dataset")):
        assert opened(page, dataset=name).selectbox(key=key).value == name
        assert opened(page, other, dataset=name).selectbox(key=key).value == "optdigits"
        assert "My shapes" not in str(opened(page, other).selectbox(key=key).options)
    assert own_datasets.GONE in said(opened("train", other, dataset=name))
    shelf.share(item, VISITOR, True)
    app = opened("data", other, dataset=name)
    assert "My shapes: 36 pictures" in said(app)
    assert not [button for button in app.button if button.key == "delete_dataset"]


def test_they_can_be_deleted() -> None:
    name = kept()
    app = opened("data", dataset=name)
    app.button(key="delete_dataset").click().run()
    settled(app)
    assert shelf.items(VISITOR) == []
    assert app.selectbox(key="chosen_dataset").value == "optdigits"


def test_what_cannot_be_used_is_refused_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    data, words = hostile_zips()["a name that leads out"]
    app = brought(opened("data"), data)
    assert words in app.error[0].value
    assert "Try again" not in [button.label for button in app.button]
    monkeypatch.setenv("MNIST_APP_DATASET_CLASSES", "2")
    app = brought(opened("data"), zipped(shapes(2)))
    assert "3 classes, but the limit here is 2" in app.error[0].value
    assert "2 classes" in said(app)
    monkeypatch.delenv("MNIST_APP_DATASET_CLASSES")
    monkeypatch.setenv("MNIST_APP_SHELF_MB", "0.001")
    app = brought(opened("data"), zipped(shapes(3)))
    app.button(key="own_pictures_keep").click().run()
    assert "MB left" in app.error[0].value
    assert shelf.items(VISITOR) == []


def test_few_pictures_are_learned_in_smaller_batches() -> None:
    name = kept()
    app = opened("train", dataset="optdigits")
    assert app.session_state["set_batch_size"] == TrainingConfig().batch_size
    app.segmented_control(key="preset").set_value("ten-seconds").run()
    app.selectbox(key="set_dataset").set_value(name).run()
    assert not app.exception
    assert app.session_state["set_batch_size"] == 8
    assert app.session_state["set_epochs"] > 50
    assert app.segmented_control(key="preset").value == "ten-seconds"
