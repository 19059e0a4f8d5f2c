from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mnist_app.core.data.datasets import Dataset
from mnist_app.core.errors import DigitLabError
from mnist_app.core.runs.checkpoints import Checkpoint, pack
from mnist_app.lab.training.backup import Backup
from mnist_app.lab.training.compilation import build_model, compile_model
from mnist_app.lab.training.fit import train
from tests.support.samples import quick

CONFIG = quick(epochs=3)


@pytest.fixture(scope="module")
def checkpoint(dataset: Dataset) -> Checkpoint:
    told: list[Any] = []
    train(replace(CONFIG, epochs=1), dataset, told.append, keeps_checkpoints=True)
    return next(one for one in told if isinstance(one, Checkpoint))


def changed(checkpoint: Checkpoint, **facts: Any) -> Checkpoint:
    """The same with other facts."""
    told = checkpoint.facts | facts
    return pack(told, checkpoint.arrays(), told["settings"], checkpoint.drawing)


def take_up(checkpoint: Checkpoint, **values: Any) -> int:
    """The epoch at which a run goes on from it."""
    config = replace(CONFIG, epochs=1, **values)
    backup = Backup(config, checkpoint.facts["origin"])
    return backup.unpack(
        checkpoint, compile_model(build_model(config, 10), config, steps=11), 11
    ).epoch


def test_a_setting_that_an_older_version_did_not_know_is_as_by_default(
    checkpoint: Checkpoint,
) -> None:
    settings = dict(checkpoint.settings)
    del settings["erasing"]
    older = changed(checkpoint, settings=settings)
    assert take_up(older) == 1
    with pytest.raises(DigitLabError, match="other settings"):
        take_up(older, erasing=0.2)


@pytest.mark.parametrize("facts", [{"history": {}}, {"monitors": {"wait": []}}, {"history": 5}])
def test_facts_that_say_nothing_are_one_sentence(
    facts: dict[str, Any], checkpoint: Checkpoint
) -> None:
    with pytest.raises(DigitLabError, match="damaged"):
        take_up(changed(checkpoint, **facts))


def test_arrays_of_another_network_are_one_sentence(checkpoint: Checkpoint) -> None:
    told = checkpoint.facts
    for arrays in ({}, {name: np.zeros(3) for name in checkpoint.arrays()}):
        with pytest.raises(DigitLabError, match="damaged"):
            take_up(pack(told, arrays, told["settings"], None))


def test_arrays_that_could_run_code_are_refused(checkpoint: Checkpoint, tmp_path: Path) -> None:
    class Loud:
        def __reduce__(self) -> tuple[object, tuple[object, ...]]:
            return (tmp_path / "ran").touch, ()

    loud = np.array([Loud()], dtype=object)
    told = checkpoint.facts
    with pytest.raises(DigitLabError, match="damaged"):
        take_up(pack(told, {"variable-0": loud}, told["settings"], None))
    assert not (tmp_path / "ran").exists()
