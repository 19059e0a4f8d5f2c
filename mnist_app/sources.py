"""Functions of this package -> one text that runs without it.

What a function needs is followed through the package's modules and copied as it is written, so the
copy cannot differ from what the app does. Where the settings of a run already decide a question,
only the branch that is taken is copied.
"""

import ast
import functools
import graphlib
import importlib
import inspect
import json
import re
import symtable
import textwrap
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from mnist_app.settings import SETTINGS, TrainingConfig

PACKAGE = __name__.rpartition(".")[0]
# Where a thing is written: its module and its name there.
_Place = tuple[str, str]


@dataclass(frozen=True)
class Section:
    """What is copied from one module: its purpose in one line, and the code."""

    purpose: str
    code: str


@dataclass(frozen=True)
class Extract:
    """A text that runs by itself, in parts.

    Attributes:
        imports: the lines that import what is not of this package.
        sections: each needs only those before it.
    """

    imports: str
    sections: tuple[Section, ...]


def extract(function: Callable[..., Any], config: TrainingConfig) -> Extract:
    """Copy `function` and all of this package that it needs for a run with these settings.

    The class `TrainingConfig` becomes one whose defaults are the values of `config`.

    Raises:
        ValueError: two things that it needs, of different modules, have the same name.
    """
    extractor = _Extractor(config)
    extractor.add((function.__module__, function.__name__))
    return extractor.result()


@dataclass(frozen=True)
class _Module:
    """A module's text, and what its top level binds: statements of its own, and imports.

    Attributes:
        purpose: the first line of its docstring.
        things, modules: names that stand for things and modules of this package.
        foreign: names of elsewhere, each with its module ("" for a whole one) and how it is named.
    """

    source: str
    purpose: str
    statements: dict[str, ast.stmt]
    things: dict[str, _Place]
    modules: dict[str, str]
    foreign: dict[str, tuple[str, str]]


@functools.cache
def _read(name: str) -> _Module:
    source = inspect.getsource(importlib.import_module(name))
    tree = ast.parse(source)
    purpose = (ast.get_docstring(tree) or name).splitlines()[0]
    module = _Module(source, purpose, {}, {}, {}, {})
    for statement in tree.body:
        if isinstance(statement, ast.Import | ast.ImportFrom):
            _bind_imports(statement, module)
        for bound in _bound(statement):
            module.statements[bound] = statement
    return module


def _bound(statement: ast.stmt) -> Iterator[str]:
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        yield statement.name
    elif isinstance(statement, ast.Assign):
        yield from (target.id for target in statement.targets if isinstance(target, ast.Name))
    elif isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
        yield statement.target.id


def _bind_imports(statement: ast.Import | ast.ImportFrom, module: _Module) -> None:
    origin = (statement.module or "") if isinstance(statement, ast.ImportFrom) else ""
    for alias in statement.names:
        name = alias.asname or alias.name
        if origin == PACKAGE:
            module.modules[name] = f"{PACKAGE}.{alias.name}"
        elif origin.startswith(f"{PACKAGE}."):
            module.things[name] = (origin, alias.name)
        else:
            module.foreign[name] = (origin, ast.unparse(alias))


