"""Foreign files in a process of their own, which each test starts, with TensorFlow."""

from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from mnist_app.core.errors import DigitLabError, Stopped
from mnist_app.core.jobs.run_control import RunControl
from mnist_app.core.recognition.classifier import Classifier
from mnist_app.lab.networks import importing
from mnist_app.lab.networks.importing import import_network
from tests.support.networks import network, saved


@pytest.fixture(autouse=True)
def no_process_left() -> Iterator[None]:
    """A browser and a server of other tests may run on."""
    before = psutil.Process().children(recursive=True)
    yield
    assert set(psutil.Process().children(recursive=True)) <= set(before)


def test_a_network_arrives_adapted_and_errors_arrive_as_they_were() -> None:
    made = import_network(saved(network(ending="linear")), "theirs.keras")
    assert made.card.title == "theirs"
    assert Classifier(made.files.litert).classes == 10
    with pytest.raises(DigitLabError, match=r"^theirs\.h5 is damaged"):
        import_network(b"text", "theirs.h5")


@pytest.mark.parametrize(("limit", "most"), [("MOST_BYTES", 50_000_000), ("MOST_SECONDS", 0.5)])
def test_what_takes_too_much_is_ended(
    limit: str, most: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, limit, most)
    with pytest.raises(DigitLabError, match="too much memory or time"):
        import_network(b"text", "theirs.h5")


def test_it_ends_when_told_to_stop() -> None:
    control = RunControl()
    control.stop()
    with pytest.raises(Stopped):
        import_network(b"text", "theirs.h5", control=control)


def test_a_process_that_dies_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "dying").write_text("#!/bin/sh\nkill -9 $$\n")
    (tmp_path / "dying").chmod(0o755)
    monkeypatch.setattr("sys.executable", str(tmp_path / "dying"))
    with pytest.raises(DigitLabError, match=r"theirs\.h5 cannot be opened"):
        import_network(b"text", "theirs.h5")
