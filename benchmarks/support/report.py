"""Measured figures side by side: a table for people, JSON for programs."""

import json
import operator
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from mnist_app.core.versions import installed_versions

LIBRARIES = (
    "streamlit",
    "streamlit-drawable-canvas",
    "ai-edge-litert",
    "distributed",
    "tensorflow-cpu",
    "tensorflow",
    "keras",
    "numpy",
    "pillow",
    "plotly",
)
HEADS = ("", "this app", "common way", "before", "ratio", "aim", "met")
# Their cells are numbers, and columns without any are left out.
_NUMBERS = range(1, 5)
_TIMES = "x"
_COMPARISONS = {"at most": operator.le, "at least": operator.ge}


@dataclass(frozen=True)
class Figure:
    """One measured figure.

    Attributes:
        name: what was measured.
        unit: of all values, such as ms, s or MB.
        this_app: of this commit; None where it cannot be measured.
        common_way: of the way such apps are commonly written; None where it was not measured.
        most, least: aimed at for this app, in the same unit; None when nothing is asked of it.
        most_ratio, least_ratio: aimed at for `ratio`; likewise.
        before: of the last commit before; None where it was not measured.
    """

    name: str
    unit: str
    this_app: float | None
    common_way: float | None = None
    most: float | None = None
    least: float | None = None
    most_ratio: float | None = None
    least_ratio: float | None = None
    before: float | None = None

    @property
    def ratio(self) -> float | None:
        """This app's value as a multiple of the common way's or, without one, of the one before."""
        other = self.before if self.common_way is None else self.common_way
        return self.this_app / other if self.this_app is not None and other else None

    @property
    def aim(self) -> str:
        """Return the aim in words."""
        words, bound, unit = self._aim
        return "" if bound is None else f"{words} {bound:g} {unit}".strip()

    @property
    def met(self) -> bool | None:
        """Tell whether the aim is met; None without an aim or without a value."""
        words, bound, unit = self._aim
        value = self.ratio if unit == _TIMES else self.this_app
        return None if bound is None or value is None else _COMPARISONS[words](value, bound)

    @property
    def _aim(self) -> tuple[str, float | None, str]:
        bounds = (
            ("at most", self.most, self.unit),
            ("at least", self.least, self.unit),
            ("at most", self.most_ratio, _TIMES),
            ("at least", self.least_ratio, _TIMES),
        )
        return next((aim for aim in bounds if aim[1] is not None), ("", None, ""))


def machine() -> dict[str, str | int | float]:
    """Return what the figures depend on: cores, other work at the start, versions."""
    found: dict[str, str | int | float] = {
        "cores": os.cpu_count() or 1,
        "system": platform.system(),
    }
    if hasattr(os, "getloadavg"):
        found["load at the start"] = round(os.getloadavg()[0], 1)
    return found | installed_versions(LIBRARIES)


def printed(figures: Sequence[Figure], facts: Mapping[str, object], form: str) -> str:
    """Return `figures` and what they depend on, as a table for "text" or as JSON for "json"."""
    return (as_json if form == "json" else as_table)(figures, facts)


def as_json(figures: Sequence[Figure], facts: Mapping[str, object]) -> str:
    """Return one JSON object: the facts and `figures`, each with its ratio and aim."""
    rows = [
        {**asdict(figure), "ratio": figure.ratio, "aim": figure.aim, "met": figure.met}
        for figure in figures
    ]
    return json.dumps({**facts, "figures": rows}, indent=1)


def as_table(figures: Sequence[Figure], facts: Mapping[str, object]) -> str:
    """Return a table with a line a figure, and the facts below it."""
    rows = [HEADS, *(_cells(figure) for figure in figures)]
    shown = [
        column
        for column in range(len(HEADS))
        if column not in _NUMBERS or any(row[column] for row in rows[1:])
    ]
    widths = {column: max(len(row[column]) for row in rows) for column in shown}
    lines = [_line(row, widths) for row in rows]
    lines.insert(1, "-" * (sum(widths.values()) + 2 * (len(widths) - 1)))
    return "\n".join([*lines, "", *(f"{name}: {_words(value)}" for name, value in facts.items())])


def _cells(figure: Figure) -> tuple[str, ...]:
    values = (figure.this_app, figure.common_way, figure.before)
    return (
        figure.name,
        *(_value(value, figure.unit) for value in values),
        "" if figure.ratio is None else f"{figure.ratio:.2f} {_TIMES}",
        figure.aim,
        {True: "yes", False: "NO", None: ""}[figure.met],
    )


def _value(value: float | None, unit: str) -> str:
    if value is None:
        return ""
    places = 0 if value >= 100 or isinstance(value, int) else 1 if value >= 10 else 2
    return f"{value:,.{places}f} {unit}".strip()


def _line(cells: Sequence[str], widths: Mapping[int, int]) -> str:
    aligned = [
        cells[column].rjust(width) if column in _NUMBERS else cells[column].ljust(width)
        for column, width in widths.items()
    ]
    return "  ".join(aligned).rstrip()


def _words(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {item}" for name, item in value.items())
    return str(value)
