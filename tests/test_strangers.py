import numpy as np
import pytest

from benchmarks import strangers
from mnist_app.core.data import datasets
from mnist_app.core.data.datasets import Dataset
from mnist_app.core.recognition.classifier import Classifier

MADE = strangers.made(7)


def test_what_is_made_are_network_inputs_of_every_kind() -> None:
    assert len(MADE) == 9
    for images in MADE.values():
        assert images.shape[1:] == (28, 28)
        assert images.dtype == np.uint8
    assert [name for name, images in MADE.items() if not images.any()] == ["nothing at all"]


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strangers, "made", lambda: MADE)


def test_one_row_for_each_set_and_a_sentence_where_one_is_missing(
    few: None, classifier: Classifier
) -> None:
    sure, torn = np.eye(10)[[3, 4]], np.full((2, 10), 0.1)
    head, first, second, *others, last = strangers.table(
        {"certain": sure, "uncertain": torn}, classifier
    )
    assert head.split()[-4:] == ["area", "(a)", "area", "(b)"]
    assert first.split() == ["(a)", "certain", "100.00%", "0.00%", "0.00%"]
    assert second.split() == ["(b)", "uncertain", "0.00%", "0.00%", "100.00%"]
    assert len(others) == len(MADE)
    for row, name in zip(others, MADE, strict=True):
        assert row.startswith(name)
        above_sure, above_torn = map(float, row.split()[-2:])
        assert above_sure > 0.9 > 0.1 > above_torn
    assert last.startswith("Fashion-MNIST was left out: ")
    assert last.endswith(".")


def test_fashion_is_a_row_where_it_is(
    few: None, classifier: Classifier, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(datasets, "load", lambda name, allow_download: dataset)
    *_, last = strangers.table({"certain": np.eye(10)}, classifier)
    assert last.startswith("Fashion-MNIST's test set")
