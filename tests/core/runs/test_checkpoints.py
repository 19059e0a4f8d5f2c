import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mnist_app.core.errors import DigitLabError
from mnist_app.core.runs import checkpoints
from mnist_app.core.runs.checkpoints import NAME, Checkpoint
from tests.support.samples import nearly_full_disk

DRAWING = np.arange(784, dtype=np.uint16).astype(np.uint8).reshape(28, 28)


ARRAYS = {"weights": np.arange(6.0).reshape(2, 3)}


def made(epoch: int = 3, drawing: np.ndarray | None = None) -> Checkpoint:
    return checkpoints.pack({"epoch": epoch}, ARRAYS, {"epochs": 5}, drawing)


def packed(**parts: str) -> Checkpoint:
    """A ZIP file of whatever parts."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return Checkpoint(data.getvalue())


def test_a_checkpoint_brings_everything_back(tmp_path: Path) -> None:
    checkpoints.save(made(drawing=DRAWING), tmp_path / "run")
    found = checkpoints.load(tmp_path / "run")
    assert (found.epoch, found.settings) == (3, {"epochs": 5})
    np.testing.assert_array_equal(found.drawing, DRAWING)
    assert list(found.arrays()) == ["weights"]
    np.testing.assert_array_equal(found.arrays()["weights"], ARRAYS["weights"])
    assert made().drawing is None


def test_a_checkpoint_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    run = tmp_path / "run"
    checkpoints.save(made(epoch=1), run)
    with nearly_full_disk(), pytest.raises(DigitLabError):
        checkpoints.save(made(epoch=2), run)
    assert checkpoints.load(run).epoch == 1
    assert [path.name for path in run.iterdir()] == [NAME]


def test_a_checkpoint_without_arrays_is_refused() -> None:
    """As earlier versions made them."""
    for parts in ({}, {"arrays.npz": "nothing"}):
        with pytest.raises(DigitLabError, match="Start the run again"):
            packed(**parts).arrays()


def test_what_would_fill_the_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoints, "MOST_BYTES", 1000)
    with pytest.raises(DigitLabError, match="damaged"):
        _ = packed(**{"facts.json": " " * 2000}).facts


@pytest.mark.parametrize("cut", [0, 10, 150, -30])
def test_a_broken_checkpoint_is_refused(cut: int, tmp_path: Path) -> None:
    checkpoints.save(made(), tmp_path)
    path = tmp_path / NAME
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(DigitLabError, match="Start the run again"):
        checkpoints.load(tmp_path)


@pytest.mark.parametrize(
    "facts",
    [
        [],
        {},
        {"epoch": 1, "settings": 5, "drawing": ""},
        {"epoch": "x", "settings": {}, "drawing": ""},
        {"epoch": 1, "settings": {}, "drawing": "0102"},
    ],
)
def test_a_checkpoint_of_other_facts_is_refused(facts: Any, tmp_path: Path) -> None:
    checkpoints.save(packed(**{"facts.json": json.dumps(facts)}), tmp_path)
    with pytest.raises(DigitLabError, match="Start the run again"):
        checkpoints.load(tmp_path)


def test_facts_that_are_nested_too_deeply_are_refused() -> None:
    with pytest.raises(DigitLabError, match="damaged"):
        _ = packed(**{"facts.json": "[" * 100_000}).facts


def test_a_missing_checkpoint_is_told(tmp_path: Path) -> None:
    with pytest.raises(DigitLabError, match="cannot be continued"):
        checkpoints.load(tmp_path)


def test_a_checkpoint_is_removed_and_nothing_else(tmp_path: Path) -> None:
    folder, own, former = tmp_path / "run", tmp_path / "other", tmp_path / "former"
    for place in (folder, own):
        checkpoints.save(made(), place)
    # As a process leaves it that was killed while it wrote.
    (folder / ".checkpoint-x1").mkdir()
    (folder / ".checkpoint-x1" / NAME).touch()
    (own / "notes.txt").touch()
    former.mkdir()
    (former / "checkpoint.npz").touch()
    assert checkpoints.exists(folder)
    for place in (folder, own, former, tmp_path / "nowhere"):
        checkpoints.remove(place)
        assert not checkpoints.exists(place)
    left = {path.name for path in tmp_path.rglob("*")}
    assert left == {"other", "notes.txt"}
