import html
import re
import shutil
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers
from streamlit.testing.v1 import AppTest

from mnist_app.core.data.datasets import Dataset
from mnist_app.core.explaining.counterfactual import Counterfactual
from mnist_app.core.explaining.explanations import Explanation, explain
from mnist_app.core.explaining.feature_maps import responses
from mnist_app.core.jobs.cluster import Cluster
from mnist_app.core.models import layer_list, model_store
from mnist_app.core.percentages import confidence
from mnist_app.core.recognition.classifier import Classifier
from mnist_app.lab.networks import model_files
from mnist_app.pages.components.explanation import (
    CHANGE,
    STEP,
    WHERE,
    describe_counterfactual,
)
from mnist_app.pages.session.jobs import explanation_job
from mnist_app.pages.session.queues import queues
from tests.support.canvas_app import SEVEN, draw, models, opened, stroke, until_read
from tests.support.gates import PATIENCE, Gate, over
from tests.support.visits import bodies, jobs_about, settled, until

__all__ = ["models"]


def panel_of(image: np.ndarray) -> AppTest:
    """The panel alone, on the only model there is; not run yet."""
    script = (
        "import streamlit as st\n"
        "from mnist_app.core.models import model_store\n"
        "from mnist_app.pages.components.explanation import show_explanation\n"
        "show_explanation(st.session_state.image, model_store.models()[0], 'it')"
    )
    app = AppTest.from_string(script, default_timeout=60)
    app.session_state["image"] = image
    return app


def looked_at(image: np.ndarray, part: str | None = None) -> AppTest:
    """The panel once all of it is there."""
    app = panel_of(image)
    if part is not None:
        app.session_state["it_part"] = part
    return settled(app)


@pytest.fixture
def explained(models: Path, image: np.ndarray, classifier: Classifier) -> Explanation:
    return explain(classifier, layer_list.read_layers(models / "tiny.keras"), image)


def text(app: AppTest) -> str:
    words = [each.value for each in (*app.markdown, *app.caption)]
    return html.unescape(" ".join([*bodies(app), *words]))


@pytest.fixture
def image(digits: Dataset) -> np.ndarray:
    return digits.test_images[0]


def test_every_layer_is_shown_in_order_with_a_line_on_what_it_does(
    image: np.ndarray, explained: Explanation
) -> None:
    app = looked_at(image)
    maps = explained.layers
    for place, layer in enumerate(maps, 1):
        app.slider(key="it_layer").set_value(place).run()
        assert f"Step {place} of {len(maps)}: " in text(app)
        assert layer.sentence in text(app)
        assert ('<img class="pixels"' in text(app)) == (place < len(maps))
    assert not app.exception
    likeliest = maps[-1].values.argmax()
    assert f"<th>{likeliest}</th>" in text(app)
    assert f"{confidence(maps[-1].values[likeliest])}</td>" in text(app)


def test_buttons_step_and_stop_at_the_ends(models: Path, image: np.ndarray) -> None:
    app = looked_at(image)
    app.button(key="it_layer_back").click().run()
    assert "Step 1 of" in text(app)
    app.button(key="it_layer_next").click().run()
    assert "Step 2 of" in text(app)
    last = app.slider(key="it_layer").max
    app.slider(key="it_layer").set_value(last).run()
    app.button(key="it_layer_next").click().run()
    assert f"Step {int(last)} of" in text(app)
    assert not app.exception


def test_one_step_of_the_convolution_adds_up_to_its_pixel(
    image: np.ndarray, explained: Explanation
) -> None:
    assert explained.convolution is not None
    maps = responses(explained.convolution, image)
    app = looked_at(image, STEP)
    kernel = int(maps.max(axis=(0, 1)).argmax())
    assert app.selectbox(key="it_filter").value == kernel
    assert app.slider(key="it_place").value == maps[..., kernel].argmax() + 1
    app.selectbox(key="it_filter").set_value(2).run()
    app.slider(key="it_place").set_value(200).run()
    app.button(key="it_place_next").click().run()
    assert "pixel 201 of 676 of the new picture, in row 8, column 19" in text(app)
    made = float(re.findall(r"<b>(\S+)</b>", text(app))[-1].replace("\N{MINUS SIGN}", "-"))
    assert made == pytest.approx(maps[7, 18, 2], abs=0.006)
    assert text(app).count("<td") == 3 * 9
    assert not app.exception


