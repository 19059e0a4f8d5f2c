import base64
import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from mnist_app.core.data.datasets import Dataset
from mnist_app.core.errors import DigitLabError
from mnist_app.core.recognition.classifier import Classifier, as_network_input
from mnist_app.lab.networks import untrusted_files
from mnist_app.lab.networks.architectures import build
from mnist_app.lab.networks.keras_classifier import KerasClassifier
from mnist_app.lab.networks.model_files import load, load_bytes, packed


@pytest.fixture
def models(tmp_path: Path) -> Path:
    folder = tmp_path / "models"
    folder.mkdir()
    return folder


def test_a_packed_model_answers_as_before(dataset: Dataset) -> None:
    model = build("simple_cnn")
    model.compile(optimizer="adam", loss="categorical_crossentropy")
    files = packed(model)
    expected = KerasClassifier(model).probabilities(dataset.test_images)
    again = KerasClassifier(load_bytes(files.keras, "It")).probabilities(dataset.test_images)
    np.testing.assert_allclose(again, expected, atol=1e-6)
    np.testing.assert_allclose(
        Classifier(files.litert).probabilities(dataset.test_images), expected, atol=1e-5
    )


# From here on: files from elsewhere.


def rewrite(path: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    """Save a plain network, then change its configuration as a stranger might."""
    build("dense").save(path)
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    config = json.loads(parts["config.json"])
    change(config)
    parts["config.json"] = json.dumps(config).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def layer(config: dict[str, Any]) -> dict[str, Any]:
    """The entry of the first Dense layer."""
    return next(item for item in config["config"]["layers"] if item["class_name"] == "Dense")


def test_a_compiled_model_from_plain_keras_is_welcome(models: Path, dataset: Dataset) -> None:
    model = build("dense")
    model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])
    model.fit(as_network_input(dataset.test_images), np.eye(10)[dataset.test_labels], verbose=0)
    model.save(models / "foreign.keras")
    expected = KerasClassifier(model).probabilities(dataset.test_images)
    np.testing.assert_allclose(
        KerasClassifier(load(models / "foreign.keras")).probabilities(dataset.test_images),
        expected,
        atol=1e-6,
    )


def test_a_lambda_is_refused_without_running_it(models: Path) -> None:
    traces: list[str] = []

    def leave_trace(batch: Any) -> Any:
        traces.append("ran")
        return batch

    model = keras.Sequential([layers.Input((28, 28, 1)), layers.Flatten(), layers.Dense(10)])
    model.add(layers.Lambda(leave_trace))
    path = models / "foreign.keras"
    model.save(path)
    traces.clear()
    with pytest.raises(DigitLabError, match="could run code"):
        load(path)
    assert traces == []


@pytest.mark.parametrize(
    "module", ["os", "keras_evil", "subprocess", "mnist_app.cli.commands", "kerasx.y"]
)
def test_another_module_is_refused(models: Path, module: str) -> None:
    path = rewrite(models / "m.keras", lambda config: layer(config).update(module=module))
    with pytest.raises(
        DigitLabError, match=f"contains '{module}' in its layer 'dense.*', which could run"
    ):
        load(path)


@pytest.mark.parametrize(
    "change",
    [
        {"class_name": "get_file", "module": "keras.utils"},
        {"class_name": "TorchModuleWrapper", "module": "keras.layers"},
        {"class_name": "function", "config": "system", "module": "builtins"},
        {"class_name": "__lambda__", "config": {"value": base64.b64encode(b"x").decode()}},
        {"registered_name": "evil>Dense"},
    ],
    ids=lambda change: "+".join(change.values()) if "config" not in change else None,
)
def test_anything_but_a_plain_layer_is_refused(models: Path, change: dict[str, Any]) -> None:
    path = rewrite(models / "m.keras", lambda config: layer(config).update(change))
    with pytest.raises(DigitLabError, match="could run code"):
        load(path)


