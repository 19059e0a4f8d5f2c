from dataclasses import replace
from pathlib import Path

import pytest
from samples import quick

from mnist_app import checkpoints
from mnist_app.datasets import Dataset
from mnist_app.errors import DigitLabError
from mnist_app.lab.bookmark import take_up
from mnist_app.lab.learners import begin, prepare
from mnist_app.lab.training import train
from mnist_app.progress import Progress
from mnist_app.steering import Steering


def test_a_checkpoint_that_cannot_be_written_does_not_end_the_run(
    dataset: Dataset, tmp_path: Path
) -> None:
    """It is told while the run goes; once it has ended by itself, nothing is left to go on with."""
    (tmp_path / "file").touch()
    remarks: list[str] = []
    result = train(
        quick(epochs=2),
        dataset,
        lambda progress: remarks.append(progress.remark),
        checkpoint_folder=tmp_path / "file" / "run",
    )
    assert not result.stopped
    assert result.progress.share == 1
    assert any("could not be put on disk" in remark for remark in remarks)
    assert not result.progress.remark


def test_a_run_that_is_stopped_without_a_checkpoint_says_so(
    dataset: Dataset, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    steering = Steering()
    steering.stop()
    folder = tmp_path / "file" / "run"
    result = train(quick(), dataset, steering=steering, checkpoint_folder=folder)
    assert "could not be put on disk" in result.progress.remark
    assert "free some disk space" in result.progress.remark


def test_a_checkpoint_that_can_be_written_again_is_no_trouble_any_more(
    dataset: Dataset, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    folder.touch()

    def report(progress: Progress) -> None:
        if progress.epoch == 2 and folder.is_file():
            folder.unlink()

    result = train(quick(epochs=2), dataset, report, checkpoint_folder=folder)
    assert not result.progress.remark
    assert checkpoints.exists(folder)


def test_a_setting_that_an_older_version_did_not_know_is_as_by_default(
    dataset: Dataset, tmp_path: Path
) -> None:
    config = quick(epochs=3)
    steering = Steering()

    def stop(progress: Progress) -> None:
        if progress.epoch == 2:
            steering.stop()

    train(config, dataset, stop, steering, checkpoint_folder=tmp_path)
    standing, settings = checkpoints.load(tmp_path)
    del settings["erasing"]
    checkpoints.save(standing, settings, tmp_path)
    learner = prepare(begin(config, 10), config, steps=8)
    assert take_up(tmp_path, config, standing, learner).epoch == standing.epoch
    with pytest.raises(DigitLabError, match="other settings"):
        take_up(tmp_path, replace(config, erasing=0.2), standing, learner)
    with pytest.raises(DigitLabError, match="other settings or pictures"):
        take_up(tmp_path, config, replace(standing, pictures=9), learner)
    for other in ({"started_from": "12ab"}, {"teachers": ["12ab"]}):
        with pytest.raises(DigitLabError, match="say the same --start-from and --teacher again"):
            take_up(tmp_path, config, replace(standing, **other), learner)
