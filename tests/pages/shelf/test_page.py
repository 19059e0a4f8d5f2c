import io
import zipfile

import pytest
from streamlit.testing.v1 import AppTest

from mnist_app.core.models import model_store
from mnist_app.core.models.model_store import ModelFiles, StoredModel
from mnist_app.core.runs import outcomes
from mnist_app.core.runs.outcomes import AccuracyChange, FinetuningOutcome, UnsavedModel
from mnist_app.core.runs.run import RunState
from mnist_app.core.settings import TrainingConfig
from mnist_app.core.shelf import shelf
from mnist_app.core.shelf.item_archive import zipped
from mnist_app.core.shelf.shelf import Item, Kind
from mnist_app.pages.session.run_jobs import runs
from mnist_app.pages.shelf.things import things
from tests.support.shelves import network_of
from tests.support.visits import said

ME, OTHER = "0" * 32, "f" * 32


def opened(visitor: str = ME, key: str = "") -> AppTest:
    """Open the page, and what can be done with the thing of a key."""
    script = "from mnist_app.pages.shelf import page\npage.page()"
    app = AppTest.from_string(script, default_timeout=60)
    app.session_state["visitor"] = visitor
    if key:
        app.session_state[f"more_{key}"] = True
    app.run()
    assert not app.exception
    return app


def symbols() -> Item:
    with shelf.adding(ME, Kind.SYMBOLS, "Stars") as (_, draft):
        (draft / "examples.jsonl").write_text("{}")
    return shelf.items(ME)[0]


def copy_of_shipped(maker: str) -> StoredModel:
    """Save a copy that learned the hand of its maker, in the models' folder."""
    shipped = model_store.describe(model_store.SHIPPED)
    assert shipped.card is not None
    litert = shipped.path.with_suffix(".tflite").read_bytes()
    files, change = ModelFiles(shipped.path.read_bytes(), litert), AccuracyChange(0.5, 1.0, 5)
    unsaved = UnsavedModel(files, shipped.card)
    outcome = FinetuningOutcome(change, change, "mnist", 1.0, unsaved)
    return outcomes.saved(outcome, model_store.folder() / "copy.keras", maker).model


def test_an_empty_shelf_says_so_and_how_much_room_there_is() -> None:
    words = said(opened())
    assert "You have not made anything yet" in words
    assert (
        "0 of 20 things, 0 of 200 MB. Each is deleted when nobody has used it for 30 days" in words
    )


def test_all_that_one_made_is_listed_and_shown_as_text() -> None:
    network_of(ME, "**Mine** <b>1</b>")
    symbols()
    copy_of_shipped(ME)
    run = runs().add("A run", TrainingConfig(), ME)
    runs().finish(run.id, RunState.FINISHED, accuracy=0.9721)
    runs().add("Theirs", TrainingConfig(), OTHER)
    words = said(opened())
    assert "2 of 20 things, 9 of 200 MB" in words
    assert "<b>**Mine** &lt;b&gt;1&lt;/b&gt;</b>" in words
    assert "Your own symbols · 1 kB" in words
    assert "kept until" in words
    assert "Network · 9.3 MB" in words
    assert "Training run · Finished · 97.21% correct" in words
    assert "Theirs" not in words
    assert [thing.title for thing in things(OTHER)] == ["Theirs"]


def test_a_thing_is_renamed_and_deleted() -> None:
    item = symbols()
    app = opened(key=item.id)
    app.text_input(key=f"title_{item.id}").set_value("Moons")
    app.button(key=f"rename_it_{item.id}").click().run()
    assert "<b>Moons</b>" in said(app)
    assert "Delete “Moons”? It will be gone for good." in said(app)
    app.text_input(key=f"title_{item.id}").set_value(" ")
    app.button(key=f"rename_it_{item.id}").click().run()
    assert "needs a name" in app.error[0].value
    app.button(key=f"delete_{item.id}").click().run()
    assert "You have not made anything yet" in said(app)


def test_what_is_shared_is_used_by_others_and_stays_off_their_list() -> None:
    item = symbols()
    app = opened(key=item.id)
    app.toggle(key=f"share_{item.id}").set_value(True).run()
    assert f"/teach?symbols={item.id}" in app.code[0].value
    assert "shared with a link" in said(app)
    assert shelf.find(item.id, OTHER) is not None
    assert things(OTHER) == []
    app.toggle(key=f"share_{item.id}").set_value(False).run()
    assert shelf.find(item.id, OTHER) is None
    assert not app.code


def test_sharing_that_another_tab_ended_stays_ended() -> None:
    item = symbols()
    app = opened(key=item.id)
    app.toggle(key=f"share_{item.id}").set_value(True).run()
    shelf.share(item, ME, False)
    app.run()
    assert not app.toggle(key=f"share_{item.id}").value
    assert shelf.find(item.id, OTHER) is None


def test_a_run_goes_with_its_network_on_the_shelf() -> None:
    run, item = runs().add("A run", TrainingConfig(), ME), network_of(ME)
    runs().finish(run.id, RunState.FINISHED, model=item.folder / f"{item.id}.keras")
    next(thing for thing in things(ME) if thing.item is None).delete()
    assert things(ME) == []


def test_a_run_and_its_network_are_one_thing() -> None:
    run = runs().add("A run", TrainingConfig(), ME)
    model = copy_of_shipped(ME)
    runs().finish(run.id, RunState.FINISHED, model=model.path)
    (thing,) = things(ME)
    assert [door.path for door in thing.doors] == ["runs", "start", "predictions"]
    app = opened(key=thing.key)
    app.text_input(key=f"title_{thing.key}").set_value("Better")
    app.button(key=f"rename_it_{thing.key}").click().run()
    assert runs().get(run.id).title == model_store.describe(model.path).title == "Better"
    assert "Nobody will be able to use its network any more" in said(app)
    app.button(key=f"delete_{thing.key}").click().run()
    assert not model.path.exists()
    assert things(ME) == []


def test_a_thing_is_one_zip_file_without_what_the_server_knows() -> None:
    item = network_of(ME, "My hand")
    (thing,) = things(ME)
    with zipfile.ZipFile(io.BytesIO(zipped(thing.files()))) as archive:
        names = set(archive.namelist())
        assert names == {"my-hand.keras", "my-hand.tflite", "my-hand.json"}
        model = (item.folder / f"{item.id}.keras").read_bytes()
        assert archive.read("my-hand.keras") == model


def test_a_kiosk_says_when_things_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MNIST_APP_KIOSK_SECONDS", "60")
    symbols()
    words = said(opened())
    assert words.count("kept until the next visitor comes") == 2
    assert "30 days" not in words


def test_a_limit_that_is_no_number_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MNIST_APP_SHELF_MB", "plenty")
    assert "MNIST_APP_SHELF_MB must be a number" in said(opened())
