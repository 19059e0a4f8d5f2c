import gzip
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from PIL import Image, ImageDraw

from mnist_app.cli import commands
from mnist_app.core.data import datasets
from mnist_app.core.data.datasets import Dataset
from mnist_app.core.errors import DigitLabError
from mnist_app.core.models import model_store
from mnist_app.core.presets import PRESETS
from mnist_app.core.settings import DATASETS, TrainingConfig

ROOT = Path(__file__).parents[2]
SEVEN: dict[str, Any] = {"strokes": [[[0, 0], [60, 0], [25, 90]]], "label": 7}
BLANK: dict[str, Any] = {"strokes": []}
SEVENTY = {"strokes": [*SEVEN["strokes"], [[120, 0], [90, 45], [120, 90], [150, 45], [120, 0]]]}


class Outcome(NamedTuple):
    """The exit status of a command, and its output."""

    status: int
    out: str
    err: str

    @property
    def objects(self) -> list[dict[str, Any]]:
        """Standard output as one JSON object a line."""
        return [json.loads(line) for line in self.out.splitlines()]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Any:
    """Call the command line as `python -m mnist_app` does, without a new process."""

    def call(*words: str | Path) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["mnist_app", *map(str, words)])
        capfd.readouterr()
        try:
            commands.main()
            status = 0
        except SystemExit as end:
            status = int(end.code or 0)
        return Outcome(status, *capfd.readouterr())

    return call


def is_one_plain_line(text: str) -> bool:
    return text.count("\n") == 1 and text.endswith(".\n") and "Traceback" not in text


@pytest.fixture
def strokes(tmp_path: Path) -> Path:
    path = tmp_path / "drawings.jsonl"
    lines = [json.dumps(SEVEN), "", json.dumps(BLANK), json.dumps(SEVENTY)]
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    image = Image.new("L", (100, 100), 255)
    ImageDraw.Draw(image).line([(30, 25), (70, 25), (45, 80)], fill=0, width=8)
    image.save(tmp_path / "seven.png")
    return tmp_path / "seven.png"


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


def test_strokes_are_read_one_object_a_line_in_order(
    run: Any, strokes: Path, model_path: Path
) -> None:
    outcome = run("read", strokes, "--model", model_path, "--format", "json")
    seven, blank, seventy = outcome.objects
    assert (outcome.status, outcome.err) == (0, "")
    assert [item["source"] for item in outcome.objects] == [f"{strokes}:{n}" for n in (1, 3, 4)]
    (digit,) = seven["digits"]
    assert seven["text"] == str(digit["digit"])
    assert len(digit["probabilities"]) == 10
    assert digit["probability"] == max(digit["probabilities"])
    assert sum(digit["probabilities"]) == pytest.approx(1, abs=1e-4)
    assert (blank["text"], blank["digits"]) == ("", [])
    assert blank["reason"] == "There is no ink to read."
    assert len(seventy["digits"]) == 1
    assert "reason" not in seven


def test_a_number_is_read_from_left_to_right(run: Any, strokes: Path, model_path: Path) -> None:
    outcome = run("read", strokes, "--model", model_path, "--as", "number", "--format", "json")
    assert [len(item["digits"]) for item in outcome.objects] == [1, 0, 2]
    assert [len(item["text"]) for item in outcome.objects] == [1, 0, 2]


def test_every_kind_of_file_is_read_to_the_same_answer(
    run: Any, tmp_path: Path, model_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "one.json").write_text(json.dumps(SEVEN, indent=1))
    (tmp_path / "many.jsonl").write_text(json.dumps(SEVEN))
    (tmp_path / "packed.jsonl.gz").write_bytes(gzip.compress(json.dumps(SEVEN).encode()))
    names = ["one.json", "many.jsonl", "packed.jsonl.gz"]
    monkeypatch.chdir(tmp_path)
    outcome = run("read", *names, "--model", model_path, "--format", "json")
    assert [item["source"] for item in outcome.objects] == [
        "one.json",
        "many.jsonl:1",
        "packed.jsonl.gz:1",
    ]
    assert len({json.dumps(item["digits"]) for item in outcome.objects}) == 1


