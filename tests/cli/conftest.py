import json
import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw

from mnist_app.cli import commands
from tests.support.command_line import BLANK, SEVEN, SEVENTY, Outcome


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
