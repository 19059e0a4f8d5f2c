"""Measure what processes hold: memory, child processes, libraries."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from mnist_app.core.errors import DigitLabError


@dataclass(frozen=True)
class Memory:
    """Memory of a process and its descendants in MB (10^6 bytes).

    Attributes:
        rss: resident pages of the process.
        pss: the same, with shared pages divided by the number of processes that share them.
        children_pss: that of its descendants together.
    """

    rss: float
    pss: float
    children_pss: float


def memory(pid: int) -> Memory:
    """Return what the process holds now.

    Raises:
        DigitLabError: this system does not tell.
    """
    process = psutil.Process(pid)
    children = [_pss_mb(child) for child in process.children(recursive=True)]
    return Memory(process.memory_info().rss / 1e6, _pss_mb(process), sum(children))


def _pss_mb(process: psutil.Process) -> float:
    try:
        return process.memory_full_info().pss / 1e6
    except psutil.NoSuchProcess:
        return 0.0
    except AttributeError as error:
        raise DigitLabError("Memory can be measured on Linux only: use another machine.") from error


def libraries(pid: int) -> list[str]:
    """Return the installed packages of which the process has loaded native code, sorted."""
    return packages([mapped.path for mapped in psutil.Process(pid).memory_maps()])


def packages(paths: Sequence[str]) -> list[str]:
    """Return the names of the packages in whose folders the native libraries at `paths` lie."""
    found = set()
    for path in paths:
        _, inside, place = path.partition("/site-packages/")
        if inside:
            found.add(Path(place).parts[0].removesuffix(".libs"))
    return sorted(found)
