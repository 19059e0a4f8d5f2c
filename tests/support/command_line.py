"""Drawings for the command line, and what a command did."""

import json
from typing import Any, NamedTuple

SEVEN: dict[str, Any] = {"strokes": [[[0, 0], [60, 0], [25, 90]]], "label": 7}


BLANK: dict[str, Any] = {"strokes": []}


SEVENTY = {"strokes": [*SEVEN["strokes"], [[120, 0], [90, 45], [120, 90], [150, 45], [120, 0]]]}


class Outcome(NamedTuple):
    """The exit status of a command, and its output."""

    status: int
    out: str
    err: str

    @property
    def objects(self) -> list[dict[str, Any]]:
        """Standard output as one JSON object a line."""
        return [json.loads(line) for line in self.out.splitlines()]


def is_one_plain_line(text: str) -> bool:
    return text.count("\n") == 1 and text.endswith(".\n") and "Traceback" not in text
