from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from mnist_app.core.recognition.segmentation.network import HEIGHT, SegmentationNetwork
from mnist_app.lab.segmentation import learning
from mnist_app.lab.segmentation.architecture import build
from tests.support import photos


@pytest.fixture
def compositions(monkeypatch: pytest.MonkeyPatch) -> tuple[np.ndarray, np.ndarray]:
    """A few pictures and their targets, in batches of a few."""
    monkeypatch.setattr(learning, "_writing", photos.writing)
    for name, value in {"CHUNK": 168, "BATCH": 8, "KEPT_ASIDE": 8}.items():
        monkeypatch.setattr(learning, name, value)
    return learning._composed(0)


def test_targets_lead_from_ink_to_centres(compositions: tuple[np.ndarray, np.ndarray]) -> None:
    pictures, targets = compositions
    assert pictures.shape == (168, *learning.SHAPE)
    assert targets.shape == (168, *learning.SHAPE, 3)
    belongs = targets[..., 0] > 0
    assert (pictures[belongs] > 0).all()
    assert not targets[~belongs].any()
    # No character is much wider or higher than the highest digits.
    assert np.abs(targets).max() < learning.HEIGHTS[1] * 1.5
    places = np.argwhere(belongs)
    centres = places[:, 1:] + HEIGHT * targets[belongs][:, 1:].astype(float)
    # All ink of a character has one centre.
    for number in range(20):
        here = centres[places[:, 0] == number]
        assert len(np.unique(here.round(0), axis=0)) < 0.2 * len(here)


def test_an_epoch_lowers_the_loss(compositions: tuple[np.ndarray, np.ndarray]) -> None:
    pictures, targets = compositions

    def loss(model: object) -> float:
        ink, wanted = next(iter(learning._batches(pictures[-8:], targets[-8:])))
        return float(learning.segmentation_loss(wanted, model(ink, training=True)))  # type: ignore[operator]

    assert loss(learning.learned(pictures, targets, 1)) < 0.9 * loss(build())


def test_the_command_writes_what_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nothing = np.zeros(0)
    monkeypatch.setattr(learning, "composed", lambda count: (nothing, nothing))
    monkeypatch.setattr(learning, "learned", lambda *args: build())
    target = tmp_path / "segmentation.tflite"
    result = CliRunner().invoke(learning.main, ["--output", str(target)], catch_exceptions=False)
    assert result.exit_code == 0
    votes = SegmentationNetwork(target.read_bytes()).votes(np.zeros((20, 30)))
    assert votes.belongs.shape == (20, 30)


def test_without_data_it_says_so() -> None:
    result = CliRunner().invoke(learning.main, [])
    assert result.exit_code == 1
    assert "mnist" in result.output
