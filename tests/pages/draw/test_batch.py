import gc
import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from mnist_app.core.errors import DigitLabError
from mnist_app.core.jobs.snapshot import JobState
from mnist_app.core.models import model_store
from mnist_app.core.models.model_store import StoredModel
from mnist_app.core.recognition.batch import ReadingOptions
from mnist_app.pages.draw import batch_jobs
from mnist_app.pages.draw.batch_jobs import Batch, begin
from mnist_app.pages.session.queues import queues
from tests.pages.draw.test_photo import two_sevens
from tests.support.canvas_app import models, opened
from tests.support.gates import PATIENCE, Gate
from tests.support.pictures import encoded, seven

__all__ = ["models"]

Files = list[tuple[str, bytes, str]]


def in_zip(*pictures: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for number, picture in enumerate(pictures):
            archive.writestr(f"../{number}.png", picture)
    return buffer.getvalue()


@pytest.fixture
def panel(models: Path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """The part of the page for many files, where numbers are read."""
    app = opened()
    app.segmented_control(key="mode").set_value("A number").run()
    return app.segmented_control(key="picture_source").set_value("Many files").run()


def read(app: AppTest, files: Files) -> list[dict[str, Any]]:
    """The rows of the table, once all is read."""
    app.file_uploader(key="batch_files").set_value(files).run()
    assert not app.exception
    queues().batches.wait(app.session_state["batch"].job, PATIENCE)
    app.run()
    assert not app.exception
    (table,) = app.dataframe
    return table.value.to_dict("records")


def test_many_files_become_a_table_with_those_in_doubt_first(panel: AppTest) -> None:
    files: Files = [
        ("one.png", encoded(seven()), "image/png"),
        ("broken.jpg", b"broken", "image/jpeg"),
        ("all.zip", in_zip(two_sevens(), encoded(seven())), "application/zip"),
    ]
    first, *others = read(panel, files)
    assert first["File"] == "broken.jpg"
    assert "cannot be opened as a picture" in first["Doubt"]
    names = ["all.zip: ../0.png", "all.zip: ../1.png", "one.png"]
    assert sorted(row["File"] for row in others) == names
    lengths = {row["File"]: len(row["Read"]) for row in others}
    assert [lengths[name] for name in names] == [2, 1, 1]
    assert all(row["Picture"].startswith("data:image/jpeg;base64,") for row in others)
    doubts = [bool(row["Doubt"]) for row in others]
    assert doubts == sorted(doubts, reverse=True)
    assert any("4 pictures" in text.value for text in panel.markdown)
    assert [button.key for button in panel.get("download_button")] == ["download_batch"]


def test_what_is_corrected_is_downloaded(panel: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    files: Files = [
        ("sure.png", encoded(seven()), "image/png"),
        ("broken.png", b"broken", "image/png"),
    ]
    read(panel, files)
    downloaded: list[str] = []
    monkeypatch.setattr(
        "streamlit.download_button", lambda label, data, *others, **look: downloaded.append(data)
    )
    states = panel._tree.get_widget_states()
    # What the browser sends when the first row, that in doubt, is edited.
    (table,) = panel.dataframe
    states.widgets.add(id=table.proto.id, string_value='{"edited_rows": {"0": {"Read": "42"}}}')
    panel._run(states)
    assert not panel.exception
    assert any("none in doubt" in text.value for text in panel.markdown)
    header, sure, broken = downloaded[-1].splitlines()
    assert header == "source,text,probability,doubt"
    assert sure.startswith("sure.png,")
    assert broken == "broken.png,42,,Corrected by hand."


def test_a_pattern_is_followed_or_refused_in_a_sentence(panel: AppTest) -> None:
    panel.text_input(key="batch_pattern").set_value("[0-6]+").run()
    (row,) = read(panel, [("one.png", two_sevens(), "image/png")])
    assert set(row["Read"]) <= set("0123456")
    panel.text_input(key="batch_pattern").set_value("(").run()
    assert "pattern cannot be used" in panel.error[0].value
    assert not panel.dataframe


def test_rows_and_files_are_let_go_of_when_the_files_are_taken_away(panel: AppTest) -> None:
    read(panel, [("one.png", encoded(seven()), "image/png")])
    assert panel.session_state["batch"].files == ()
    panel.file_uploader(key="batch_files").clear().run()
    assert "batch" not in panel.session_state
    assert not panel.dataframe


@pytest.fixture
def model(models: Path) -> StoredModel:
    return next(iter(model_store.models()))


def many() -> Batch:
    return Batch((), [(f"{number}.png", encoded(seven())) for number in range(20)])


def test_whoever_leaves_is_not_read_for_any_more(model: StoredModel) -> None:
    queue, gate, batch = queues().batches, Gate(), many()
    queue.submit(gate)
    begin(batch, model, ReadingOptions(), "somebody")
    job = batch.job
    del batch
    gc.collect()
    gate.opened.set()
    last = queue.wait(job, PATIENCE)
    assert last is not None
    assert last.state is JobState.STOPPED


def test_what_was_read_before_it_was_stopped_is_kept(
    model: StoredModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue, batch, shown = queues().batches, many(), batch_jobs._shown

    def stopped_after_the_first(row: Any) -> Any:
        queue.stop(batch.job)
        return shown(row)

    monkeypatch.setattr(batch_jobs, "_shown", stopped_after_the_first)
    begin(batch, model, ReadingOptions(), "somebody")
    last = queue.wait(batch.job, PATIENCE)
    assert last is not None
    assert last.state is JobState.STOPPED
    assert [row.values[0] for row in batch.rows] == ["0.png"]


def test_no_more_are_read_than_one_visitor_needs(
    model: StoredModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_jobs, "MOST", 3)
    batch = many()
    begin(batch, model, ReadingOptions(), "somebody")
    queues().batches.wait(batch.job, PATIENCE)
    assert len(batch.rows) == 3


def test_too_many_who_wait_are_told_so(model: StoredModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MNIST_APP_MAX_QUEUE", "1")
    gate = Gate()
    queues().batches.submit(gate)
    waiting = many()
    begin(waiting, model, ReadingOptions(), "somebody")
    with pytest.raises(DigitLabError, match="Try again"):
        begin(many(), model, ReadingOptions(), "another")
    queues().batches.stop(waiting.job)
    gate.opened.set()
