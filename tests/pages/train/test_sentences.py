import pytest

from mnist_app.pages.train.sentences import describe_limits


def test_what_is_allowed_is_told_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    assert describe_limits() == (
        "Up to 10 networks can train or wait here at once; up to 200 are kept."
    )
    monkeypatch.setenv("MNIST_APP_MAX_MINUTES", "2.5")
    monkeypatch.setenv("MNIST_APP_MAX_WEIGHTS", "500000")
    monkeypatch.setenv("MNIST_APP_MAX_QUEUE", "1")
    monkeypatch.setenv("MNIST_APP_MAX_MODELS", "inf")
    assert describe_limits() == (
        "A run may last up to 2.5 minutes; a network may have up to 500,000 weights; up to 1 "
        "network can train or wait here at once."
    )
