"""The apps that are measured side by side, each on a server of its own."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path

from mnist_app.core.models import model_store
from tests.support.servers import ROOT, Server, serve

Way = Callable[[], AbstractContextManager[Server]]


def ways(before: Path | None) -> dict[str, Way]:
    """Return how this app, the common way and a checkout `before`, if there is one, are served.

    The names are those of `Figure`'s values.
    """
    found: dict[str, Way] = {"this_app": this_app, "common_way": common_way}
    return {**found, "before": partial(this_app, before)} if before else found


@contextmanager
def this_app(checkout: Path = ROOT) -> Iterator[Server]:
    """Serve the app of a checkout with the shipped model, and forget the models of visitors."""
    with tempfile.TemporaryDirectory() as folder:
        settings = {"MNIST_APP_MODELS": folder}
        with serve(checkout / "app.py", checkout, settings=settings) as server:
            yield server


@contextmanager
def common_way() -> Iterator[Server]:
    """Serve `common_app` with the shipped model."""
    script = ROOT / "benchmarks" / "support" / "common_app.py"
    # An empty folder: the runner's own defaults hold.
    with (
        tempfile.TemporaryDirectory() as folder,
        serve(script, Path(folder), [str(model_store.SHIPPED)]) as server,
    ):
        yield server
