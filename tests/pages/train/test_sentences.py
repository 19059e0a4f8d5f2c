import pytest

from mnist_app.pages.train.sentences import describe_limits


def test_what_is_allowed_is_told_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    assert describe_limits() == (
        "Limits of this server: 10 runs may train or wait at a time and 200 trained models "
        "may be kept."
    )
    monkeypatch.setenv("MNIST_APP_MAX_MINUTES", "2.5")
    monkeypatch.setenv("MNIST_APP_MAX_WEIGHTS", "500000")
    monkeypatch.setenv("MNIST_APP_MAX_QUEUE", "1")
    monkeypatch.setenv("MNIST_APP_MAX_MODELS", "inf")
    assert describe_limits() == (
        "Limits of this server: a run may last 2.5 minutes, a network may have 500,000 weights "
        "and 1 run may train or wait at a time."
    )
