import json
import shlex
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from mnist_app.cli.train import train
from mnist_app.core import settings
from mnist_app.core.data.datasets import class_names, optdigits
from mnist_app.core.errors import DigitLabError
from mnist_app.core.models import model_store
from mnist_app.core.presets import PRESETS
from mnist_app.core.runs import checkpoints
from mnist_app.lab.networks import model_files
from mnist_app.lab.training import distributed
from mnist_app.lab.training.run_callback import RunCallback
from tests.support.samples import ROOT, in_a_process_of_its_own

SETTINGS = [
    "--dataset=optdigits",
    "--architecture=dense",
    "--batch-size=32",
    "--epochs=4",
    "--limit=320",
    "--learning-rate=0.003",
    "--schedule=cosine",
    "--rotation=5",
]
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


def interrupted(output: Path) -> None:
    words = [*SETTINGS, f"--output={output}"]
    process = in_a_process_of_its_own(KILLED.replace("WORDS", str(words)))
    process.communicate(timeout=120)
    assert process.returncode == -signal.SIGKILL
    assert not output.exists()


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The epochs, from 0, that are trained from here on."""
    epochs: list[int] = []
    begin = RunCallback.on_epoch_begin

    def counting(run: RunCallback, epoch: int, logs: Any = None) -> None:
        epochs.append(epoch)
        begin(run, epoch, logs)

    monkeypatch.setattr(RunCallback, "on_epoch_begin", counting)
    return epochs


@pytest.mark.parametrize("given", [[], SETTINGS], ids=["bare", "the same settings"])
def test_a_run_that_was_killed_goes_on_and_ends_as_if_it_had_not(
    given: list[str], tmp_path: Path, counted: list[int]
) -> None:
    output, other = tmp_path / "net.keras", tmp_path / "whole.keras"
    interrupted(output)
    assert checkpoints.exists(tmp_path / "net.checkpoint")
    resumed = command("--resume", *given, "--output", output, "--format=json")
    assert resumed.exit_code == 0, resumed.output
    assert counted == [2, 3], "two of the four epochs were done"
    card = json.loads(resumed.stdout)["card"]
    assert card["training"]["epochs"] == 4
    assert [point[0] for point in card["training"]["curves"]["validation"]] == [1, 2, 3, 4]
    assert "--learning-rate 0.003" in card["command"]
    assert command(*SETTINGS, "--output", other).exit_code == 0
    mine, theirs = (model_files.load(path).get_weights() for path in (output, other))
    for one, another in zip(mine, theirs, strict=True):
        np.testing.assert_allclose(one, another, atol=1e-3)
    assert not list(tmp_path.glob("*.checkpoint")), "what is over leaves no checkpoint"


def test_other_settings_and_other_pictures_are_refused(tmp_path: Path) -> None:
    output = tmp_path / "net.keras"
    interrupted(output)
    for changed in ("--seed=9", "--limit=300"):
        refused = command("--resume", *SETTINGS, changed, "--output", output)
        assert isinstance(refused.exception, DigitLabError)
        assert "other settings" in str(refused.exception)
    assert checkpoints.exists(tmp_path / "net.checkpoint")


def test_without_a_checkpoint_nothing_is_resumed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # It is told before anything heavy begins.
    monkeypatch.setattr(distributed, "is_on", lambda: pytest.fail("TensorFlow was loaded"))
    for given in ([], SETTINGS):
        refused = command("--resume", *given, "--output", tmp_path / "net.keras")
        assert isinstance(refused.exception, DigitLabError)
        assert "no checkpoint" in str(refused.exception)


def test_who_starts_anew_does_not_keep_what_was_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    note = RunCallback.on_train_batch_end

    def interrupt(run: RunCallback, batch: int, logs: Any) -> None:
        note(run, batch, logs)
        raise KeyboardInterrupt

    output = tmp_path / "net.keras"
    interrupted(output)
    monkeypatch.setattr(RunCallback, "on_train_batch_end", interrupt)
    resumed = command("--resume", "--output", output, standalone_mode=False)
    assert "--resume goes on" in str(resumed.exception)
    assert checkpoints.exists(tmp_path / "net.checkpoint")
    assert command(*SETTINGS, "--output", output).exit_code == 1
    assert not checkpoints.exists(tmp_path / "net.checkpoint")


@pytest.mark.parametrize("precision", settings.PRECISIONS)
def test_a_run_starts_from_another_model_and_says_so(precision: str, tmp_path: Path) -> None:
    first, second = tmp_path / "first.keras", tmp_path / "second.keras"
    assert command(*SETTINGS, "--output", first).exit_code == 0
    barely = ["--learning-rate=0.00001", "--epochs=1", f"--precision={precision}"]
    assert command(*SETTINGS, *barely, "--start-from", first, "--output", second).exit_code == 0
    old, new = (model_files.load(path).get_weights() for path in (first, second))
    for before, after in zip(old, new, strict=True):
        np.testing.assert_allclose(after, before, atol=0.001)
    card = model_store.describe(second).card
    assert card is not None
    assert "--start-from first.keras" in card.command
    assert card.training["started from a model"] is True


def test_a_run_learns_from_teachers_and_says_so(tmp_path: Path) -> None:
    teacher, student = tmp_path / "teacher.keras", tmp_path / "student.keras"
    untaught = model_files.load(model_store.SHIPPED)
    untaught.layers[-1].set_weights([np.zeros((128, 10)), 20 * np.eye(10)[3]])
    card = model_store.describe(model_store.SHIPPED).card
    assert card is not None
    model_store.save(model_files.packed(untaught), card, teacher)
    taught = command(*SETTINGS, "--teacher", teacher, "--teacher", teacher, "--output", student)
    assert taught.exit_code == 0
    card = model_store.describe(student).card
    assert card is not None
    assert card.command.count("--teacher teacher.keras") == 2
    assert card.training["teachers"] == 2
    assert card.training["started from a model"] is False
    test = optdigits()
    answers = model_store.classifier(student).probabilities(test.test_images)
    assert np.mean(answers.argmax(axis=1) == 3) > 0.95, "its teachers take all for a 3"


def test_a_teacher_of_other_classes_is_refused(tmp_path: Path) -> None:
    clothes = tmp_path / "clothes.keras"
    card = model_store.describe(model_store.SHIPPED).card
    assert card is not None
    other = replace(card, class_names=class_names("fashion_mnist"))
    model_store.save(model_files.packed(model_files.load(model_store.SHIPPED)), other, clothes)
    refused = command(*SETTINGS, "--teacher", clothes, "--output", tmp_path / "net.keras")
    assert isinstance(refused.exception, DigitLabError)
    assert "clothes.keras cannot teach optdigits" in str(refused.exception)


def test_a_run_goes_on_with_the_models_it_began_with_alone(tmp_path: Path) -> None:
    output = tmp_path / "net.keras"
    interrupted(output)
    for given in ("--teacher", "--start-from"):
        model = tmp_path / "other.keras"
        assert command(*SETTINGS, "--epochs=1", "--output", model).exit_code == 0
        refused = command("--resume", given, model, "--output", output)
        assert isinstance(refused.exception, DigitLabError)
        assert "other models" in str(refused.exception)
    assert checkpoints.exists(tmp_path / "net.checkpoint")


def test_what_is_refused_costs_no_checkpoint(tmp_path: Path) -> None:
    output, other, missing = (tmp_path / f"{name}.keras" for name in ("net", "other", "none"))
    command(*SETTINGS, "--architecture=lenet5", "--epochs=1", "--output", other)
    interrupted(output)
    for given, sentence in (
        (f"--start-from={missing}", "There is no model"),
        (f"--teacher={missing}", "There is no model"),
        (f"--start-from={other}", "of another design"),
    ):
        refused = command(*SETTINGS, given, "--output", output)
        assert isinstance(refused.exception, DigitLabError)
        assert sentence in str(refused.exception)
        assert checkpoints.exists(tmp_path / "net.checkpoint")
        assert not output.exists()


def test_an_interrupt_before_the_first_step_costs_no_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*told: Any) -> None:
        raise KeyboardInterrupt

    output = tmp_path / "net.keras"
    interrupted(output)
    monkeypatch.setattr(RunCallback, "on_train_begin", interrupt)
    broken_off = command(*SETTINGS, "--output", output)
    assert broken_off.exit_code == 1
    assert not isinstance(broken_off.exception, DigitLabError), "the old run is not this one's"
    assert checkpoints.exists(tmp_path / "net.checkpoint")


@pytest.mark.parametrize(
    "name", ["digit_lab", "teachers/residual", "teachers/student", "teachers/student2"]
)
def test_a_models_card_and_its_page_say_how_it_was_made(name: str) -> None:
    path = ROOT / "models" / f"{name}.keras"
    card = model_store.describe(path).card
    assert card is not None
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
    card = model_store.describe(ROOT / "models" / "teachers" / "plain.keras").card
    assert card is not None
    config = settings.TrainingConfig(**PRESETS["teacher"], precision=card.settings["precision"])
    assert settings.TrainingConfig(**card.settings) == config
