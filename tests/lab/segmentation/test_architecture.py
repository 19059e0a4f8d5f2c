import numpy as np

from mnist_app.core.recognition.segmentation.network import SegmentationNetwork
from mnist_app.lab.segmentation.architecture import OUTPUTS, build, to_litert
from tests.support.networks import as_if_learned


def test_the_litert_form_answers_as_keras_does_at_another_size() -> None:
    model = as_if_learned(build())
    chance = np.random.default_rng(0)
    network = SegmentationNetwork(to_litert(model))
    for shape in ((40, 72), (16, 8)):
        ink = chance.random((*shape, 1)).astype(np.float32)
        wanted = model(ink[None], training=False)[0].numpy()
        assert wanted.shape == (*shape, OUTPUTS)
        np.testing.assert_allclose(network._outputs(ink[..., 0]), wanted, atol=1e-2)
