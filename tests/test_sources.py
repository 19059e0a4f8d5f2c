from collections.abc import Callable
from types import ModuleType

import pytest

from mnist_app import schedules, sources
from mnist_app.lab import architectures, augmentation, feeding
from mnist_app.settings import TrainingConfig


def copied(function: Callable, **settings: object) -> str:
    extract = sources.extract(function, TrainingConfig(**settings))  # type: ignore[arg-type]
    return "\n\n".join([extract.imports, *(section.code for section in extract.sections)])


def run(program: str) -> ModuleType:
    module = ModuleType("alone")
    exec(compile(program, "alone", "exec"), vars(module))
    return module


def test_a_copy_works_without_the_package() -> None:
    program = copied(architectures.build, architecture="dense")
    assert "mnist_app" not in program
    assert run(program).build("dense").count_params() == architectures.build("dense").count_params()


def test_what_is_needed_comes_before_it_is() -> None:
    program = copied(feeding.split)
    assert program.index("class Split") < program.index("def split")
    assert program.index("class Dataset") < program.index("def split")


def test_only_the_branch_that_the_settings_take_is_copied() -> None:
    rigid, bent = (
        copied(augmentation.augment, rotation=5.0),
        copied(augmentation.augment, elastic=1.0),
    )
    assert "wobble" not in rigid
    assert "wobble" in bent
    assert "def _thicken" not in rigid


def test_code_after_a_branch_that_leaves_is_not_copied() -> None:
    assert "math.cos" not in copied(schedules.learning_rate, schedule="constant")
    assert "math.cos" in copied(schedules.learning_rate, schedule="cosine")


def test_a_table_keeps_only_the_row_of_the_run() -> None:
    program = copied(architectures.build, architecture="simple_cnn")
    assert "_simple_cnn" in program
    assert "_dense" not in program


def test_the_settings_are_those_of_the_run() -> None:
    config = TrainingConfig(seed=5, architecture="dense", learning_rate=0.02)
    program = sources.extract(feeding.split, config)
    module = run("\n".join([program.imports, *(section.code for section in program.sections)]))
    assert {name: getattr(module.TrainingConfig(), name) for name in config.as_dict()} == (
        config.as_dict()
    )


def test_branches_are_decided_however_they_are_written(monkeypatch: pytest.MonkeyPatch) -> None:
    code = (
        "def f(config):\n"
        "    x = 0\n"
        "    # Only sometimes.\n"
        "    if config.epochs > 5:\n"
        "        x += 1\n"
        "    elif config.optimizer == 'adam':\n"
        "        x += 10\n"
        "    else:\n"
        "        x += 100\n"
        "    if x:\n"
        "        pass\n"
        "    elif config.epochs:\n"
        "        x = -1\n"
        "    return x + (1000 if not config.shift and config.seed else 2000)\n"
    )
    for values in ({}, {"epochs": 9}, {"optimizer": "sgd"}, {"shift": 1.0}):
        config = TrainingConfig(**values)
        decided = sources._decided(code, config)
        assert run(decided).f(config) == run(code).f(config)
        assert "optimizer" not in decided
    assert "Only sometimes" in sources._decided(code, TrainingConfig(epochs=9))
