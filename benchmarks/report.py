"""Measured figures of two ways side by side: a table for people, JSON for programs."""

import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from mnist_app.versions import versions

LIBRARIES = (
    "streamlit", "streamlit-drawable-canvas", "tensorflow-cpu", "tensorflow", "keras", "numpy",
    "pillow", "plotly",
)  # fmt: skip
HEADS = ("", "this app", "common way", "common / this", "aim", "met")


@dataclass(frozen=True)
class Figure:
    """One measured figure.

    Attributes:
        name: what was measured.
        unit: of both values: ms, s or MB.
        this_app, common_way: the values; None where they cannot be measured.
        most: aimed at for this app, in the same unit; None when nothing is asked of it.
        least_ratio: how many times as much the common way should take.
    """

    name: str
    unit: str
    this_app: float | None
    common_way: float | None
    most: float | None = None
    least_ratio: float | None = None

    @property
    def ratio(self) -> float | None:
        """How many times as much the common way takes."""
        return self.common_way / self.this_app if self.this_app and self.common_way else None

    @property
    def aim(self) -> str:
        """What is aimed at, in words."""
        if self.most is not None:
            return f"at most {self.most:g} {self.unit}"
        return f"at least {self.least_ratio:g} x" if self.least_ratio is not None else ""

    @property
    def met(self) -> bool | None:
        """Whether the aim is met; None without an aim or without a value."""
        if self.most is not None:
            return None if self.this_app is None else self.this_app <= self.most
        if self.least_ratio is not None:
            return None if self.ratio is None else self.ratio >= self.least_ratio
        return None


def machine() -> dict[str, str | int | float]:
    """What the figures depend on: cores, other work at the start, versions."""
    found: dict[str, str | int | float] = {
        "cores": os.cpu_count() or 1,
        "system": platform.system(),
    }
    if hasattr(os, "getloadavg"):
        found["load at the start"] = round(os.getloadavg()[0], 1)
    return found | versions(LIBRARIES)


def as_json(figures: Sequence[Figure], facts: Mapping[str, object]) -> str:
    """One JSON object: the facts and `figures`, each with its ratio and aim."""
    rows = [
        {**asdict(figure), "ratio": figure.ratio, "aim": figure.aim, "met": figure.met}
        for figure in figures
    ]
    return json.dumps({**facts, "figures": rows}, indent=1)


def as_table(figures: Sequence[Figure], facts: Mapping[str, object]) -> str:
    """A table with a line a figure, and the facts below it."""
    rows = [HEADS, *(_cells(figure) for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADS))]
    lines = [_line(row, widths) for row in rows]
    lines.insert(1, "-" * (sum(widths) + 2 * (len(widths) - 1)))
    return "\n".join([*lines, "", *(f"{name}: {_words(value)}" for name, value in facts.items())])


def _cells(figure: Figure) -> tuple[str, ...]:
    return (
        figure.name,
        _value(figure.this_app, figure.unit),
        _value(figure.common_way, figure.unit),
        f"{figure.ratio:.1f} x" if figure.ratio else "",
        figure.aim,
        {True: "yes", False: "NO", None: ""}[figure.met],
    )


def _value(value: float | None, unit: str) -> str:
    if value is None:
        return ""
    return f"{value:.{0 if value >= 100 else 1 if value >= 10 else 2}f} {unit}"


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    aligned = [
        cell.rjust(width) if 0 < column < 4 else cell.ljust(width)
        for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return "  ".join(aligned).rstrip()


def _words(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {item}" for name, item in value.items())
    return str(value)
