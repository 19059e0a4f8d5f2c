import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mnist_app.core.models.model_card import ModelCard
from mnist_app.core.presets import PRESETS
from mnist_app.core.runs.training_script import notebook, script
from mnist_app.core.settings import ARCHITECTURES, DATASETS, OPTIMIZERS, TrainingConfig
from mnist_app.lab.networks import architectures
from mnist_app.lab.training import experiment

SMALL = TrainingConfig(
    dataset="optdigits", architecture="dense", batch_size=32, epochs=6, learning_rate=0.005
)
VARIED = replace(
    SMALL,
    schedule="cosine",
    optimizer="adamw",
    averaging=0.5,
    label_smoothing=0.05,
    rotation=8.0,
    shift=1.0,
    zoom=0.05,
    shear=5.0,
    erasing=0.1,
    elastic=0.5,
)
OWN = replace(
    SMALL,
    architecture="custom",
    layers="conv 8 3, pool, dropout 0.1, dense 32",
    early_stopping=3,
    plateau=2,
)


def card(**changes: Any) -> ModelCard:
    facts = {"test": {"accuracy": 0.987, "images": 360}}
    given = {"title": "x", "results": facts, "training": {}, **changes}
    return ModelCard(
        dataset="optdigits",
        architecture="dense",
        settings={},
        seed=1,
        class_names=tuple("0123456789"),
        parameter_count=1,
        versions={},
        **given,
    )


def run_alone(program: str, folder: Path) -> str:
    """Run a program that knows nothing of this package; return its output."""
    (folder / "program.py").write_text(program)
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    ended = subprocess.run(
        [sys.executable, "-I", "program.py"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


@pytest.mark.parametrize("config", [VARIED, OWN], ids=["varied", "own"])
def test_the_script_reaches_about_what_the_app_does(config: TrainingConfig, tmp_path: Path) -> None:
    told = run_alone(script(config), tmp_path)
    reached = re.search(r"([0-9.]+)% of 360 test pictures are read correctly", told)
    assert reached
    here = experiment.train_model(config, "x", watch=False).report.accuracy
    assert float(reached[1]) / 100 == pytest.approx(here, abs=0.06)
    assert (tmp_path / "model.keras").exists()


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_every_network_is_that_of_the_app(architecture: str) -> None:
    config = TrainingConfig(architecture=architecture, dropout=0.1)
    text = script(config)
    start = text.index("# The network")
    program = text[start : text.index("# Learning")]
    names: dict[str, Any] = {"steps": 100}
    exec(f"import keras\nfrom keras import layers\n{program}", names)
    expected = architectures.build(architecture, 10, 0.1, config.layers)
    shapes = [weights.shape for weights in names["network"].weights]
    assert shapes == [weights.shape for weights in expected.weights]
    kinds = [type(layer) for layer in names["network"].layers]
    assert kinds == [type(layer) for layer in expected.layers]


def configs() -> list[TrainingConfig]:
    """Each choice of each setting at least once."""
    varied = [TrainingConfig(dataset=name) for name in DATASETS]
    varied += [TrainingConfig(optimizer=name, weight_decay=0.1) for name in OPTIMIZERS]
    varied += [TrainingConfig(**values) for values in PRESETS.values()]
    varied += [TrainingConfig(precision="mixed_bfloat16", flip=0.5, schedule="one_cycle")]
    return [*varied, TrainingConfig(validation_share=0, limit=500, train_share=0.5)]


@pytest.mark.parametrize("config", configs())
def test_whatever_the_settings_are_it_is_a_program(config: TrainingConfig) -> None:
    compile(script(config), "script.py", "exec")
    cells = json.loads(notebook(config))["cells"]
    for cell in cells:
        if cell["cell_type"] == "code":
            compile(cell["source"], "cell", "exec")
    assert f"SEED = {config.seed}" in script(config)


def test_it_says_what_the_run_reached_and_what_is_not_repeated() -> None:
    told = {"teachers": 2, "learning rate changes": [(3, 0.5)], "stopped early": True}
    text = script(replace(SMALL, thickness=0.5), card(training=told))
    assert "98.70% of 360 pictures correctly (test)" in text
    for words in ("Keras has no layer", "other models", "by hand", "before its last epoch"):
        assert words in text
    assert "Not repeated" not in script(SMALL, card())


@pytest.mark.parametrize("title", ['"""', "\\", "a\nimport os", "#", '\\"""\nimport os'])
def test_a_name_cannot_become_code(title: str) -> None:
    compiled = compile(script(SMALL, card(title=title)), "script.py", "exec")
    assert compiled.co_names == compile(script(SMALL), "script.py", "exec").co_names
