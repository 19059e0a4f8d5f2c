import builtins
import json
import os
import subprocess
import symtable
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from mnist_app.datasets import Dataset, load
from mnist_app.lab import model_files, training
from mnist_app.model_store import ModelCard
from mnist_app.repeat import learn, notebook, script
from mnist_app.settings import ARCHITECTURES, DATASETS, PRESETS, SCHEDULES, TrainingConfig
from mnist_app.steering import Steering

# Small enough to be quick; with every kind of chance that a run has.
SMALL = TrainingConfig(
    dataset="optdigits", architecture="dense", limit=320, batch_size=32, epochs=2,
    learning_rate=0.005, schedule="cosine", rotation=10.0, elastic=1.0, label_smoothing=0.1,
    dropout=0.2, seed=7,
)  # fmt: skip


class Steered(Steering):
    """Multiplies the learning rate after the steps of these numbers, and may stop after one."""

    def __init__(self, factors: dict[int, float], stop: int = 0) -> None:
        super().__init__()
        self._factors, self._stop, self._done = factors, stop, 0

    @property
    def is_paused(self) -> bool:
        self._done += 1
        if self._done in self._factors:
            self.scale_learning_rate(self._factors[self._done])
        if self._done == self._stop:
            self.stop()
        return False


def run_alone(program: str, folder: Path) -> str:
    """What a program prints that knows nothing of this package."""
    (folder / "program.py").write_text(program)
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    ended = subprocess.run(
        [sys.executable, "-I", "program.py"],
        cwd=folder, env=environment, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def missing_names(program: str) -> set[str]:
    """Names that a program uses and neither defines nor finds in Python."""
    table = symtable.symtable(program, "program", "exec")
    defined = {symbol.get_name() for symbol in table.get_symbols() if symbol.is_assigned()}
    defined |= {symbol.get_name() for symbol in table.get_symbols() if symbol.is_imported()}
    return used_names(table) - defined - set(dir(builtins)) - {"__name__"}


def used_names(table: symtable.SymbolTable) -> set[str]:
    outside = {symbol.get_name() for symbol in table.get_symbols() if symbol.is_global()}
    return outside.union(*(used_names(child) for child in table.get_children()))


def card(**values: Any) -> ModelCard:
    results = {"test": {"accuracy": 0.912, "loss": 0.3, "images": 360}}
    return ModelCard(
        "My run", "optdigits", "dense", {}, 1, tuple("0123456789"), 12, {}, results, **values
    )


def test_the_script_ends_with_the_weights_that_the_app_ended_with(tmp_path: Path) -> None:
    own = training.train(SMALL, load("optdigits"), watch=False).model
    printed = run_alone(script(SMALL), tmp_path)
    repeated = model_files.load(tmp_path / "model.keras")
    whole = keras.saving.load_model(tmp_path / "model.keras")
    assert int(whole.optimizer.iterations) == 2 * (288 // 32), "it can be trained further"
    for mine, other in zip(own.get_weights(), repeated.get_weights(), strict=True):
        assert np.allclose(mine, other, atol=1e-3)
    assert "test pictures are read right" in printed


@pytest.mark.parametrize(
    "values",
    [
        {"distractors": 0.3, "early_stopping": 1, "optimizer": "sgd", "learning_rate": 0.1},
        {"plateau": 1, "schedule": "constant", "learning_rate": 0.1, "epochs": 3},
        {"architecture": "custom", "layers": "conv 4 5, pool", "dropout": 0.3, "epochs": 1},
        {"precision": "mixed_bfloat16", "validation_share": 0.0, "epochs": 1},
        {"averaging": 0.5, "erasing": 0.4},
    ],
    ids=str,
)
def test_it_learns_as_the_app_does(values: dict[str, Any], dataset: Dataset) -> None:
    config = TrainingConfig(**{**SMALL.as_dict(), **values})
    mine = training.train(config, dataset, watch=False).model.get_weights()
    for own, other in zip(mine, learn(config, dataset).get_weights(), strict=True):
        assert np.allclose(own, other, atol=2e-3)


@pytest.mark.parametrize("dataset", DATASETS)
@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("preset", [{}, *PRESETS.values()], ids=["none", *PRESETS])
def test_any_script_is_whole(dataset: str, architecture: str, preset: dict[str, Any]) -> None:
    for schedule in SCHEDULES:
        values = {**preset, "dataset": dataset, "architecture": architecture, "schedule": schedule}
        program = script(TrainingConfig(**values))
        compile(program, "program", "exec")
        assert missing_names(program) == set()
        assert "mnist_app" not in program


def test_a_script_holds_only_what_its_run_needs() -> None:
    plain = script(TrainingConfig(architecture="dense"))
    assert "Conv2D" not in plain
    assert "pillow" not in plain
    assert "load_digits" not in plain
    assert "def _letter" not in plain
    assert "teach" not in plain
    best = script(TrainingConfig(**PRESETS["best"]))
    assert "def _letter" in best
    assert "pillow==" in best
    assert "seed: int = 1\n" in best


def test_what_was_changed_by_hand_is_repeated(tmp_path: Path) -> None:
    """In a pause, between two epochs, and with a checkpoint between the changes."""
    config = replace(SMALL, schedule="constant", epochs=3)
    digits = load("optdigits")
    first = Steered({2: 0.25, 9: 4.0, 14: 2.0}, stop=15)
    training.train(config, digits, steering=first, watch=False, checkpoint_folder=tmp_path)
    second = Steered({5: 0.1})
    own = training.train(config, digits, steering=second, watch=False, resume_from=tmp_path)
    changes = own.progress.rate_changes
    assert changes == ((2, 0.25), (9, 4.0), (14, 2.0), (20, 0.1))
    repeated = learn(config, digits, changes)
    for mine, other in zip(own.model.get_weights(), repeated.get_weights(), strict=True):
        assert np.allclose(mine, other, atol=1e-3)
    plain = learn(config, digits).get_weights()[0]
    assert not np.allclose(own.model.get_weights()[0], plain, atol=1e-2)
    # As a card that was read from its file has them.
    told = json.loads(json.dumps({"learning rate changes": changes}))
    line = f"repeat(TrainingConfig(), rate_changes={list(changes)})"
    for text in (script(config, card(training=told)), notebook(config, card(training=told))):
        assert line in text
        assert "changed by hand" in text


def test_a_run_that_diverged_does_so_again_and_keeps_the_same(dataset: Dataset) -> None:
    """In the second of three epochs."""
    config = replace(SMALL, schedule="constant", optimizer="sgd", learning_rate=0.1, epochs=3)
    own = training.train(config, dataset, steering=Steered({14: 1e200}), watch=False)
    assert own.diverged
    repeated = learn(config, dataset, own.progress.rate_changes)
    for mine, other in zip(own.model.get_weights(), repeated.get_weights(), strict=True):
        assert np.allclose(mine, other, atol=1e-3)


def test_the_notebook_holds_the_same_code(tmp_path: Path) -> None:
    book = json.loads(notebook(SMALL, card()))
    assert (book["nbformat"], book["nbformat_minor"]) == (4, 5)
    assert len({cell["id"] for cell in book["cells"]}) == len(book["cells"])
    for cell in book["cells"]:
        needed = {"id", "cell_type", "metadata", "source"}
        more = {"execution_count", "outputs"} if cell["cell_type"] == "code" else set()
        assert set(cell) == needed | more
    code = [cell["source"] for cell in book["cells"] if cell["cell_type"] == "code"]
    assert missing_names("\n".join(code)) == set()
    assert all(part in script(SMALL) for part in code)


def test_it_says_what_the_run_reached_and_what_it_cannot_repeat() -> None:
    facts = {
        "pen drawings among them": 9, "started from a model": True, "teachers": 2,
        "stopped early": True,
    }  # fmt: skip
    text = script(SMALL, card(training=facts))
    head = text[: text.index("import")]
    assert "My run" in head
    assert "91.20% of 360" in head
    assert "pen drawings" in head
    assert "began with what another model knew" in head
    assert "what other models answer" in head
    assert "stopped before its end" in head
    assert "stopped" not in script(SMALL, card())[:600]
    diverged = script(SMALL, card(training={"stopped early": True, "diverged": True}))
    head = diverged[: diverged.index("import")]
    assert "It diverged" in head
    assert "goes on to the end" not in head


def test_no_name_breaks_out_of_the_script() -> None:
    for name in ('"""\nimport os', "a\\", "\\u", '"'):
        program = script(SMALL, title=name)
        compile(program, "program", "exec")
        assert "\nimport os" not in program
