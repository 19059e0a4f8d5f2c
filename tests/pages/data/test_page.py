import gzip
import re
import struct
import threading
import urllib.request
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from mnist_app.core.data import datasets
from mnist_app.core.jobs.snapshot import JobState
from mnist_app.pages.session.queues import queues
from tests.support.gates import PATIENCE, Gate
from tests.support.origin import Origin
from tests.support.samples import blocks
from tests.support.visits import bodies, settled, visit


@pytest.fixture(autouse=True)
def idle_workers() -> None:
    """No test finds the jobs of another."""
    queues.clear()


def block(app: AppTest, mark: str) -> str:
    """The HTML that holds `mark`."""
    return next(body for body in bodies(app) if mark in body)


def test_each_class_shows_samples() -> None:
    samples = block(visit("data"), 'class="samples"')
    for digit in range(10):
        assert samples.count(f'alt="A training picture of {digit}"') == 6


@pytest.mark.parametrize(
    ("mark", "button"), [('class="samples"', "other_samples"), ("original", "another_image")]
)
def test_other_pictures_can_be_taken(mark: str, button: str) -> None:
    app = visit("data")
    before = block(app, mark)
    app.button(key=button).click().run()
    assert block(app, mark) != before


def test_the_three_parts_add_up_to_the_data_set() -> None:
    parts = {metric.label: int(metric.value.replace(",", "")) for metric in visit("data").metric}
    assert list(parts) == ["Training", "Held back (validation)", "Test"]
    assert sum(parts.values()) == 1797
    assert parts["Test"] == len(datasets.load("optdigits").test_labels)


def test_the_answer_is_one_hot() -> None:
    app = visit("data")
    app.selectbox(key="step_class").set_value(7).run()
    boxes = re.findall(r"<b>(\d)</b><span>(\d)</span>", block(app, 'class="one-hot"'))
    assert boxes == [(str(int(place == 7)), str(place)) for place in range(10)]


def test_variants_change_with_the_sliders() -> None:
    app = visit("data")
    pictures = re.findall(r'src="([^"]+)"', block(app, "variant 1"))
    assert len(pictures) == len(set(pictures)) == 9
    for name in ("rotation", "shift", "zoom"):
        app.slider(key=f"step_{name}").set_value(0.0)
    settled(app)
    unchanged = re.findall(r'src="([^"]+)"', block(app, "variant 1"))
    assert set(unchanged) == {pictures[0]}


def test_while_tensorflow_wakes_up_the_rest_of_the_page_is_there() -> None:
    script = "from mnist_app.pages.data import page\npage.page()"
    app = AppTest.from_string(script, default_timeout=60).run()
    line = queues().datasets
    line.wait(line.jobs()[-1].id, timeout=PATIENCE)
    app.run()
    assert not app.exception
    assert app.metric
    assert block(app, 'class="one-hot"')


def test_examples_can_be_stopped_and_asked_for_again() -> None:
    # What makes examples is at work for others, so that these are not made before they are stopped.
    busy = Gate(), Gate()
    for gate in busy:
        queues().lab.submit(gate)
    script = "from mnist_app.pages.data import page\npage.page()"
    app = AppTest.from_string(script, default_timeout=60).run()
    line = queues().datasets
    line.wait(line.jobs()[-1].id, timeout=PATIENCE)
    app.run()
    app.button(key="stop-Making examples").click().run()
    assert queues().lab.jobs()[-1].is_over
    for gate in busy:
        gate.opened.set()
    app.button(key="data_again").click()
    settled(app)
    assert "variant 1" in block(app, "original")


def test_clothes_have_names(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "fashion-mnist"
    folder.mkdir(parents=True)
    for part, count in (("train", 100), ("t10k", 20)):
        images, labels = blocks(count)
        for kind, values in (("images-idx3", images), ("labels-idx1", labels.astype(np.uint8))):
            header = b"\0\0\x08" + bytes([values.ndim])
            sizes = struct.pack(f">{values.ndim}I", *values.shape)
            path = folder / f"{part}-{kind}-ubyte.gz"
            path.write_bytes(gzip.compress(header + sizes + values.tobytes()))
    app = visit("data", {"dataset": "fashion_mnist"})
    assert app.query_params["dataset"] == "fashion_mnist"
    assert "Ankle boot" in block(app, 'class="samples"')
    assert app.selectbox(key="step_class").options[9] == "Ankle boot"


def test_a_link_that_makes_no_sense_falls_back_quietly() -> None:
    app = visit("data", {"dataset": "<script>alert(1)</script>"})
    assert app.selectbox(key="chosen_dataset").value == "optdigits"
    assert app.query_params["dataset"] == "optdigits"
    assert not app.error


def test_a_broken_file_is_told_and_can_be_retried(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    file = tmp_path / "data" / "mnist.npz"
    file.write_bytes(b"not an archive")
    app = visit("data")
    assert "damaged" in app.error[0].value
    images, labels = blocks(100)
    np.savez(file, x_train=images, y_train=labels, x_test=images, y_test=labels)
    retry = next(button for button in app.button if button.label == "Try again")
    retry.click()
    settled(app)
    assert not app.error
    assert app.metric[2].value == "100"


def test_a_data_set_that_must_be_downloaded_is_labelled_so() -> None:
    app = visit("data")
    choice = app.selectbox(key="chosen_dataset")
    assert "MNIST (to download, 12 MB)" in choice.options
    choice.set_value("mnist")
    settled(app)
    assert "could not be downloaded" in app.error[0].value


def test_a_download_is_left_by_one_and_ends_when_nobody_waits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    is_read, goes_on = threading.Event(), threading.Event()

    def wait() -> None:
        is_read.set()
        goes_on.wait(PATIENCE)

    monkeypatch.setattr(urllib.request, "urlopen", Origin({"mnist.npz": b"x"}, at_read=wait))
    script = "from mnist_app.pages.data import page\npage.page()"
    one, other = (AppTest.from_string(script, default_timeout=60).run() for _ in range(2))
    for app in (one, other):
        app.selectbox(key="chosen_dataset").set_value("mnist").run()
    is_read.wait(PATIENCE)
    (job,) = (job for job in queues().datasets.jobs() if job.key == "mnist")

    def is_stopping() -> bool:
        return next(now.stopping for now in queues().datasets.jobs() if now.id == job.id)

    one.button(key="stop-Downloading MNIST").click().run()
    assert "Download MNIST" in one.button(key="download").label
    assert not is_stopping()
    other.button(key="stop-Downloading MNIST").click().run()
    assert is_stopping()
    goes_on.set()
    ended = queues().datasets.wait(job.id, PATIENCE)
    assert ended is not None
    assert ended.state is JobState.STOPPED