def test_pictures_and_strokes_mix(run: Any, picture: Path, strokes: Path, model_path: Path) -> None:
    outcome = run("read", picture, strokes, picture, "--model", model_path)
    lines = outcome.out.splitlines()
    assert outcome.status == 0
    assert len(lines) == 5
    assert lines[0] == lines[4]
    assert "nothing read. There is no ink to read." in lines[2]


def test_more_drawings_than_fit_one_batch_stay_in_order(
    run: Any, tmp_path: Path, model_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "CHUNK", 4)
    path = tmp_path / "many.jsonl"
    path.write_text("\n".join(json.dumps(BLANK if n % 3 else SEVEN) for n in range(10)))
    found = run("read", path, "--model", model_path, "--format", "json").objects
    assert [bool(item["digits"]) for item in found] == [n % 3 == 0 for n in range(10)]
    assert [item["source"] for item in found] == [f"{path}:{n + 1}" for n in range(10)]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("bad.png", b"not a picture"),
        ("bad.png", b""),
        ("bad.tiff", b"II*\0\x08\0\0\0\xff\xff" + bytes(40)),
        ("bad.json", b"not json"),
        ("bad.json", b"[" * 100_000),
        ("bad.json", b"\xff\xfe"),
        ("bad.jsonl", b'{"strokes": [[[1e999, 0]]]}'),
        ("bad.jsonl", b'{"strokes": [[[1' + b"0" * 400 + b", 0]]]}"),
        ("bad.jsonl", b"7"),
        ("bad.jsonl.gz", b"not gzip"),
        ("bad.jsonl.gz", gzip.compress(b'{"strokes": []}', mtime=0)[:-10]),
    ],
)
def test_what_cannot_be_read_gives_a_reason_and_the_rest_is_read(
    run: Any, tmp_path: Path, picture: Path, model_path: Path, name: str, content: bytes
) -> None:
    (tmp_path / name).write_bytes(content)
    outcome = run("read", tmp_path / name, picture, "--model", model_path, "--format", "json")
    bad, good = outcome.objects
    assert (bad["text"], bad["digits"]) == ("", [])
    assert bad["reason"]
    assert good["text"]
    assert outcome.status == 1
    assert is_one_plain_line(outcome.err)
    assert name in outcome.err


def test_a_missing_file_among_others_is_named(
    run: Any, tmp_path: Path, picture: Path, model_path: Path
) -> None:
    missing = [tmp_path / "missing.png", tmp_path / "missing.jsonl"]
    outcome = run("read", *missing, picture, "--model", model_path)
    assert outcome.status == 1
    assert len(outcome.out.splitlines()) == 3
    assert "missing.png: It cannot be opened" in outcome.err
    assert "(1 more like this.)" in outcome.err


def test_a_model_of_other_pictures_says_so_before_it_reads(
    run: Any, tmp_path: Path, picture: Path, model_path: Path
) -> None:
    boots = Path(shutil.copy(model_path, tmp_path / "boots.keras"))
    card = json.loads(model_path.with_suffix(".json").read_text())
    card["class_names"] = list(datasets.class_names("fashion_mnist"))
    boots.with_suffix(".json").write_text(json.dumps(card))
    outcome = run("read", picture, "--model", boots)
    assert outcome.err == "Note: boots was not trained on digits.\n"
    assert outcome.out
    assert run("read", picture, "--model", model_path).err == ""


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
    words = ["--dataset", "optdigits", "--architecture", "dense", "--batch-size", "32"]
    outcome = run(
        "train",
        *words,
        "--epochs",
        "2",
        "--seed",
        "5",
        "--limit",
        "800",
        "--title",
        "My net",
        "--output",
        path,
        "--format",
        "json",
    )
    (found,) = outcome.objects
    assert (outcome.status, outcome.err) == (0, "")
    assert found["card"]["title"] == "My net"
    assert found["card"]["settings"]["limit"] == 800
    assert found["card"]["seed"] == 5
    assert str(tmp_path) not in found["card"]["command"]
    assert "--limit 800" in found["card"]["command"]
    (again,) = run("evaluate", path, "--dataset", "optdigits", "--format", "json").objects
    assert again["accuracy"] == pytest.approx(found["evaluation"]["accuracy"])
    assert run("read", picture, "--model", path).status == 0


