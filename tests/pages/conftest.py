"""The pages' tests: what a worker would do is done in this process."""

import importlib
import pickle
from collections.abc import Callable
from typing import Any

import pytest
from streamlit.runtime.scriptrunner import script_runner

from mnist_app.core.jobs.cluster import Cluster
from mnist_app.core.jobs.job_queue import Control


@pytest.fixture(autouse=True)
def lab_in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Call the lab itself: a worker process would load TensorFlow for seconds first."""

    def call(
        cluster: Cluster,
        function: str,
        *arguments: Any,
        control: Control,
        report: Callable[[Any], None] | None = None,
        is_training: bool = False,
        attempts: int = 1,
        known_factor: float = 1.0,
        **keywords: Any,
    ) -> Any:
        module, name = function.split(":")
        work = getattr(importlib.import_module(module), name)
        arguments, keywords = pickle.loads(pickle.dumps((arguments, keywords)))
        return work(*arguments, **keywords, report=report or control.report, steering=control)

    monkeypatch.setattr(Cluster, "call", call)


@pytest.fixture(autouse=True)
def keras_unnoticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep Streamlit from resetting Keras after each run, for most of a second.

    It does so where Keras is loaded, as in no server of the app.
    """
    monkeypatch.setattr(script_runner, "_clean_problem_modules", lambda: None)