def test_both_maps_are_named_with_their_source_and_a_warning(
    models: Path, image: np.ndarray
) -> None:
    app = looked_at(image, WHERE)
    assert "Sundararajan, Taly and Yan, 2017" in text(app)
    assert "Zeiler and Fergus, 2014" in text(app)
    assert "do not prove" in app.info[0].value
    assert text(app).count("<figure>") == 3


def test_what_would_change_its_mind_is_shown_in_words_and_pictures(
    models: Path, image: np.ndarray, classifier: Classifier
) -> None:
    app = looked_at(image, CHANGE)
    answer, rival = np.argsort(-classifier.probabilities(image[None])[0])[:2].tolist()
    assert f"It reads this as {answer}." in text(app)
    assert "Here is how" not in text(app)
    assert f"it reads {rival} instead of {answer}" in text(app)
    assert text(app).index(f"Read as {answer}: ") < text(app).index(f"Read as {rival}: ")
    assert "ink to add" in text(app)
    assert "ink to remove" in text(app)


def keep_only(network: keras.Model, folder: Path) -> None:
    """Put a network in the place of all others, as one that learned here."""
    card = model_store.models()[0].card
    assert card is not None
    shutil.rmtree(folder)
    model_store.save(model_files.packed(network), card, folder / "only.keras")


def test_a_mind_that_nothing_changes_is_told(models: Path, image: np.ndarray) -> None:
    stubborn = keras.Sequential(
        [layers.Input((28, 28, 1)), layers.Flatten(), layers.Dense(10, activation="softmax")]
    )
    stubborn.set_weights([np.zeros((784, 10)), np.arange(10.0)])
    keep_only(stubborn, models)
    app = looked_at(image, CHANGE)
    assert "no small change" in text(app)
    app.session_state["it_part"] = STEP
    app.run()
    assert "no filters" in app.info[0].value
    assert not app.exception


def test_layers_along_a_line_are_shown_too(models: Path, image: np.ndarray) -> None:
    line = keras.Sequential(
        [
            layers.Input((28, 28, 1)),
            layers.Reshape((28, 28)),
            layers.Conv1D(4, 3),
            layers.Reshape((13, 2, 2, 2)),
            layers.Flatten(),
            layers.Dense(10, activation="softmax"),
        ]
    )
    keep_only(line, models)
    app = looked_at(image)
    told = ["28 pictures of 28 x 1", "4 pictures of 26 x 1", "104 numbers", "104 numbers", "10 num"]
    for place, size in enumerate(told, start=2):
        app.slider(key="it_layer").set_value(place).run()
        assert not app.exception
        assert size in text(app)


def test_a_broken_model_is_told_in_one_sentence_and_can_be_retried(
    models: Path, image: np.ndarray
) -> None:
    whole = (models / "tiny.keras").read_bytes()
    (models / "tiny.keras").write_bytes(b"not a model")
    app = looked_at(image)
    assert "damaged" in app.error[0].value
    (models / "tiny.keras").write_bytes(whole)
    app.button(key="it_retry").click().run()
    settled(app)
    assert not app.error
    assert "Step 1 of" in text(app)


def test_what_failed_for_a_moment_can_be_retried(
    models: Path, image: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*arguments: Any, **options: Any) -> None:
        raise MemoryError

    with monkeypatch.context() as memory:
        memory.setattr(Cluster, "call", full)
        app = looked_at(image, WHERE)
        assert "memory" in app.error[0].value
        assert "Zeiler and Fergus, 2014" in text(app)
    app.button(key="it_gradients_retry").click().run()
    settled(app)
    assert not app.error


