"""Benchmarks in processes of their own, in this checkout or in another."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from tests.support.servers import ROOT


def told(words: Sequence[str], checkout: Path = ROOT) -> Any:
    """Return what `python -m WORDS` prints as JSON; see `output`."""
    return json.loads(output(["-m", *words], checkout))


def output(words: Sequence[str], checkout: Path = ROOT) -> str:
    """Return what `python WORDS`, run in a checkout, prints.

    Raises:
        ClickException: it ended badly; with what it said.
    """
    ended = subprocess.run(
        [sys.executable, *words], cwd=checkout, capture_output=True, text=True, check=False
    )
    if ended.returncode:
        said = ended.stderr.strip().splitlines()
        raise click.ClickException(said[-1].removeprefix("Error: ") if said else "It broke off.")
    return ended.stdout
