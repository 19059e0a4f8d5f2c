from dataclasses import replace

import numpy as np

from benchmarks import example
from mnist_app.core.data.datasets import Dataset


def test_the_example_learns_what_it_is_shown(digits: Dataset) -> None:
    config = replace(example.CONFIG, epochs=2)
    classifier = example.trained(digits, config)
    read = classifier.probabilities(digits.test_images).argmax(axis=1)
    assert np.mean(read == digits.test_labels) > 0.5
    assert classifier.model.count_params() == 34_826
