"""The benchmark of explanations prints the time of every part."""

from click.testing import CliRunner

from benchmarks.explaining import main


def test_every_part_is_timed() -> None:
    result = CliRunner().invoke(main, ["--images", "1"], catch_exceptions=False)
    assert result.exit_code == 0
    starts = [line.split("  ")[0] for line in result.stdout.splitlines()[1:8]]
    assert starts == [
        "layers",
        "occlusion",
        "all by LiteRT",
        "integrated gradients",
        "change of mind",
        "all by a worker",
        "pictures of all that",
    ]
    assert "minds changed: 3 of 3, images of optdigits" in result.stdout


def test_a_model_that_is_missing_is_wrong_usage() -> None:
    result = CliRunner().invoke(main, ["--model", "missing.keras"])
    assert result.exit_code == 1
    assert "There is no model" in result.output
