from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from mnist_app.core.models import model_store
from mnist_app.core.models.model_store import ModelFiles
from mnist_app.core.recognition.answers import NONE_OF_YOURS
from mnist_app.core.runs.outcomes import UnsavedModel
from mnist_app.core.shelf import shelf
from mnist_app.core.shelf.shelf import Item
from mnist_app.core.symbols import storage
from mnist_app.core.symbols.symbols import Symbols, drawn_example
from mnist_app.pages.session.queues import queues
from mnist_app.pages.teach.lesson import alike
from tests.support.canvas_app import components, words
from tests.support.drawings import canvas_json
from tests.support.gates import PATIENCE, Gate
from tests.support.pictures import encoded, seven
from tests.support.symbols import strokes, symbol
from tests.support.visits import jobs_about, until

NAMES = ("star", "A")
SCRIPT = "from mnist_app.pages.teach import page\npage.page()"
VISITOR = "b" * 32


@pytest.fixture(autouse=True)
def own_shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MNIST_APP_SHELF", str(tmp_path / "shelf"))


def opened(visitor: str = VISITOR, symbols: str = "") -> AppTest:
    app = AppTest.from_string(SCRIPT, default_timeout=60)
    app.session_state["visitor"] = visitor
    if symbols:
        app.query_params["symbols"] = symbols
    app.run()
    assert not app.exception
    return app


def named(app: AppTest, name: str) -> AppTest:
    app.text_input(key="class_name").set_value(name)
    app.button(key="add_symbol").click().run()
    return app


def kept(app: AppTest, name: str, chance: np.random.Generator) -> AppTest:
    """Draw a symbol as the browser does, and keep it."""
    objects: list[Any] = []
    for stroke in strokes(name, chance, 320):
        objects.extend(canvas_json(stroke)["objects"])
    key = app.session_state["symbols_canvas"].key
    app.session_state[key] = {"drawing": {"raw": {"objects": objects}, "data": None}}
    app.run()
    app.button(key="keep_drawing").click().run()
    assert not app.exception
    return app


def said(app: AppTest) -> str:
    parts = [*app.markdown, *app.caption, *app.error, *app.warning]
    return "\n".join(str(part.value) for part in parts)


def taught() -> Symbols:
    chance = np.random.default_rng(1)
    symbols = Symbols(NAMES)
    for label, name in enumerate(NAMES):
        for _ in range(4):
            symbols = symbols.with_example(drawn_example(label, symbol(name, chance)))
    return symbols


@pytest.fixture
def item() -> Item:
    """Symbols with a network, which nobody asks here what it learned."""
    shipped = model_store.describe(model_store.SHIPPED)
    assert shipped.card is not None
    files = [shipped.path.with_suffix(ending).read_bytes() for ending in (".keras", ".tflite")]
    card = replace(shipped.card, class_names=(*NAMES, NONE_OF_YOURS))
    found = storage.create(taught(), VISITOR)
    storage.add_model(found, VISITOR, taught(), UnsavedModel(ModelFiles(*files), card))
    return found


def test_symbols_are_named_drawn_kept_over_a_reload_and_thrown_away() -> None:
    chance = np.random.default_rng(0)
    app = named(named(opened(), "star"), "star")
    assert "taken" in said(app)
    named(app, "<b>*A*")
    assert app.segmented_control(key="drawn_class").value == 1
    kept(kept(app, "A", chance), "A", chance)
    assert app.session_state["symbols_canvas"].is_empty
    assert "no drawing of “star”" in said(app)
    assert app.button(key="learn_now").disabled
    # Another session of the same browser finds it all; another visitor does not.
    again = opened()
    assert "star: 0" in again.segmented_control(key="drawn_class").options
    assert not opened("c" * 32).segmented_control
    again.segmented_control(key="drawn_class").set_value(1).run()
    again.button(key="remove_class").click().run()
    assert again.segmented_control(key="drawn_class").options == ["star: 0"]


