import io
import json
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from samples import nearly_full_disk

from mnist_app import model_store
from mnist_app.classifier import Classifier, as_network_input
from mnist_app.datasets import Dataset
from mnist_app.errors import DigitLabError
from mnist_app.packing import ENDINGS, packed


@pytest.fixture(autouse=True)
def own_workshop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary files go."""
    place = tmp_path / "workshop"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    return place


def test_a_saved_model_is_one_zip_with_its_card(
    model_path: Path, classifier: Classifier, digits: Dataset, tmp_path: Path, own_workshop: Path
) -> None:
    data = packed(model_path, "saved_model")
    assert not list(own_workshop.glob("digit-lab-*"))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        archive.extractall(tmp_path)
    folder = tmp_path / model_path.stem
    assert json.loads((folder / "model_card.json").read_text())["title"] == "Tiny"
    np.save(tmp_path / "images.npy", as_network_input(digits.test_images[:5]))
    program = (
        "import numpy as np, tensorflow as tf\n"
        f"model = tf.saved_model.load({str(folder)!r})\n"
        f"images = np.load({str(tmp_path / 'images.npy')!r})\n"
        "print(model.serve(images).numpy().argmax(axis=1).tolist())"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    expected = classifier.probabilities(digits.test_images[:5]).argmax(axis=1).tolist()
    assert json.loads(said.stdout) == expected


def test_a_model_for_small_devices_is_one_file(model_path: Path, own_workshop: Path) -> None:
    data = packed(model_path, "litert")
    assert data[4:8] == b"TFL3"
    assert not list(own_workshop.glob("digit-lab-*"))


@pytest.mark.parametrize("form", ENDINGS)
def test_a_full_disk_is_told_and_leaves_nothing(
    form: str, model_path: Path, own_workshop: Path
) -> None:
    with nearly_full_disk(), pytest.raises(DigitLabError, match="disk space"):
        packed(model_path, form)
    assert not list(own_workshop.glob("digit-lab-*"))


def test_a_model_that_is_gone_is_told(tmp_path: Path) -> None:
    with pytest.raises(DigitLabError, match="no model"):
        packed(model_store.folder() / "gone.keras", "litert")
