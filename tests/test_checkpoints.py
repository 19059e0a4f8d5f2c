from pathlib import Path

import numpy as np
import pytest
from samples import nearly_full_disk

from mnist_app import checkpoints
from mnist_app.checkpoints import NAME
from mnist_app.errors import DigitLabError
from mnist_app.lab.standing import Standing
from mnist_app.progress import HardPicture, Opinion, Point


def standing(epoch: int = 3) -> Standing:
    return Standing(
        epoch=epoch,
        step=4,
        seconds=1.5,
        rate_changes=[(7, 0.5)],
        best_loss=0.25,
        training=[Point(0.5, 1.25, 0.75, 0.001)],
        class_accuracy=[(0.5, 1.0)],
        hardest=(HardPicture(7, 1, 2, 3.5),),
        opinions=[Opinion(0.1, (0.25, 0.75))],
        variables=[np.arange(float(index)) for index in range(12)],
        optimizer=[np.array(7, dtype=np.int64)],
    )


def test_a_checkpoint_brings_everything_back(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    checkpoints.save(standing(), {"epochs": 5}, folder)
    found, settings = checkpoints.load(folder)
    assert settings == {"epochs": 5}
    facts, wanted = vars(found), vars(standing())
    for name in ("variables", "optimizer", "best"):
        for one, other in zip(facts.pop(name), wanted.pop(name), strict=True):
            assert one.dtype == other.dtype
            np.testing.assert_array_equal(one, other)
    assert facts == wanted


def test_a_drawing_is_kept_with_a_checkpoint(tmp_path: Path) -> None:
    drawing = np.arange(784, dtype=np.uint8).reshape(28, 28)
    checkpoints.save(standing(), {}, tmp_path / "with", drawing)
    checkpoints.save(standing(), {}, tmp_path / "without")
    np.testing.assert_array_equal(checkpoints.drawing(tmp_path / "with"), drawing)
    assert checkpoints.drawing(tmp_path / "without") is None
    assert checkpoints.load(tmp_path / "with")[0].epoch == 3
    with pytest.raises(DigitLabError, match="no checkpoint"):
        checkpoints.drawing(tmp_path / "nowhere")


def test_a_checkpoint_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    checkpoints.save(standing(epoch=1), {}, tmp_path)
    with nearly_full_disk(), pytest.raises(DigitLabError):
        checkpoints.save(standing(epoch=2), {}, tmp_path)
    assert checkpoints.load(tmp_path)[0].epoch == 1
    assert [path.name for path in tmp_path.iterdir()] == [NAME]


def test_a_checkpoint_that_could_run_code_is_refused(tmp_path: Path) -> None:
    class Loud:
        def __reduce__(self) -> tuple[object, tuple[object, ...]]:
            return (tmp_path / "ran").touch, ()

    np.savez(tmp_path / NAME, facts=np.array([Loud()], dtype=object))
    with pytest.raises(DigitLabError, match="broken"):
        checkpoints.load(tmp_path)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("cut", [0, 10, 300, -30])
def test_a_broken_checkpoint_is_refused(cut: int, tmp_path: Path) -> None:
    checkpoints.save(standing(), {}, tmp_path)
    path = tmp_path / NAME
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(DigitLabError, match="start the run anew"):
        checkpoints.load(tmp_path)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"standing": {"epoch": 1}, "settings": {}}'])
def test_a_checkpoint_of_other_facts_is_refused(text: str, tmp_path: Path) -> None:
    np.savez(tmp_path / NAME, facts=np.array(text))
    with pytest.raises(DigitLabError, match="start the run anew"):
        checkpoints.load(tmp_path)


def test_a_missing_checkpoint_is_told(tmp_path: Path) -> None:
    with pytest.raises(DigitLabError, match="no checkpoint"):
        checkpoints.load(tmp_path)


def test_a_checkpoint_is_removed_and_nothing_else(tmp_path: Path) -> None:
    folder, own = tmp_path / "run", tmp_path / "other"
    for place in (folder, own):
        checkpoints.save(standing(), {}, place)
    # As a process leaves it that was killed while it wrote.
    (folder / ".checkpoint-x1").mkdir()
    (folder / ".checkpoint-x1" / NAME).touch()
    (own / "notes.txt").touch()
    assert checkpoints.exists(folder)
    for place in (folder, own, tmp_path / "nowhere"):
        checkpoints.remove(place)
        assert not checkpoints.exists(place)
    assert [path.name for path in tmp_path.rglob("*")] == ["other", "notes.txt"]
