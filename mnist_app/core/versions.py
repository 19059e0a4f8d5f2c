"""Installed versions, for what a model or a measurement was made with."""

import importlib.metadata
import platform
from collections.abc import Sequence


def installed_versions(libraries: Sequence[str]) -> dict[str, str]:
    """Return the versions of Python and of those of `libraries` that are installed."""
    found = {"python": platform.python_version()}
    for library in libraries:
        try:
            found[library] = importlib.metadata.version(library)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found
