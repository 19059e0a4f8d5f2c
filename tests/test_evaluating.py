"""The benchmark of evaluations prints the first time and the later ones."""

import json

from click.testing import CliRunner

from benchmarks.evaluating import main


def test_both_times_are_measured() -> None:
    result = CliRunner().invoke(main, ["--repeats", "1", "--format", "json"])
    assert result.exit_code == 0
    told = json.loads(result.stdout)
    assert told["images"] == "the test set of optdigits"
    assert [figure["name"] for figure in told["figures"]] == ["the first time", "again"]
    assert all(0 < figure["this_app"] < 60 for figure in told["figures"])
    assert all(figure["aim"] == "at most 3 s" for figure in told["figures"])


def test_a_model_that_is_missing_is_told() -> None:
    result = CliRunner().invoke(main, ["--model", "missing.keras"])
    assert result.exit_code == 1
    assert "There is no model" in result.output
