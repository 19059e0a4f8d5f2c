"""The pages' tests."""

import pytest
from streamlit.runtime.scriptrunner import script_runner


@pytest.fixture(autouse=True)
def keras_unnoticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep Streamlit from resetting Keras after each run of a page, which takes seconds.

    It does so where Keras is loaded: in tests that train a network, in no server of the app.
    """
    monkeypatch.setattr(script_runner, "_clean_problem_modules", lambda: None)
