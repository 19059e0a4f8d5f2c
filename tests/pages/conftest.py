"""The pages' tests."""

from collections.abc import Iterator
from functools import partial

import pytest
from distributed import LocalCluster
from streamlit.runtime.scriptrunner import script_runner

from mnist_app.core.jobs import cluster, worker


@pytest.fixture(scope="session", autouse=True)
def lab_in_this_process() -> Iterator[None]:
    """Have threads of this process do what workers do: each new one would load TensorFlow anew.

    Streamlit resets Keras after each run of a page where it is loaded, as it is here but in no
    server of the app; and what learns there must not wait for all else on the machine.
    """
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(cluster, "LocalCluster", partial(LocalCluster, processes=False))
        patched.setattr(worker, "NICENESS", 0)
        patched.setattr(script_runner, "_clean_problem_modules", lambda: None)
        yield
