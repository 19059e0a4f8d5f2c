import base64
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from mnist_app.core.data.datasets import Dataset
from mnist_app.core.errors import DigitLabError
from mnist_app.core.jobs.run_control import RunControl
from mnist_app.core.models import model_store
from mnist_app.core.recognition.classifier import Classifier, as_network_input
from mnist_app.lab.export import convert, export_model, write_export
from mnist_app.lab.networks import model_files
from mnist_app.lab.networks.architectures import build
from mnist_app.lab.networks.keras_classifier import KerasClassifier
from mnist_app.lab.networks.litert import to_litert
from mnist_app.lab.networks.model_files import load, opened, packed
from tests.support.samples import nearly_full_disk

FORMS = tuple(model_store.EXPORTS)


def answers(path: Path, dataset: Dataset) -> np.ndarray:
    return KerasClassifier(load(path)).probabilities(dataset.test_images)


def ignore(fraction: object) -> None:
    """Take a report to nobody."""


def exported(path: Path, form: str, card: str = "") -> bytes:
    name, control = path.stem, RunControl()
    return export_model(path.read_bytes(), name, form, card, report=ignore, control=control)


@pytest.fixture
def models(tmp_path: Path) -> Path:
    folder = tmp_path / "models"
    folder.mkdir()
    return folder


@pytest.fixture
def own_workshop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder for temporary files."""
    place = tmp_path / "workshop"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    return place


def test_a_packed_model_answers_as_before(dataset: Dataset) -> None:
    model = build("deep_cnn")
    model.compile(optimizer="adam", loss="categorical_crossentropy")
    files = packed(model)
    expected = KerasClassifier(model).probabilities(dataset.test_images)
    again = KerasClassifier(opened(files.keras, "It")).probabilities(dataset.test_images)
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
    model = build("simple_cnn")
    model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])
    model.fit(as_network_input(dataset.test_images), np.eye(10)[dataset.test_labels], verbose=0)
    model.save(models / "foreign.keras")
    expected = KerasClassifier(model).probabilities(dataset.test_images)
    np.testing.assert_allclose(answers(models / "foreign.keras", dataset), expected, atol=1e-6)


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
    with pytest.raises(DigitLabError, match=f"holds '{module}', which could run code"):
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
    with pytest.raises(DigitLabError, match=r"must end in \.keras"):
        load(models / "m.h5")


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
    with pytest.raises(DigitLabError, match="broken or no"):
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
    monkeypatch.setattr(model_files, "MAX_UNPACKED_BYTES", 1000)
    with pytest.raises(DigitLabError, match="too large"):
        load(path)


def test_a_model_for_other_pictures_is_refused(models: Path) -> None:
    build("dense", classes=3).save(models / "m.keras")
    with pytest.raises(DigitLabError, match="28 x 28 x 1 to 10 classes"):
        load(models / "m.keras")


def test_a_missing_model_is_named(models: Path) -> None:
    with pytest.raises(DigitLabError, match=r"There is no model m\.keras"):
        load(models / "m.keras")


def test_a_saved_model_export_answers_alike(
    tmp_path: Path, model_path: Path, dataset: Dataset
) -> None:
    output = tmp_path / "exported"
    write_export(model_path, "saved_model", output)
    loaded = tf.saved_model.load(str(output))
    served = loaded.serve(as_network_input(dataset.test_images))
    np.testing.assert_allclose(served, answers(model_path, dataset), atol=1e-5)
    # Once more over the earlier one.
    write_export(model_path, "saved_model", output)
    assert os.listdir(tmp_path) == ["exported"]


@pytest.mark.filterwarnings("ignore:.*Interpreter is deprecated")
def test_a_litert_export_answers_alike(tmp_path: Path, model_path: Path, dataset: Dataset) -> None:
    output = tmp_path / "model.bin"
    write_export(model_path, "litert", output)
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
    with nearly_full_disk(20_000), pytest.raises(DigitLabError, match="cannot be written"):
        write_export(model_path, form, tmp_path / "exported")
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("form", FORMS)
def test_an_export_never_replaces_a_folder_of_other_things(
    tmp_path: Path, model_path: Path, form: str
) -> None:
    output = tmp_path / "documents"
    output.mkdir()
    (output / "letter.txt").touch()
    with pytest.raises(DigitLabError, match="other things in it"):
        write_export(model_path, form, output)
    assert os.listdir(output) == ["letter.txt"]


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


def odd_networks() -> dict[str, keras.Model]:
    """Networks of other apps, built in ways that this app never builds one."""
    image, other, third = (keras.Input((28, 28, 1)) for _ in range(3))
    inner = keras.Model(image, layers.Conv2D(4, 3)(image))
    twice = layers.Conv2D(1, 3, padding="same")
    ending = keras.Sequential([layers.Flatten(), layers.Dense(10, activation="softmax")])
    head = layers.Dense(10, activation="softmax")
    return {
        "a network within": keras.Model(other, head(layers.Flatten()(inner(other)))),
        "a layer used twice": keras.Model(third, ending(twice(twice(third)))),
        "no softmax": keras.Sequential(
            [layers.Input((28, 28, 1)), layers.Flatten(), layers.Dense(10)]
        ),
        "other layers": keras.Sequential(
            [
                layers.Input((28, 28, 1)),
                layers.RandomRotation(0.1),
                layers.GroupNormalization(1),
                layers.SeparableConv2D(4, 3),
                layers.PReLU(),
                layers.Conv2DTranspose(2, 3),
                layers.UpSampling2D(),
                layers.Flatten(),
                layers.Dense(10),
                layers.Softmax(),
            ]
        ),
    }


@pytest.mark.parametrize(
    "name", ["a network within", "a layer used twice", "no softmax", "other layers"]
)
def test_networks_of_other_apps_answer_alike(name: str, dataset: Dataset) -> None:
    model = odd_networks()[name]
    classifier = Classifier(to_litert(model))
    expected = KerasClassifier(model).probabilities(dataset.test_images)
    found = classifier.probabilities(dataset.test_images)
    np.testing.assert_allclose(found, expected, atol=1e-4)
    inside = classifier.inside(dataset.test_images[0].astype(np.float32) / 255)
    last = list(inside.layers.values())[-1]
    np.testing.assert_allclose(last, expected[0], atol=1e-4)


def test_a_network_of_sixteen_bits_answers_in_full(dataset: Dataset) -> None:
    keras.mixed_precision.set_global_policy("mixed_bfloat16")
    try:
        model = build("simple_cnn")
    finally:
        keras.mixed_precision.set_global_policy("float32")
    found = Classifier(to_litert(model)).probabilities(dataset.test_images)
    expected = KerasClassifier(model).probabilities(dataset.test_images)
    np.testing.assert_allclose(found, expected, atol=0.02)


def test_a_network_without_a_litert_form_is_refused() -> None:
    name = "not a name for TensorFlow"
    model = keras.Sequential(
        [layers.Input((28, 28, 1)), layers.Flatten(name=name), layers.Dense(10)]
    )
    with pytest.raises(DigitLabError, match="LiteRT has no form"):
        to_litert(model)


def test_a_file_is_converted(model_path: Path, classifier: Classifier, dataset: Dataset) -> None:
    form = convert(model_path.read_bytes(), "tiny", report=ignore, control=RunControl())
    np.testing.assert_allclose(
        Classifier(form).probabilities(dataset.test_images),
        classifier.probabilities(dataset.test_images),
        atol=1e-6,
    )
    with pytest.raises(DigitLabError, match="tiny is broken"):
        convert(b"garbage", "tiny", report=ignore, control=RunControl())
