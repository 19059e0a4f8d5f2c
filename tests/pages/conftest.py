"""The pages' tests."""

import ast
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from threading import RLock
from typing import Any

import pytest
from distributed import LocalCluster
from streamlit.runtime.scriptrunner import script_runner

from mnist_app.core.jobs import cluster, worker
from mnist_app.core.jobs.cluster import Cluster


@pytest.fixture(scope="module", autouse=True)
def lab_in_this_process() -> Iterator[None]:
    """Have threads of this process do what workers do: each new one would load TensorFlow anew.

    Streamlit resets Keras after each run of a page where it is loaded, as it is here but in no
    server of the app; and what learns there must not wait for all else on the machine. Taken back
    after each file: tests of the cluster, which end its workers, may follow in the same process.
    """
    parse, parsing = ast.parse, RLock()

    def parse_alone(*source: Any, **options: Any) -> ast.AST:
        # Two threads at once, a page's script and TensorFlow's graphs, break Python 3.11's parser:
        # https://github.com/python/cpython/issues/106905
        with parsing:
            return parse(*source, **options)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(ast, "parse", parse_alone)
        patched.setattr(cluster, "LocalCluster", partial(LocalCluster, processes=False))
        patched.setattr(worker, "NICENESS", 0)
        patched.setattr(script_runner, "_clean_problem_modules", lambda: None)
        yield


@pytest.fixture
def learned_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have each call of a function of the lab after its first give that one's outcome anew.

    Only the name of the model is that of the call.
    """
    call, known = Cluster.call, dict[str, Any]()

    def repeated(workers: Cluster, function: str, *arguments: Any, **options: Any) -> Any:
        if function not in known:
            known[function] = call(workers, function, *arguments, **options)
        elif "report" in options:
            options["report"](known[function].progress)
        model = known[function].model
        card = replace(model.card, title=arguments[-1])
        return replace(known[function], model=replace(model, card=card))

    monkeypatch.setattr(Cluster, "call", repeated)