def test_train_says_in_words_what_it_made(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "net.keras"
    outcome = run(
        "train",
        "--dataset",
        "optdigits",
        "--preset",
        "ten-seconds",
        "--limit",
        "200",
        "--output",
        path,
    )
    first, second = outcome.out.splitlines()
    assert first.startswith(f"Saved {path}")
    assert "of 360 read right" in second
    assert outcome.err == ""
    card = model_store.describe(path).card
    assert card is not None
    expected = {**PRESETS["ten-seconds"], "dataset": "optdigits", "limit": 200}
    assert TrainingConfig(**card.settings) == TrainingConfig(**expected)


@pytest.mark.filterwarnings("ignore:.*Interpreter is deprecated")
@pytest.mark.parametrize("form", ["saved_model", "litert"])
def test_export_writes_what_tensorflow_loads(
    run: Any, tmp_path: Path, model_path: Path, form: str, dataset: Dataset
) -> None:
    import tensorflow as tf

    output = tmp_path / "exported"
    outcome = run("export", model_path, "--format", form, "--output", output)
    assert outcome == (0, f"Wrote {output}.\n", "")
    assert os.listdir(tmp_path) == ["exported"]
    if form == "saved_model":
        assert tf.saved_model.contains_saved_model(str(output))
    else:
        (taken,) = tf.lite.Interpreter(str(output)).get_input_details()
        assert taken["shape"].tolist() == [1, 28, 28, 1]


def process(*words: str | Path, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "mnist_app", *map(str, words)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        **options,
    )


def test_a_process_keeps_libraries_from_talking(picture: Path, model_path: Path) -> None:
    """TensorFlow greets on standard error when it starts, Keras warns of what it would rather."""
    found = process("read", picture, "--model", model_path, "--format", "json")
    assert (found.returncode, found.stderr) == (0, "")
    assert json.loads(found.stdout)["text"]


@pytest.mark.parametrize("words", [["read", "PICTURE"], ["evaluate", "--dataset", "optdigits"]])
def test_what_only_answers_loads_no_tensorflow(words: list[str], picture: Path) -> None:
    told = [str(picture) if word == "PICTURE" else word for word in words]
    program = (
        f"import sys; sys.argv = {['mnist_app', *told]}\n"
        "from mnist_app.cli import commands as cli\n"
        "cli.main()\n"
        "print(sorted({'tensorflow', 'keras'} & set(sys.modules)))"
    )
    found = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=120
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


def test_a_process_that_fails_prints_one_line(tmp_path: Path, model_path: Path) -> None:
    broken = tmp_path / "broken.keras"
    broken.write_bytes(model_path.read_bytes()[:1000])
    found = process("evaluate", broken, "--dataset", "optdigits")
    assert (found.returncode, found.stdout) == (1, "")
    assert is_one_plain_line(found.stderr)
    assert "broken" in found.stderr


def test_a_reader_that_leaves_early_is_no_traceback() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as pipe:
        found = subprocess.run(
            [sys.executable, "-m", "mnist_app", "datasets"],
            cwd=ROOT,
            stdout=pipe,
            stderr=subprocess.PIPE,
            text=True,
            timeout=120,
        )
    assert "Traceback" not in found.stderr
    assert found.returncode == 1
