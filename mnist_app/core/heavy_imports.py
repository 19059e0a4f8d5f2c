"""Imports of heavy modules by threads, one thread at a time."""

import importlib
import threading

_importing = threading.Lock()


def import_first(*modules: str) -> None:
    """Import heavy modules before a thread uses them.

    They import each other in circles, so two threads at once can see half of a module.
    """
    with _importing:
        for module in modules:
            importlib.import_module(module)
