import math

import pytest

from mnist_app.core import limits
from mnist_app.core.errors import DigitLabError
from tests.support.samples import ROOT


def test_there_is_no_limit_unless_one_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (limits.most("minutes"), limits.most("weights")) == (math.inf, math.inf)
    assert limits.kiosk_seconds() == math.inf
    limits.require_weights(10**12)
    monkeypatch.setenv("MNIST_APP_MAX_MINUTES", "2.5")
    assert limits.most("minutes") == 2.5


def test_a_network_above_the_limit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MNIST_APP_MAX_WEIGHTS", "5000")
    limits.require_weights(5000)
    with pytest.raises(DigitLabError, match=r"5,001 weights, .* 5,000 .* Choose a smaller one"):
        limits.require_weights(5001)


def test_the_line_and_the_models_have_limits_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (limits.most("waiting"), limits.most("models")) == (10, 200)
    monkeypatch.setenv("MNIST_APP_MAX_QUEUE", "3")
    monkeypatch.setenv("MNIST_APP_MAX_MODELS", "5")
    assert (limits.most("waiting"), limits.most("models")) == (3, 5)
    monkeypatch.setenv("MNIST_APP_MAX_MODELS", "many")
    with pytest.raises(DigitLabError, match="MNIST_APP_MAX_MODELS must be a number above 0"):
        limits.most("models")


def test_a_kiosk_may_be_switched_off_by_nought(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MNIST_APP_KIOSK_SECONDS", " 0 ")
    assert limits.kiosk_seconds() == math.inf
    monkeypatch.setenv("MNIST_APP_KIOSK_SECONDS", "60")
    assert limits.kiosk_seconds() == 60
    monkeypatch.setenv("MNIST_APP_KIOSK_SECONDS", "-1")
    with pytest.raises(DigitLabError, match="MNIST_APP_KIOSK_SECONDS must be a number above 0"):
        limits.kiosk_seconds()


def test_a_host_finds_each_limit_in_the_documentation() -> None:
    hosting = (ROOT / "docs" / "hosting.md").read_text(encoding="utf-8")
    for row in limits.LIMITS.values():
        allowed = f"{row.default:,g} {row.unit}".strip() if row.default < math.inf else "none"
        assert f"| `{row.variable}` | {row.help} | {allowed} |\n" in hosting


@pytest.mark.parametrize("value", ["none", "0", "-3", "nan"])
def test_a_limit_must_be_a_number(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MNIST_APP_MAX_MINUTES", value)
    with pytest.raises(DigitLabError, match="MNIST_APP_MAX_MINUTES must be a number above 0"):
        limits.most("minutes")