def test_what_needs_no_gradients_waits_for_no_worker(
    models: Path, image: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    called: list[str] = []
    monkeypatch.setattr(Cluster, "call", lambda *arguments, **options: called.append("worker"))
    app = looked_at(image)
    assert "Step 1 of" in text(app)
    app.session_state["it_part"] = STEP
    settled(app)
    assert not called


def test_what_needs_gradients_says_that_it_waits(
    models: Path, image: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate()
    monkeypatch.setattr(Cluster, "call", lambda *arguments, control, **options: gate(control))
    app = panel_of(image)
    app.session_state["it_part"] = WHERE
    until(app, lambda: "Zeiler and Fergus, 2014" in text(app))
    above, below = text(app).index("Fading the ink in"), text(app).index("Covering parts up")
    assert above < text(app).index("Asking the network") < below
    gate.opened.set()
    over(queues().lab, queues().lab.jobs()[-1])


def test_who_asks_anew_gives_up_what_is_not_done_yet(models: Path, digits: Dataset) -> None:
    model = model_store.models()[0]
    asked = [explanation_job(model, image, "somebody") for image in digits.test_images[:4]]
    other = explanation_job(model, digits.test_images[4], "somebody else")
    line = queues().short
    ended = [line.wait(job.id, timeout=PATIENCE) for job in (*asked, other)]
    states = [job.state for job in ended if job is not None]
    assert states[1:] == ["stopped", "stopped", "done", "done"]
    assert (ended[3].result.image == digits.test_images[3]).all()  # type: ignore[union-attr]


def test_two_tabs_of_a_visitor_do_not_give_up_what_the_other_asked_for(
    models: Path, digits: Dataset
) -> None:
    line, gates = queues().short, [Gate() for _ in range(4)]
    first = [line.submit(gate) for gate in gates]
    for image in digits.test_images[:2]:
        app = panel_of(image)
        app.session_state["visitor"] = "a" * 32
        app.run()
    for gate, job in zip(gates, first, strict=True):
        gate.opened.set()
        over(line, job)
    asked = [over(line, job) for job in line.jobs() if job.id > first[-1].id]
    assert [job.state for job in asked] == ["done", "done"]


def test_an_explanation_waits_for_nobodys_download(models: Path, digits: Dataset) -> None:
    line, gate = queues().datasets, Gate()
    download = line.submit(gate)
    job = explanation_job(model_store.models()[0], digits.test_images[0], "somebody")
    done = queues().short.wait(job.id, timeout=PATIENCE)
    gate.opened.set()
    over(line, download)
    assert done is not None
    assert done.state == "done"


def test_what_was_seen_before_stays_until_the_new_picture_is_explained(
    models: Path, digits: Dataset
) -> None:
    app = looked_at(digits.test_images[0])
    app.session_state["image"] = digits.test_images[1]
    app.run()
    assert "Looking at the new picture" in text(app)
    assert "Step 1 of" in text(app)
    settled(app)
    assert "Looking at the new picture" not in text(app)
    assert (app.session_state["it_explained"][1].image == digits.test_images[1]).all()


def test_the_draw_page_looks_inside_once_it_is_asked_to(models: Path) -> None:
    before = jobs_about(queues().short, "explain")
    app = until_read(draw(opened(), stroke(SEVEN)))
    assert jobs_about(queues().short, "explain") == before
    app.session_state["look_inside"] = True
    settled(app.run())
    assert "Step 1 of" in text(app)
    app.button(key="clear").click().run()
    assert "you can follow it through the network here" in text(app)
    assert not app.exception


def test_the_digit_of_a_number_that_is_picked_is_looked_into(models: Path) -> None:
    app = opened()
    app.segmented_control(key="mode").set_value("A number").run()
    left, right = ([[step, x / 2 + dx, y / 2] for step, x, y in SEVEN] for dx in (0, 200))
    app.session_state["look_inside"] = True
    app = settled(until_read(draw(app, stroke(right), stroke([*left, ["L", 90, 120]]))))
    first = app.session_state["drawn_explained"][1].image
    app.session_state["selected_digit"] = 1
    settled(app.run())
    second = app.session_state["drawn_explained"][1].image
    assert (first != second).any()
    assert not app.exception


def test_a_change_is_put_into_words() -> None:
    difference = np.zeros((28, 28), dtype=np.int16)
    difference[0, :3], difference[1, 0] = 255, -255
    change = Counterfactual(0, 1, np.zeros((28, 28), np.uint8), difference, 0.6, True)
    assert describe_counterfactual(change, ("Bag", "Coat")) == (
        "Add about 3 pixels of ink and remove about 1 pixel of ink, and it reads Coat "
        "instead of Bag (60% sure)."
    )
    assert "no small change" in describe_counterfactual(None, ())