class _Extractor:
    """Collects copies; each comes after what it needs, and modules in the order of their needs."""

    def __init__(self, config: TrainingConfig) -> None:
        self._config = config
        self._copies: dict[_Place, str] = {}
        self._begun: dict[str, _Place] = {}
        self._needs: dict[str, set[str]] = defaultdict(set)
        self._foreign: dict[str, set[str]] = defaultdict(set)

    def result(self) -> Extract:
        plain = [f"import {name}" for name in sorted(self._foreign.pop("", set()))]
        parts = [
            f"from {origin} import {', '.join(sorted(names))}"
            for origin, names in sorted(self._foreign.items())
        ]
        sections = [
            Section(_read(module).purpose, "\n\n\n".join(self._copies_of(module)))
            for module in graphlib.TopologicalSorter(self._needs).static_order()
        ]
        return Extract("\n".join([*plain, *parts]), tuple(sections))

    def _copies_of(self, module: str) -> list[str]:
        return [copy for (origin, _), copy in self._copies.items() if origin == module]

    def add(self, place: _Place) -> None:
        module_name, name = place
        if self._begun.setdefault(name, place) != place:
            raise ValueError(f"{name} means two things: {place} and {self._begun[name]}.")
        if place in self._copies:
            return
        # Functions may need each other; it counts as copied from here on.
        self._copies[place] = ""
        self._needs[module_name] |= set()
        if place == (TrainingConfig.__module__, TrainingConfig.__name__):
            self._foreign["dataclasses"].add("dataclass")
            copy = _settings(self._config)
        else:
            copy = _decided(_text(_read(module_name), name), self._config)
            copy = self._linked(copy, _read(module_name), module_name)
        del self._copies[place]
        self._copies[place] = copy

    def _linked(self, code: str, module: _Module, module_name: str) -> str:
        """Follow the names in `code`; `module.thing` becomes `thing`."""
        outside = _globals(symtable.symtable(code, module_name, "exec"))
        for name in sorted(outside):
            if name in module.foreign:
                origin, alias = module.foreign[name]
                self._foreign[origin].add(alias)
            elif name in module.things:
                self._need(module_name, module.things[name])
            elif name in module.statements:
                self._need(module_name, (module_name, name))
        for node in _last_first(ast.parse(code), ast.Attribute):
            if isinstance(node.value, ast.Name) and node.value.id in module.modules:
                self._need(module_name, (module.modules[node.value.id], node.attr))
                code = _replaced(code, node, node.attr)
        return code

    def _need(self, module_name: str, place: _Place) -> None:
        # A module may pass on what it imported itself.
        while place[1] in _read(place[0]).things:
            place = _read(place[0]).things[place[1]]
        if place[0] != module_name:
            self._needs[module_name].add(place[0])
        self.add(place)


def _settings(config: TrainingConfig) -> str:
    rows = [
        f"    {row.name}: {row.kind.__name__} = {json.dumps(getattr(config, row.name))}"
        for row in SETTINGS
    ]
    head = [
        "@dataclass(frozen=True)",
        "class TrainingConfig:",
        '    """The settings of the run."""',
    ]
    return "\n".join([*head, "", *rows])


def _text(module: _Module, name: str) -> str:
    """A statement of a module with its decorators and the comment above it."""
    statement = module.statements[name]
    lines = module.source.splitlines()
    decorators = getattr(statement, "decorator_list", [])
    first = min([statement.lineno, *(decorator.lineno for decorator in decorators)]) - 1
    while first and lines[first - 1].startswith("#"):
        first -= 1
    text = "\n".join(lines[first : statement.end_lineno])
    return re.sub(r"  # (fmt|type|noqa)\b.*", "", text)


def _globals(table: symtable.SymbolTable) -> set[str]:
    """Names that a text takes from outside itself."""
    own = table.get_type() == "module"
    names = {
        symbol.get_name()
        for symbol in table.get_symbols()
        if symbol.is_global() or (own and symbol.is_referenced())
    }
    return names.union(*(_globals(child) for child in table.get_children()))


def _decided(code: str, config: TrainingConfig) -> str:
    """Put the settings' answers in place of questions that they decide."""
    while (smaller := _with_one_decided(code, config)) is not None:
        code = smaller
    return code


def _with_one_decided(code: str, config: TrainingConfig) -> str | None:
    tree = ast.parse(code)
    for node in ast.walk(tree):
        if isinstance(node, ast.IfExp) and _is_decidable(node.test):
            chosen = node.body if _answer(node.test, config) else node.orelse
            return _replaced(code, node, ast.get_source_segment(code, chosen) or "")
        if isinstance(node, ast.Dict) and (unused := _unused_row(node, config)) is not None:
            return _without_row(code, node, unused)
        for block in _blocks(node):
            for statement in block:
                if isinstance(statement, ast.If) and _is_decidable(statement.test):
                    holds = _answer(statement.test, config)
                    branch = statement.body if holds else statement.orelse
                    # A block must not end up empty, and an `elif` hangs on the `if` above it.
                    if (branch or len(block) > 1) and not _is_elif(code, statement):
                        return _with_branch(code, statement, branch, block[-1])
    return None


