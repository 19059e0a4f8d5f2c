import json
import shlex
import shutil
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from mnist_app.cli.train import train
from mnist_app.core import settings
from mnist_app.core.data.datasets import Dataset, class_names
from mnist_app.core.errors import DigitLabError
from mnist_app.core.models import model_store
from mnist_app.core.models.model_card import ModelCard
from mnist_app.core.presets import PRESETS
from mnist_app.core.runs import checkpoints
from mnist_app.lab.networks import architectures, model_files
from mnist_app.lab.training import distributed
from mnist_app.lab.training.run_callback import RunCallback
from tests.support.samples import ROOT, in_a_process_of_its_own

SETTINGS = (
    "--dataset=optdigits --architecture=dense --batch-size=32 --epochs=4 --limit=320 "
    "--learning-rate=0.003 --schedule=cosine --rotation=5"
).split()
# The same command in a process that is killed in the middle of its third epoch.
KILLED = """
import os, signal, sys
from mnist_app.cli import commands as cli
from mnist_app.lab.training.run_callback import RunCallback
note, steps = RunCallback.on_train_batch_end, []
def then_die(run, batch, logs):
    note(run, batch, logs)
    steps.append(batch)
    if len(steps) == 9 + 9 + 5:
        os.kill(os.getpid(), signal.SIGKILL)
RunCallback.on_train_batch_end = then_die
sys.argv = ["mnist_app", "train", *WORDS]
cli.main()
"""


def command(*words: str | Path, **options: Any) -> Result:
    return CliRunner().invoke(train, [*map(str, words)], **options)


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder in which a run was killed: it holds a checkpoint, and no model."""
    folder = tmp_path_factory.mktemp("killed")
    words = [*SETTINGS, f"--output={folder / 'net.keras'}"]
    process = in_a_process_of_its_own(KILLED.replace("WORDS", str(words)))
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert [path.name for path in folder.iterdir()] == ["net.checkpoint"]
    return folder


@pytest.fixture
def interrupted(killed: Path, tmp_path: Path) -> Path:
    """Return where the model goes of a run that was killed."""
    shutil.copytree(killed, tmp_path, dirs_exist_ok=True)
    return tmp_path / "net.keras"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the model of the same run, not killed."""
    path = tmp_path_factory.mktemp("whole") / "whole.keras"
    assert command(*SETTINGS, "--output", path).exit_code == 0
    return path


def weights(path: Path) -> list[np.ndarray]:
    return model_files.load(path).get_weights()


def assert_close(ours: Path, theirs: Path) -> None:
    for one, other in zip(weights(ours), weights(theirs), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-3)


def card_of(path: Path) -> ModelCard:
    card = model_store.describe(path).card
    assert card is not None
    return card