def test_nothing_is_kept_of_an_empty_canvas() -> None:
    app = named(opened(), "star")
    app.button(key="keep_drawing").click().run()
    assert "Draw it first" in said(app)
    assert not shelf.items(VISITOR)


def test_a_photograph_is_kept_like_a_drawing() -> None:
    app = named(opened(), "seven")
    app.session_state["photos"] = True
    app.run()
    photos = app.file_uploader(key="symbol_photos_0")
    photos.upload("seven.png", encoded(seven()), "image/png").run()
    for job in jobs_about(queues().short, "picture"):
        queues().short.wait(job.id, timeout=PATIENCE)
    app.run()
    app.button(key="keep_photos").click().run()
    assert app.segmented_control(key="drawn_class").options == ["seven: 1"]
    (item,) = shelf.items(VISITOR)
    assert storage.load(item).examples[0].image.any()


def test_several_photographs_that_wait_to_be_read_are_no_fault() -> None:
    app = named(opened(), "seven")
    app.session_state["photos"] = True
    app.run()
    gates = [Gate() for _ in range(4)]
    held = [queues().short.submit(gate) for gate in gates]
    photo = ("seven.png", encoded(seven()), "image/png")
    app.file_uploader(key="symbol_photos_0").set_value([photo, photo]).run()
    assert not app.exception
    assert len(app.get("progress")) == 1
    for gate in gates:
        gate.opened.set()
    for job in (*held, *jobs_about(queues().short, "picture")):
        queues().short.wait(job.id, timeout=PATIENCE)
    assert app.run().button(key="keep_photos").label == "Keep 2 pictures as seven"


def test_symbols_are_learned_and_then_read_with_their_names() -> None:
    storage.create(taught(), VISITOR)
    app = opened()
    app.button(key="learn_now").click().run()
    until(app, lambda: "drawings that it had not seen, it gets" in said(app))
    (item,) = shelf.items(VISITOR)
    assert words(app, "symbols")["canvas"]["model"] == item.id
    bars = next(part for part in components(app) if part.get("part") == "bars")
    assert bars["names"] == [*NAMES, NONE_OF_YOURS]


def test_who_has_the_link_of_shared_symbols_can_draw_but_change_nothing(item: Item) -> None:
    stranger = opened("c" * 32, item.id)
    assert "they are not shared" in said(stranger)
    mine = opened(symbols=item.id)
    mine.toggle(key=f"share_{item.id}").set_value(True).run()
    assert item.id in mine.code[0].value
    stranger = opened("c" * 32, item.id)
    assert words(stranger, "symbols")["canvas"]["model"] == item.id
    keys = {button.key for button in stranger.button}
    assert not keys & {"keep_drawing", "learn_now", f"delete_{item.id}", "new_symbols"}


def test_symbols_not_kept_yet_do_not_go_to_those_that_a_link_names_then(item: Item) -> None:
    shelf.share(item, VISITOR, True)
    stranger = named(opened("c" * 32), "mine")
    stranger.query_params["symbols"] = item.id
    named(stranger, "yours")
    assert storage.load(item).names == NAMES
    assert stranger.button(key="own_symbols")


def test_what_was_deleted_elsewhere_does_not_change_another(item: Item) -> None:
    newest = storage.create(Symbols(("moon",)), VISITOR)
    app = opened()
    shelf.delete(newest, VISITOR)
    named(app, "sun")
    assert storage.load(item).names == NAMES


def test_symbols_that_are_deleted_make_room_for_new_ones(item: Item) -> None:
    app = opened()
    app.button(key=f"delete_{item.id}").click().run()
    assert not app.exception
    assert not shelf.items(VISITOR)
    assert not app.error
    assert app.button(key="keep_drawing").disabled


def test_symbols_that_are_often_mixed_up_are_named_with_their_drawings() -> None:
    symbols = taught()
    assert alike(symbols, [(0, 1), (4, 0), (5, 2)]) == {(0, 1): [0, 4]}
    assert alike(symbols, [(0, 1), (4, 2), (5, 2)]) == {}
