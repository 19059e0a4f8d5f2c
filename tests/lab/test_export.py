import io
import json
import os
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from mnist_app.core.data.datasets import Dataset
from mnist_app.core.errors import DigitLabError
from mnist_app.core.jobs.run_control import RunControl
from mnist_app.core.models import model_store
from mnist_app.core.recognition.classifier import Classifier, as_network_input
from mnist_app.lab.export import convert, export_model, write_export
from mnist_app.lab.networks.keras_classifier import KerasClassifier
from mnist_app.lab.networks.model_files import load
from tests.support.samples import nearly_full_disk

FORMS = tuple(model_store.EXPORTS)


def ignore(fraction: object) -> None:
    """Take a report to nobody."""


def exported(path: Path, form: str, card: str = "") -> bytes:
    name, control = path.stem, RunControl()
    return export_model(path.read_bytes(), name, form, card, report=ignore, control=control)


def test_a_saved_model_export_answers_alike(
    tmp_path: Path, model_path: Path, dataset: Dataset
) -> None:
    output = tmp_path / "exported"
    write_export(model_path.read_bytes(), model_path.name, "saved_model", output)
    loaded = tf.saved_model.load(str(output))
    served = loaded.serve(as_network_input(dataset.test_images))
    np.testing.assert_allclose(served, answers(model_path, dataset), atol=1e-5)
    # Once more over the earlier one.
    write_export(model_path.read_bytes(), model_path.name, "saved_model", output)
    assert os.listdir(tmp_path) == ["exported"]


@pytest.mark.filterwarnings("ignore:.*Interpreter is deprecated")
def test_a_litert_export_answers_alike(tmp_path: Path, model_path: Path, dataset: Dataset) -> None:
    output = tmp_path / "model.bin"
    write_export(model_path.read_bytes(), model_path.name, "litert", output)
    assert os.listdir(tmp_path) == ["model.bin"]
    interpreter = tf.lite.Interpreter(str(output))
    interpreter.allocate_tensors()
    (taken,), (given,) = interpreter.get_input_details(), interpreter.get_output_details()
    for image, expected in zip(
        dataset.test_images[:10], answers(model_path, dataset)[:10], strict=True
    ):
        interpreter.set_tensor(taken["index"], as_network_input(image[None]))
        interpreter.invoke()
        np.testing.assert_allclose(interpreter.get_tensor(given["index"])[0], expected, atol=1e-4)


@pytest.mark.parametrize("form", FORMS)
def test_an_export_onto_a_full_disk_leaves_nothing_behind(
    tmp_path: Path, model_path: Path, form: str
) -> None:
    # There is room for the file that is opened, but for nothing larger.
    free = model_path.stat().st_size
    with nearly_full_disk(free), pytest.raises(DigitLabError, match="cannot be saved"):
        write_export(model_path.read_bytes(), model_path.name, form, tmp_path / "exported")
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("form", FORMS)
def test_an_export_never_replaces_a_folder_of_other_things(
    tmp_path: Path, model_path: Path, form: str
) -> None:
    output = tmp_path / "documents"
    output.mkdir()
    (output / "letter.txt").touch()
    with pytest.raises(DigitLabError, match="holds other things"):
        write_export(model_path.read_bytes(), model_path.name, form, output)
    assert os.listdir(output) == ["letter.txt"]


@pytest.fixture
def own_workshop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder for temporary files."""
    place = tmp_path / "workshop"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    return place


def test_a_saved_model_is_one_zip_with_its_card(
    model_path: Path, classifier: Classifier, digits: Dataset, tmp_path: Path, own_workshop: Path
) -> None:
    data = exported(model_path, "saved_model", model_path.with_suffix(".json").read_text())
    assert not list(own_workshop.glob("digit-lab-*"))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        archive.extractall(tmp_path)
    folder = tmp_path / model_path.stem
    assert json.loads((folder / "model_card.json").read_text())["title"] == "Tiny"
    loaded = tf.saved_model.load(str(folder))
    served = loaded.serve(as_network_input(digits.test_images[:5]))
    expected = classifier.probabilities(digits.test_images[:5])
    np.testing.assert_allclose(served, expected, atol=1e-4)


def test_a_model_for_small_devices_is_one_file(model_path: Path, own_workshop: Path) -> None:
    data = exported(model_path, "litert")
    assert data[4:8] == b"TFL3"
    assert not list(own_workshop.glob("digit-lab-*"))


@pytest.mark.parametrize("form", FORMS)
def test_a_full_disk_is_told_and_leaves_nothing(
    form: str, model_path: Path, own_workshop: Path
) -> None:
    with nearly_full_disk(), pytest.raises(DigitLabError, match="disk space"):
        exported(model_path, form)
    assert not list(own_workshop.glob("digit-lab-*"))


def answers(path: Path, dataset: Dataset) -> np.ndarray:
    return KerasClassifier(load(path)).probabilities(dataset.test_images)


def test_a_file_is_converted(model_path: Path, classifier: Classifier, dataset: Dataset) -> None:
    form = convert(model_path.read_bytes(), "tiny", report=ignore, control=RunControl())
    np.testing.assert_allclose(
        Classifier(form).probabilities(dataset.test_images),
        classifier.probabilities(dataset.test_images),
        atol=1e-6,
    )
    with pytest.raises(DigitLabError, match="tiny is damaged"):
        convert(b"garbage", "tiny", report=ignore, control=RunControl())
