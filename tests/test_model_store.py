import base64
import json
import os
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from samples import nearly_full_disk

from mnist_app import model_store
from mnist_app.classifier import as_network_input
from mnist_app.datasets import DIGIT_NAMES, Dataset
from mnist_app.errors import DigitLabError
from mnist_app.lab.architectures import build
from mnist_app.lab.keras_classifier import KerasClassifier
from mnist_app.model_store import ModelCard, describe, export, load, path_for, save


def card(title: str = "A title") -> ModelCard:
    return ModelCard(
        title=title,
        dataset="mnist",
        architecture="dense",
        settings={"epochs": 1},
        seed=1,
        class_names=DIGIT_NAMES,
        weights=5,
        versions={"keras": "3"},
        results={},
    )


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that MNIST_APP_MODELS names, and nothing shipped."""
    monkeypatch.setattr(model_store, "SHIPPED", tmp_path / "shipped" / "digit_lab.keras")
    folder = tmp_path / "models"
    folder.mkdir()
    return folder


def answers(path: Path, dataset: Dataset) -> np.ndarray:
    return KerasClassifier(load(path)).probabilities(dataset.test_images)


def test_a_saved_model_answers_as_before(models: Path, dataset: Dataset) -> None:
    model = build("deep_cnn")
    stored = save(model, card(), models / "new.keras")
    expected = KerasClassifier(model).probabilities(dataset.test_images)
    np.testing.assert_allclose(answers(stored.path, dataset), expected, atol=1e-6)
    assert sorted(os.listdir(models)) == ["new.json", "new.keras"]


def test_a_card_survives_the_disk(models: Path) -> None:
    stored = save(build("dense"), card(), models / "new.keras")
    assert stored.card is not None
    assert stored.card.class_names == DIGIT_NAMES
    assert stored.card.title == stored.title == "A title"
    assert stored.name == "new"
    assert stored.reads_digits
    assert not stored.is_shipped
    assert describe(stored.path) == stored


@pytest.mark.parametrize("text", ["", "{", "[]", "7", "null", "{}", '{"title": 5}', "\0"])
def test_without_a_readable_card_a_model_is_known_by_its_file(models: Path, text: str) -> None:
    stored = save(build("dense"), card(), models / "new.keras")
    stored.path.with_suffix(".json").write_text(text)
    again = describe(stored.path)
    assert again.card is None
    assert again.title == "new"
    assert again.class_names == DIGIT_NAMES


def test_a_save_onto_a_full_disk_leaves_nothing_behind(models: Path) -> None:
    model = build("dense")
    with nearly_full_disk(50_000), pytest.raises(DigitLabError, match="cannot be written"):
        save(model, card(), models / "new.keras")
    assert os.listdir(models) == []


def test_a_failed_save_keeps_the_earlier_model(models: Path, dataset: Dataset) -> None:
    path = models / "new.keras"
    save(build("dense"), card("Before"), path)
    before = answers(path, dataset)
    with nearly_full_disk(50_000), pytest.raises(DigitLabError):
        save(build("dense"), card("After"), path)
    np.testing.assert_array_equal(answers(path, dataset), before)
    assert describe(path).title == "Before"


def test_a_place_that_cannot_be_written_is_named(models: Path) -> None:
    (models / "file").touch()
    with pytest.raises(DigitLabError, match=r"new\.keras cannot be written"):
        save(build("dense"), card(), models / "file" / "new.keras")
    with pytest.raises(DigitLabError, match=r"must end in \.keras"):
        save(build("dense"), card(), models / "new.h5")
    assert os.listdir(models) == ["file"]


def test_models_are_listed_the_shipped_one_first_then_the_newest(models: Path) -> None:
    assert model_store.models() == []
    for age, name in enumerate(["newest", "middle", "oldest"]):
        (models / f"{name}.keras").touch()
        os.utime(models / f"{name}.keras", (1000 - age, 1000 - age))
    (models / "notes.txt").touch()
    model_store.SHIPPED.parent.mkdir()
    model_store.SHIPPED.touch()
    assert [model.name for model in model_store.models()] == [
        "digit_lab",
        "newest",
        "middle",
        "oldest",
    ]
    assert model_store.models()[0].is_shipped
    assert model_store.models()[2].path == models / "middle.keras"


def test_models_of_the_same_title_are_told_apart(models: Path) -> None:
    for name, title in (("one", "Alike"), ("two", "Alike"), ("three", "Other")):
        save(build("dense"), card(title), models / f"{name}.keras")
    assert model_store.titles(model_store.models()) == {
        "one": "Alike (one)", "two": "Alike (two)", "three": "Other",
    }  # fmt: skip


def test_a_new_model_takes_a_place_that_is_free_when_it_is_saved(models: Path) -> None:
    first = save(build("dense"), card(title="Net"), None)
    second = save(build("dense"), card(title="Net"), None)
    assert (first.path.name, second.path.name) == ("net.keras", "net-2.keras")


def test_a_model_that_is_gone_does_not_hide_the_others(models: Path) -> None:
    save(build("dense"), card(), models / "mine.keras")
    (models / "gone.keras").symlink_to(models / "nowhere.keras")
    assert [model.name for model in model_store.models()] == ["mine"]


@pytest.mark.parametrize(
    "change", [{"title": 2024}, {"class_names": [0, 1]}, {"training": "long"}, {"weights": "few"}]
)
def test_a_card_with_values_of_another_kind_is_none(models: Path, change: dict[str, Any]) -> None:
    stored = save(build("dense"), card(), models / "mine.keras")
    assert stored.card is not None
    path = stored.path.with_suffix(".json")
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    assert model_store.describe(stored.path).card is None


def test_a_missing_folder_holds_no_models(models: Path) -> None:
    models.rmdir()
    assert model_store.models() == []


def test_without_a_setting_models_are_kept_beside_the_shipped_one(
    models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert model_store.folder() == models
    monkeypatch.delenv("MNIST_APP_MODELS")
    assert model_store.folder() == model_store.SHIPPED.parent


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("My first network!", "my-first-network"),
        ("../../etc/passwd", "etc-passwd"),
        ("数字", "model"),
        ("", "model"),
        ("digit_lab", "digit-lab"),
        ("x" * 300, "x" * 60),
    ],
)
def test_a_title_becomes_a_harmless_path(models: Path, title: str, name: str) -> None:
    assert path_for(title) == models / f"{name}.keras"


def test_a_taken_path_is_never_given_again(models: Path) -> None:
    for expected in ("net", "net-2", "net-3"):
        path = path_for("Net")
        assert path.name == f"{expected}.keras"
        path.touch()


# From here on: files from elsewhere.


def rewrite(path: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    """Save a plain network, then change its configuration as a stranger might."""
    save(build("dense"), card(), path)
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
    from keras import Sequential, layers

    traces: list[str] = []

    def leave_trace(batch: Any) -> Any:
        traces.append("ran")
        return batch

    model = Sequential([layers.Input((28, 28, 1)), layers.Flatten(), layers.Dense(10)])
    model.add(layers.Lambda(leave_trace))
    path = models / "foreign.keras"
    model.save(path)
    traces.clear()
    with pytest.raises(DigitLabError, match="could run code"):
        load(path)
    assert traces == []


@pytest.mark.parametrize("module", ["os", "keras_evil", "subprocess", "mnist_app.cli", "kerasx.y"])
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
            "class_name": "Constant", "module": "keras.initializers", "config": {"value": [[evil]]},
        }  # fmt: skip

    with pytest.raises(DigitLabError, match="could run code"):
        load(rewrite(models / "m.keras", hide))


def test_an_older_format_cannot_slip_past_the_check(models: Path) -> None:
    """A file may be two formats at once; which one Keras reads hangs on the suffix."""
    stored = save(build("dense"), card(), models / "m.keras")
    shutil.copy(stored.path, models / "m.h5")
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
    path = save(build("dense"), card(), models / "m.keras").path
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
    path = save(build("dense"), card(), models / "m.keras").path
    monkeypatch.setattr(model_store, "MAX_UNPACKED_BYTES", 1000)
    with pytest.raises(DigitLabError, match="too large"):
        load(path)


def test_a_model_for_other_pictures_is_refused(models: Path) -> None:
    save(build("dense", classes=3), card(), models / "m.keras")
    with pytest.raises(DigitLabError, match="28 x 28 x 1 to 10 classes"):
        load(models / "m.keras")


def test_a_missing_model_is_named(models: Path) -> None:
    with pytest.raises(DigitLabError, match="There is no model at"):
        load(models / "m.keras")


def test_a_saved_model_export_answers_alike(
    tmp_path: Path, model_path: Path, dataset: Dataset
) -> None:
    import tensorflow as tf

    output = tmp_path / "exported"
    export(model_path, "saved_model", output)
    loaded = tf.saved_model.load(str(output))
    served = loaded.serve(as_network_input(dataset.test_images))
    np.testing.assert_allclose(served, answers(model_path, dataset), atol=1e-5)
    # Once more over the earlier one.
    export(model_path, "saved_model", output)
    assert os.listdir(tmp_path) == ["exported"]


@pytest.mark.filterwarnings("ignore:.*Interpreter is deprecated")
def test_a_litert_export_answers_alike(tmp_path: Path, model_path: Path, dataset: Dataset) -> None:
    import tensorflow as tf

    output = tmp_path / "model.bin"
    export(model_path, "litert", output)
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


@pytest.mark.parametrize("form", ["saved_model", "litert"])
def test_an_export_onto_a_full_disk_leaves_nothing_behind(
    tmp_path: Path, model_path: Path, form: str
) -> None:
    with nearly_full_disk(20_000), pytest.raises(DigitLabError, match="cannot be written"):
        export(model_path, form, tmp_path / "exported")
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("form", ["saved_model", "litert"])
def test_an_export_never_replaces_a_folder_of_other_things(
    tmp_path: Path, model_path: Path, form: str
) -> None:
    output = tmp_path / "documents"
    output.mkdir()
    (output / "letter.txt").touch()
    with pytest.raises(DigitLabError, match="other things in it"):
        export(model_path, form, output)
    assert os.listdir(output) == ["letter.txt"]
