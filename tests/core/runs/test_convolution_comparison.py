from dataclasses import replace

import numpy as np
import pytest

from mnist_app.core.runs.convolution_comparison import find_pair, pair_configs, shifted
from mnist_app.core.runs.run import Run, RunState
from mnist_app.core.settings import ARCHITECTURES, DATASETS, TrainingConfig


def made(config: TrainingConfig) -> Run:
    return Run(1, "x", "", "", RunState.FINISHED, config.as_dict())


@pytest.mark.parametrize("dataset", DATASETS)
def test_the_two_differ_in_nothing_but_the_network(dataset: str) -> None:
    dense, convolutional = pair_configs(dataset)
    assert replace(dense, architecture=convolutional.architecture) == convolutional
    assert dense.dataset == dataset
    assert find_pair((made(convolutional), made(dense))) == (made(dense), made(convolutional))


def test_only_a_fair_pair_is_one() -> None:
    dense, convolutional = map(made, pair_configs("mnist"))
    longer = made(replace(pair_configs("mnist")[1], epochs=9))
    lenet = made(replace(pair_configs("mnist")[1], architecture="lenet5"))
    assert find_pair((dense, longer)) is None
    assert find_pair((convolutional, lenet)) is None
    assert find_pair((dense, convolutional, lenet)) is None
    assert find_pair((dense, lenet)) == (dense, lenet)


def test_any_network_with_a_convolution_makes_a_pair() -> None:
    dense, convolutional = pair_configs("mnist")
    for network in set(ARCHITECTURES) - {"dense"}:
        other = made(replace(convolutional, architecture=network))
        assert find_pair((other, made(dense))) == (made(dense), other)
    plain = replace(dense, layers="dense 9")
    own = replace(plain, architecture="custom")
    assert find_pair((made(plain), made(own))) is None


def test_pictures_are_moved_by_two_pixels_each_way_in_turn() -> None:
    images = np.zeros((4, 28, 28), dtype=np.uint8)
    images[:, 14, 10] = 9
    moved = shifted(images)
    assert [tuple(map(int, np.argwhere(one)[0])) for one in moved] == [
        (14, 12),
        (16, 10),
        (14, 8),
        (12, 10),
    ]
    assert moved.dtype == np.uint8
    images[:, 0] = images[:, -1] = images[:, :, 0] = images[:, :, -1] = 5
    edges = [image.sum() for image in shifted(images)]
    assert len(set(map(int, edges))) == 1
    assert edges[0] < images[0].sum(), "what leaves the picture does not come in again"