@pytest.mark.parametrize("given", [[], SETTINGS], ids=["bare", "the same settings"])
def test_a_run_that_was_killed_goes_on_and_ends_as_if_it_had_not(
    given: list[str], interrupted: Path, whole: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    epochs: list[int] = []
    begin = RunCallback.on_epoch_begin

    def counting(run: RunCallback, epoch: int, logs: Any = None) -> None:
        epochs.append(epoch)
        begin(run, epoch, logs)

    monkeypatch.setattr(RunCallback, "on_epoch_begin", counting)
    resumed = command("--resume", *given, "--output", interrupted, "--format=json")
    assert resumed.exit_code == 0, resumed.output
    assert epochs == [2, 3], "two of the four epochs were done"
    card = json.loads(resumed.stdout)["card"]
    assert card["training"]["epochs"] == 4
    assert [point[0] for point in card["training"]["curves"]["validation"]] == [1, 2, 3, 4]
    assert "--learning-rate 0.003" in card["command"]
    assert_close(interrupted, whole)
    assert not interrupted.with_suffix(".checkpoint").exists(), "what is over leaves none"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("--resume --seed=9", "other settings"),
        ("--resume --limit=300", "other settings"),
        ("--resume --teacher=dense.keras", "another --start-from or --teacher"),
        ("--resume --start-from=dense.keras", "another --start-from or --teacher"),
        ("--teacher=missing.keras", "There is no model"),
        ("--teacher=boots.keras", "boots.keras cannot teach optdigits"),
        ("--start-from=missing.keras", "There is no model"),
        ("--start-from=boots.keras", "a different kind of network"),
    ],
)
def test_what_is_refused_costs_no_checkpoint(
    words: str, sentence: str, interrupted: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(interrupted.parent)
    architectures.build("dense").save("dense.keras")
    shutil.copy(model_store.SHIPPED, "boots.keras")
    card = vars(card_of(model_store.SHIPPED)) | {"class_names": class_names("fashion_mnist")}
    Path("boots.json").write_text(json.dumps(card))
    refused = command(*SETTINGS, *words.split(), "--output", interrupted)
    assert isinstance(refused.exception, DigitLabError)
    assert sentence in str(refused.exception)
    assert checkpoints.exists(interrupted.with_suffix(".checkpoint"))
    assert not interrupted.exists()


def test_without_a_checkpoint_nothing_is_resumed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # It is told before anything heavy begins.
    monkeypatch.setattr(distributed, "is_on", lambda: pytest.fail("TensorFlow was loaded"))
    for given in ([], SETTINGS):
        refused = command("--resume", *given, "--output", tmp_path / "net.keras")
        assert isinstance(refused.exception, DigitLabError)
        assert "nothing to resume" in str(refused.exception)


def interrupt(*_: Any) -> None:
    raise KeyboardInterrupt


def test_a_new_run_drops_an_older_checkpoint_at_its_first_step(
    interrupted: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoint, note = interrupted.with_suffix(".checkpoint"), RunCallback.on_train_batch_end

    def note_and_interrupt(run: RunCallback, batch: int, logs: Any) -> None:
        note(run, batch, logs)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(RunCallback, "on_train_begin", interrupt)
        result = command(*SETTINGS, "--output", interrupted)
        assert not isinstance(result.exception, DigitLabError), "the old run is not this one's"
        assert checkpoints.exists(checkpoint)
    monkeypatch.setattr(RunCallback, "on_train_batch_end", note_and_interrupt)
    resumed = command("--resume", "--output", interrupted)
    assert "add --resume" in str(resumed.exception)
    assert checkpoints.exists(checkpoint)
    assert command(*SETTINGS, "--output", interrupted).exit_code == 1
    assert not checkpoints.exists(checkpoint)


@pytest.mark.parametrize("precision", settings.PRECISIONS)
def test_a_run_starts_from_another_model_and_says_so(
    precision: str, whole: Path, tmp_path: Path
) -> None:
    path = tmp_path / "second.keras"
    barely = ["--learning-rate=0.00001", "--epochs=1", f"--precision={precision}"]
    assert command(*SETTINGS, *barely, "--start-from", whole, "--output", path).exit_code == 0
    assert_close(path, whole)
    card = card_of(path)
    assert "--start-from whole.keras" in card.command
    assert card.training["started from a model"] is True


def test_a_run_learns_from_teachers_and_says_so(tmp_path: Path, digits: Dataset) -> None:
    teacher, student = tmp_path / "teacher.keras", tmp_path / "student.keras"
    always_three = architectures.build("dense")
    always_three.layers[-1].set_weights([np.zeros((128, 10)), 20 * np.eye(10)[3]])
    always_three.save(teacher)
    taught = command(*SETTINGS, "--teacher", teacher, "--teacher", teacher, "--output", student)
    assert taught.exit_code == 0
    card = card_of(student)
    assert card.command.count("--teacher teacher.keras") == 2
    assert card.training["teachers"] == 2
    assert card.training["started from a model"] is False
    answers = model_store.classifier(student).probabilities(digits.test_images)
    assert np.mean(answers.argmax(axis=1) == 3) > 0.95


@pytest.mark.parametrize(
    "name", ["digit_lab", "teachers/residual", "teachers/student", "teachers/student2"]
)
def test_a_models_card_and_its_page_say_how_it_was_made(name: str) -> None:
    path = ROOT / "models" / f"{name}.keras"
    card = card_of(path)
    given = train.make_context("train", shlex.split(card.command)[4:]).params
    assert ROOT / given["output"] == path
    chosen = {row.name: given[row.name] for row in settings.SETTINGS if given[row.name] is not None}
    config = settings.TrainingConfig(**{**PRESETS[given["preset"]], **chosen})
    assert settings.TrainingConfig(**card.settings) == config
    assert card.training.get("teachers", 0) == len(given["teachers"])
    for other in filter(None, (given["start_from"], *given["teachers"])):
        assert model_files.load(ROOT / other).count_params() > 100_000
    page = (ROOT / "docs" / "shipped-model.md").read_text(encoding="utf-8")
    untitled = card.command.replace(f" --title '{card.title}'", "")
    assert untitled in page.replace(f' --title "{card.title}"', "")
    for figures in card.results.values():
        assert f"{figures['accuracy']:.2%}".replace("%", " %") in page


def test_the_plain_teacher_is_of_its_preset() -> None:
    card = card_of(ROOT / "models" / "teachers" / "plain.keras")
    config = settings.TrainingConfig(**PRESETS["teacher"], precision=card.settings["precision"])
    assert settings.TrainingConfig(**card.settings) == config