def test_a_hidden_function_is_found_however_deep(models: Path) -> None:
    evil = {"class_name": "function", "module": "os", "config": "system"}

    def hide(config: dict[str, Any]) -> None:
        layer(config)["config"]["kernel_initializer"] = {
            "class_name": "Constant",
            "module": "keras.initializers",
            "config": {"value": [[evil]]},
        }

    with pytest.raises(DigitLabError, match="could run code"):
        load(rewrite(models / "m.keras", hide))


def test_an_older_format_cannot_slip_past_the_check(models: Path) -> None:
    """A file may be two formats at once; which one Keras reads hangs on the suffix."""
    build("dense").save(models / "m.keras")
    shutil.copy(models / "m.keras", models / "m.h5")
    assert load(models / "m.h5").name == "dense", "it is read as what was looked through"


@pytest.mark.parametrize("nesting", [500, 900, 100_000])
def test_a_configuration_without_end_is_refused(models: Path, nesting: int) -> None:
    with zipfile.ZipFile(models / "m.keras", "w") as archive:
        archive.writestr("config.json", '{"config": ' + "[" * nesting + "]" * nesting + "}")
    with pytest.raises(DigitLabError):
        load(models / "m.keras")


@pytest.mark.parametrize("config", ["", "[]", "7", '"text"', "null", "{}", '{"class_name": []}'])
def test_a_configuration_that_is_none_is_refused(models: Path, config: str) -> None:
    with zipfile.ZipFile(models / "m.keras", "w") as archive:
        archive.writestr("config.json", config)
    with pytest.raises(DigitLabError):
        load(models / "m.keras")


@pytest.mark.parametrize("content", [b"", b"garbage", b"PK\x05\x06" + bytes(18), b"\x89HDF\r\n"])
def test_what_is_no_archive_is_refused(models: Path, content: bytes) -> None:
    (models / "m.keras").write_bytes(content)
    with pytest.raises(DigitLabError, match="damaged, or not"):
        load(models / "m.keras")


def test_half_a_model_and_damaged_weights_are_refused(models: Path) -> None:
    path = models / "m.keras"
    build("dense").save(path)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DigitLabError):
        load(path)
    path.write_bytes(whole.replace(b"\x89HDF", b"\x89XXX"))
    with pytest.raises(DigitLabError):
        load(path)


def test_too_large_a_model_is_refused_unopened(
    models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = models / "m.keras"
    build("dense").save(path)
    monkeypatch.setitem(untrusted_files.LARGEST, "model.weights.h5", 1000)
    with pytest.raises(DigitLabError, match="too large"):
        load(path)


@pytest.mark.parametrize("part", ["config.json", "metadata.json"])
def test_a_part_that_unpacks_to_hundreds_of_megabytes_is_refused_unread(
    models: Path, part: str
) -> None:
    path = models / "m.keras"
    build("dense").save(path)
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    # A text that would be read as the same, so that nothing but its size is wrong.
    parts[part] += b" " * 6_000_000
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    assert path.stat().st_size < 1_000_000
    with pytest.raises(DigitLabError, match="too large"):
        load(path)


@pytest.mark.parametrize("name", ["../evil.txt", "/tmp/evil.txt", "assets/../../evil", "C:\\evil"])
def test_a_part_with_a_place_of_its_own_is_refused(models: Path, name: str) -> None:
    build("dense").save(models / "m.keras")
    with zipfile.ZipFile(models / "m.keras", "a") as archive:
        archive.writestr(name, "evil")
    with pytest.raises(DigitLabError, match="does not belong in a model file"):
        load(models / "m.keras")


def test_a_model_for_other_pictures_is_refused(models: Path) -> None:
    keras.Sequential([keras.layers.Input((8, 8, 1)), keras.layers.Flatten()]).save(
        models / "m.keras"
    )
    with pytest.raises(DigitLabError, match="28 x 28 picture into one answer"):
        load(models / "m.keras")


def test_a_missing_model_is_named(models: Path) -> None:
    with pytest.raises(DigitLabError, match=r"There is no model called m\.keras"):
        load(models / "m.keras")