def _blocks(node: ast.AST) -> Iterator[list[ast.stmt]]:
    for name in ("body", "orelse", "finalbody"):
        block = getattr(node, name, None)
        if isinstance(block, list):
            yield block


def _is_elif(code: str, question: ast.If) -> bool:
    return code.splitlines()[question.lineno - 1].lstrip().startswith("elif")


def _is_decidable(test: ast.expr) -> bool:
    """Whether it asks for nothing but settings."""
    names = [node for node in ast.walk(test) if isinstance(node, ast.Name)]
    calls = any(isinstance(node, ast.Call) for node in ast.walk(test))
    return bool(names) and not calls and all(name.id == "config" for name in names)


def _answer(test: ast.expr, config: TrainingConfig) -> bool:
    return bool(eval(ast.unparse(test), {"__builtins__": {}}, {"config": config}))


def _unused_row(table: ast.Dict, config: TrainingConfig) -> int | None:
    """A row of a table by the choices of a setting that is for another choice."""
    keys = [key.value if isinstance(key, ast.Constant) else None for key in table.keys]
    for row in SETTINGS:
        if len(keys) > 1 and row.choices and all(key in row.choices for key in keys):
            chosen = getattr(config, row.name)
            return next(index for index, key in enumerate(keys) if key != chosen)
    return None


def _without_row(code: str, table: ast.Dict, index: int) -> str:
    rows = [
        f"{ast.get_source_segment(code, key)}: {ast.get_source_segment(code, value)}"
        for number, (key, value) in enumerate(zip(table.keys, table.values, strict=True))
        if number != index and key is not None
    ]
    return _replaced(code, table, "{" + ", ".join(rows) + "}")


def _with_branch(code: str, question: ast.If, chosen: list[ast.stmt], end: ast.stmt) -> str:
    """Put the chosen branch in the place of an `if`.

    The comment above one that goes is dropped, and what follows to the `end` of the block is too
    when the branch leaves it.
    """
    lines = code.splitlines()
    first, last = question.lineno - 1, question.end_lineno
    margin = " " * question.col_offset
    branch: list[str] = []
    if chosen:
        text = "\n".join(lines[chosen[0].lineno - 1 : chosen[-1].end_lineno])
        if isinstance(chosen[0], ast.If) and _is_elif(code, chosen[0]):
            text = text.replace("elif", "if", 1)
        branch = textwrap.indent(textwrap.dedent(text), margin).splitlines()
        if isinstance(chosen[-1], ast.Return | ast.Raise):
            last = end.end_lineno
    else:
        while lines[first - 1].startswith(f"{margin}#"):
            first -= 1
    return "\n".join([*lines[:first], *branch, *lines[last:]])


def _last_first(tree: ast.AST, kind: type[ast.Attribute]) -> list[ast.Attribute]:
    """Nodes of a kind from the end of the text to its start, so that replacing keeps places."""
    nodes = [node for node in ast.walk(tree) if isinstance(node, kind)]
    return sorted(nodes, key=lambda node: (node.lineno, node.col_offset), reverse=True)


def _replaced(code: str, node: ast.expr, text: str) -> str:
    """The code with the text of one expression replaced."""
    lines = code.splitlines(keepends=True)
    assert node.end_lineno is not None
    assert node.end_col_offset is not None
    # Columns count bytes.
    head = lines[node.lineno - 1].encode()[: node.col_offset].decode()
    tail = lines[node.end_lineno - 1].encode()[node.end_col_offset :].decode()
    return "".join([*lines[: node.lineno - 1], head, text, tail, *lines[node.end_lineno :]])
