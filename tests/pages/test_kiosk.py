import json

import pytest
from streamlit.testing.v1 import AppTest

PAGES = ("draw", "demo")


def opened(page: str) -> AppTest:
    script = f"from mnist_app.pages import {page}\n{page}.page()"
    app = AppTest.from_string(script, default_timeout=60).run()
    assert not app.exception
    return app


def watched_seconds(app: AppTest) -> list[float]:
    """What the browser is told to wait for, by each component that is told so."""
    protos = [element.proto for element in app.get("bidi_component")]
    told = [json.loads(proto.json) for proto in protos if proto.json]
    return [data["seconds"] for data in told if "seconds" in data]


@pytest.mark.parametrize("page", PAGES)
def test_nothing_is_cleared_unless_it_is_set(page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert watched_seconds(opened(page)) == []
    monkeypatch.setenv("MNIST_APP_KIOSK_SECONDS", "0")
    assert watched_seconds(opened(page)) == []


@pytest.mark.parametrize("page", PAGES)
def test_the_browser_waits_as_long_as_is_set(page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MNIST_APP_KIOSK_SECONDS", "45")
    assert watched_seconds(opened(page)) == [45.0]


@pytest.mark.parametrize("page", PAGES)
def test_a_setting_that_is_no_number_is_told(page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MNIST_APP_KIOSK_SECONDS", "a minute")
    assert "MNIST_APP_KIOSK_SECONDS must be a number" in opened(page).error[0].value
