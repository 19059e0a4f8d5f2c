import json
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.support.visits import said

APP = Path(__file__).parents[3] / "app.py"


def opened() -> AppTest:
    app = AppTest.from_file(APP, default_timeout=60).run()
    assert not app.exception
    return app


def watched_seconds(app: AppTest) -> list[float]:
    """Return the seconds that each kiosk component waits for."""
    protos = [element.proto for element in app.get("bidi_component")]
    told = [json.loads(proto.json) for proto in protos if proto.json]
    return [data["seconds"] for data in told if "seconds" in data]


def test_nothing_is_cleared_unless_it_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    assert watched_seconds(opened()) == []
    monkeypatch.setenv("MNIST_APP_KIOSK_SECONDS", "0")
    assert watched_seconds(opened()) == []


def test_the_browser_waits_as_long_as_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MNIST_APP_KIOSK_SECONDS", "45")
    assert watched_seconds(opened()) == [45.0]


def test_a_setting_that_is_no_number_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MNIST_APP_KIOSK_SECONDS", "a minute")
    assert "MNIST_APP_KIOSK_SECONDS must be a number" in said(opened())
