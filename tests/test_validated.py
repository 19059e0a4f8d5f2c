import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from benchmarks import validated
from mnist_app.core.data import datasets
from mnist_app.core.data.datasets import Dataset


def test_a_model_is_asked_for_what_was_kept_aside_as_it_is_and_varied(
    model_path: Path, digits: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(datasets, "load", lambda *_, **__: digits)
    result = CliRunner().invoke(validated.main, [str(model_path), "--format", "json"])
    assert result.exit_code == 0, result.output
    plain, varied, strongly = json.loads(result.output)[str(model_path)].values()
    kept = round(0.02 * len(digits.train_labels))
    assert [part["pictures"] for part in (plain, varied, strongly)] == [kept, 8 * kept, 8 * kept]
    assert plain["wrong"] / kept < varied["wrong"] / 8 / kept < strongly["wrong"] / 8 / kept
    assert plain["loss"] < varied["loss"] < strongly["loss"]


def test_without_data_it_says_so_in_one_line(model_path: Path) -> None:
    result = CliRunner().invoke(validated.main, [str(model_path)])
    assert result.exit_code == 1
    assert len(result.output.strip().splitlines()) == 1
