import numpy as np

from mnist_app.core.recognition.segmentation.layout import Layout, Span


def best(layout: Layout, sure: set[Span]) -> list[Span]:
    """The best reading when a network is sure of these candidates alone."""
    candidates = layout.candidates()
    logs = np.log([0.99 if span in sure else 0.2 for span in candidates])
    return layout.best(candidates, logs)


def test_nothing_is_read_as_nothing() -> None:
    layout = Layout(np.zeros((0, 4)), np.zeros(0))
    assert layout.candidates() == []
    assert best(layout, set()) == []


def test_the_network_decides_what_is_one_digit() -> None:
    layout = Layout(np.array([[0, 0, 0.3, 1], [0.4, 0, 0.7, 1.0]]), np.zeros(1))
    assert best(layout, {(0, 2)}) == [(0, 2)]
    assert best(layout, {(0, 1), (1, 2)}) == [(0, 1), (1, 2)]


def test_what_stands_far_apart_is_never_one_digit() -> None:
    layout = Layout(np.array([[0, 0, 0.1, 1], [1, 0, 1.1, 1.0]]), np.zeros(1))
    assert layout.candidates() == [(0, 1), (1, 2)]
