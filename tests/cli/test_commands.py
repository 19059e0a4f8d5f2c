import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

from mnist_app.core.errors import DigitLabError
from mnist_app.core.models import model_store
from mnist_app.core.presets import PRESETS
from mnist_app.core.settings import DATASETS, TrainingConfig
from tests.support.command_line import is_one_plain_line
from tests.support.samples import ROOT

# Some commands load TensorFlow.
pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (["--help"], 0),
        (["read", "--help"], 0),
        ([], 2),
        (["bake"], 2),
        (["read"], 2),
        (["read", "x.png", "--as", "letter"], 2),
        (["evaluate", "--dataset", "cifar10"], 2),
        (["export", "--format", "onnx", "--output", "x"], 2),
        (["export", "--format", "litert"], 2),
        (["train"], 2),
        (["train", "--output", "net.h5"], 2),
        (["train", "--output", "net.keras", "--epochs", "0"], 2),
        (["train", "--output", "net.keras", "--learning-rate", "nan"], 2),
        (["train", "--output", "net.keras", "--preset", "none"], 2),
        (["train", "--output", "n.keras", "--plateau", "1", "--validation-share", "0"], 2),
        (["evaluate", "missing.keras"], 1),
        (["read", "x.png", "--model", "missing.keras"], 1),
        (["read", "."], 1),
        (["read", "x.png", "--pattern", "("], 2),
        (["export", "missing.keras", "--format", "litert", "--output", "x"], 1),
        (["train", "--output", "net.keras", "--dataset", "mnist"], 1),
        (["train", "--output", "n.keras", "--dataset", "optdigits", "--extra-strokes", "no"], 1),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_exit_status(
    run: Any, words: list[str], status: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    outcome = run(*words)
    assert outcome.status == status
    assert "Traceback" not in outcome.err
    if status == 0:
        assert outcome.err == ""
    if status == 1:
        assert outcome.out == ""
        assert is_one_plain_line(outcome.err)
    assert not list(tmp_path.glob("*.keras"))


def test_settings_are_called_as_their_options_are(run: Any) -> None:
    outcome = run("train", "--output", "n.keras", "--plateau", "1", "--validation-share", "0")
    assert "--early-stopping and --plateau need held-back pictures" in outcome.err


def test_what_nobody_foresaw_is_still_one_line(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(name: str) -> None:
        raise ZeroDivisionError("two\nlines")

    monkeypatch.setattr("mnist_app.core.data.datasets.availability", fail)
    outcome = run("datasets")
    assert outcome.status == 1
    assert is_one_plain_line(outcome.err)
    assert "ZeroDivisionError: two lines" in outcome.err


def test_the_data_sets_are_listed(run: Any) -> None:
    for name, line in zip(DATASETS, run("datasets").out.splitlines(), strict=True):
        assert line.startswith(name)
    (found,) = run("datasets", "--format", "json").objects
    assert [item["name"] for item in found] == list(DATASETS)
    assert found[2]["place"] == "scikit-learn"


def test_a_model_is_evaluated(run: Any, model_path: Path) -> None:
    outcome = run("evaluate", model_path, "--dataset", "optdigits", "--format", "json")
    (found,) = outcome.objects
    assert (outcome.status, outcome.err) == (0, "")
    assert found["accuracy"] > 0.85
    assert found["images"] == np.sum(found["confusion_matrix"]) == 360
    assert {"loss", "binary_crossentropy", "seconds", "model", "dataset"} <= set(found)
    assert set(found["macro"]) == {"precision", "recall", "f1"}
    assert len(found["per_class"]) == 10
    text = run("evaluate", model_path, "--dataset", "optdigits").out
    assert f"accuracy {found['accuracy']:.2%}" in text


def test_without_a_name_the_shipped_model_is_used(
    run: Any, model_path: Path, picture: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model_store, "SHIPPED", model_path)
    assert run("read", picture).status == 0
    assert run("evaluate", "--dataset", "optdigits").out.startswith("Tiny on optdigits")


def test_train_saves_a_model_that_the_other_commands_take(
    run: Any, tmp_path: Path, picture: Path
) -> None:
    path = tmp_path / "new" / "net.keras"
    words = "--dataset optdigits --preset ten-seconds --epochs 1 --seed 5 --limit 400".split()
    outcome = run("train", *words, "--title", "My net", "--output", path, "--format", "json")
    (found,) = outcome.objects
    assert (outcome.status, outcome.err) == (0, "")
    assert (found["card"]["title"], found["card"]["seed"]) == ("My net", 5)
    told = {"dataset": "optdigits", "epochs": 1, "seed": 5, "limit": 400}
    wanted = TrainingConfig(**{**PRESETS["ten-seconds"], **told})
    assert TrainingConfig(**found["card"]["settings"]) == wanted
    assert str(tmp_path) not in found["card"]["command"]
    assert "--limit 400" in found["card"]["command"]
    (again,) = run("evaluate", path, "--dataset", "optdigits", "--format", "json").objects
    assert again["accuracy"] == pytest.approx(found["evaluation"]["accuracy"])
    assert run("read", picture, "--model", path).status == 0


def test_train_says_in_words_what_it_made(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "net.keras"
    words = "--dataset optdigits --architecture dense --epochs 1 --limit 200".split()
    outcome = run("train", *words, "--output", path)
    first, second = outcome.out.splitlines()
    assert first.startswith(f"Saved {path}")
    assert "of 360 correct" in second
    assert outcome.err == ""


@pytest.mark.parametrize("form", model_store.EXPORTS)
def test_export_writes_where_it_is_told(
    run: Any, tmp_path: Path, model_path: Path, form: str
) -> None:
    output = tmp_path / "exported"
    outcome = run("export", model_path, "--format", form, "--output", output)
    assert outcome == (0, f"Wrote {output}.\n", "")
    assert os.listdir(tmp_path) == ["exported"]


def process(*words: str | Path, **options: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *map(str, words)]
    options = {"stdout": subprocess.PIPE, **options}
    return subprocess.run(command, cwd=ROOT, text=True, stderr=subprocess.PIPE, **options)


@pytest.mark.parametrize("words", [["read", "PICTURE"], ["evaluate", "--dataset", "optdigits"]])
def test_what_only_answers_loads_no_tensorflow(words: list[str], picture: Path) -> None:
    told = [str(picture) if word == "PICTURE" else word for word in words]
    found = process(
        "-c",
        f"import sys; sys.argv = {['mnist_app', *told]}\n"
        "from mnist_app.cli import commands as cli\n"
        "cli.main()\n"
        "print(sorted({'tensorflow', 'keras'} & set(sys.modules)))",
    )
    assert found.stdout.splitlines()[-1] == "[]", found.stderr


def test_a_model_without_a_litert_form_gets_one(
    run: Any, picture: Path, model_path: Path, tmp_path: Path
) -> None:
    foreign = Path(shutil.copy(model_path, tmp_path / "foreign.keras"))
    expected = run("read", picture, "--model", model_path).out
    outcome = run("read", picture, "--model", foreign)
    assert (outcome.status, outcome.out, outcome.err) == (0, expected, "")
    assert model_store.is_ready(model_store.describe(foreign))


def test_a_network_from_elsewhere_says_what_it_wants_and_stays_as_it_is(
    run: Any, tmp_path: Path
) -> None:
    from tests.support.networks import as_keras_2, network

    foreign = tmp_path / "elsewhere" / "theirs.h5"
    foreign.parent.mkdir()
    foreign.write_bytes(as_keras_2(network((784,), ending="linear")))
    before = foreign.read_bytes()
    outcome = run("evaluate", foreign, "--dataset", "optdigits", "--format", "json")
    (found,) = outcome.objects
    assert (outcome.status, found["model"]) == (0, "theirs")
    assert found["accuracy"] > 0.9
    assert outcome.err.startswith("theirs.h5: It wants all pixels in one row. It gives scores")
    assert (os.listdir(foreign.parent), foreign.read_bytes()) == (["theirs.h5"], before)
    output = tmp_path / "theirs.tflite"
    outcome = run("export", foreign, "--format", "litert", "--output", output)
    assert (outcome.status, outcome.out) == (0, f"Wrote {output}.\n")
    assert outcome.err.startswith("theirs.h5: It wants all pixels in one row. It gives scores")
    (taken,) = Interpreter(str(output)).get_input_details()
    assert tuple(taken["shape"]) == (1, 28, 28, 1)


def test_a_model_is_read_with_where_nothing_can_be_written_beside_it(
    run: Any, picture: Path, model_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise DigitLabError("The folder cannot be written.")

    monkeypatch.setattr(model_store, "add_litert", refuse)
    foreign = Path(shutil.copy(model_path, tmp_path / "foreign.keras"))
    outcome = run("read", picture, "--model", foreign)
    assert (outcome.status, outcome.err) == (0, "")
    assert not foreign.with_suffix(".tflite").exists()


def test_a_process_that_fails_prints_one_line(tmp_path: Path) -> None:
    """TensorFlow greets on standard error when it starts."""
    broken = tmp_path / "broken.keras"
    broken.write_bytes(b"no model")
    found = process("-m", "mnist_app", "evaluate", broken, "--dataset", "optdigits")
    assert (found.returncode, found.stdout) == (1, "")
    assert is_one_plain_line(found.stderr)
    assert "damaged" in found.stderr


def test_a_reader_that_leaves_early_is_no_traceback() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as pipe:
        found = process("-m", "mnist_app", "datasets", stdout=pipe)
    assert "Traceback" not in found.stderr
    assert found.returncode == 1
