"""Places and parts that the tests share: nothing here or below touches a home or the network."""

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mnist_app.core.data import datasets
from mnist_app.core.data.datasets import DIGIT_NAMES, Dataset
from mnist_app.core.models import model_store
from mnist_app.core.recognition.classifier import Classifier
from tests.support.samples import blocks

# Keras looks here once, when it is first imported; the folder goes when the tests end.
_keras_home = tempfile.TemporaryDirectory(prefix="digit-lab-keras-")
os.environ["KERAS_HOME"] = _keras_home.name
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# Threads of scikit-learn that wait for each other take no time from the other process.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

TESTS = Path(__file__).parent
# What says that a file of tests works with TensorFlow.
LAB = re.compile(r"mnist_app\.lab|\bimport tensorflow\b")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out what TensorFlow is imported for when no slow test is asked for."""
    is_fast = "not slow" in config.getoption("markexpr")
    return True if is_fast and is_slow(collection_path) else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests by where they lie and what they need."""
    for item in items:
        if TESTS / "browser" in item.path.parents:
            item.add_marker("browser")
        elif is_slow(item.path) or "model_path" in getattr(item, "fixturenames", ()):
            item.add_marker("slow")


def is_slow(path: Path) -> bool:
    """Return whether a file of tests works with TensorFlow, or with whole pages."""
    return path.suffix == ".py" and (
        any(TESTS / room in path.parents for room in ("benchmarks", "pages"))
        or LAB.search(path.read_text(encoding="utf-8")) is not None
    )


@pytest.fixture(autouse=True)
def own_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give each test its own folders, and a network on which nobody answers."""
    monkeypatch.setenv("MNIST_APP_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("MNIST_APP_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    for scheme in ("http_proxy", "https_proxy"):
        monkeypatch.setenv(scheme, "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "localhost,127.0.0.1")


@pytest.fixture(scope="session")
def dataset() -> Dataset:
    """400 pictures to learn from and 50 to test with."""
    return Dataset("optdigits", DIGIT_NAMES, *blocks(400), *blocks(50), source="made up")


@pytest.fixture(scope="session")
def model_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small network that learned scikit-learn's digits for a second or two, with its card."""
    from mnist_app.core.runs import outcomes
    from mnist_app.core.settings import TrainingConfig
    from mnist_app.lab.training import experiment

    config = TrainingConfig(
        dataset="optdigits", epochs=3, batch_size=32, learning_rate=0.003, rotation=5.0
    )
    path = tmp_path_factory.mktemp("trained") / "tiny.keras"
    return outcomes.saved(experiment.train_model(config, "Tiny"), path).model.path


@pytest.fixture(scope="session")
def classifier(model_path: Path) -> Classifier:
    """The same network, ready to answer."""
    return model_store.classifier(model_path)


@pytest.fixture(scope="session")
def network(model_path: Path) -> Any:
    """The same network, as Keras has it."""
    from mnist_app.lab.networks import model_files

    return model_files.load(model_path)


@pytest.fixture(scope="session")
def shipped() -> Classifier:
    """The network that everybody gets, ready to answer."""
    return model_store.classifier(model_store.SHIPPED)


@pytest.fixture(scope="session")
def digits() -> Dataset:
    """scikit-learn's digits, which `classifier` learned from."""
    return datasets.load("optdigits")


@pytest.fixture
def no_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty models' folder, and nothing shipped."""
    folder = tmp_path / "models"
    folder.mkdir()
    monkeypatch.setattr(model_store, "SHIPPED", tmp_path / "nothing.keras")
    return folder


@pytest.fixture
def one_model(no_models: Path, model_path: Path) -> Path:
    """A models' folder that holds one small network."""
    for part in model_path.parent.glob(f"{model_path.stem}.*"):
        shutil.copy(part, no_models)
    return no_models


@pytest.fixture
def idle_workers() -> None:
    """No test of a page finds the jobs of another."""
    from mnist_app.pages.session.queues import queues

    queues.clear()


@pytest.fixture
def no_runs_left(idle_workers: None) -> Iterator[None]:
    """Nor does one leave a training run going."""
    from mnist_app.pages.session.queues import queues

    yield
    training = queues().training
    for job in training.jobs():
        training.stop(job.id)
        training.wait(job.id, 300)
