import pytest

from mnist_app.core.runs.run_store import Runs


@pytest.fixture
def kept() -> Runs:
    return Runs()
