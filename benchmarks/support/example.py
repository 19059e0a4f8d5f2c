"""The network and the recipe of Keras' own example, beside which this app's are measured."""

import click

from mnist_app.core.data.datasets import Dataset
from mnist_app.core.settings import TrainingConfig
from mnist_app.lab.networks.keras_classifier import KerasClassifier

# "Simple MNIST convnet" by Francois Chollet: https://keras.io/examples/vision/mnist_convnet/
CONFIG = TrainingConfig(
    architecture="keras_example", epochs=15, batch_size=128, validation_share=0.1
)


def trained(dataset: Dataset, config: TrainingConfig = CONFIG) -> KerasClassifier:
    """The example, trained anew on `dataset` with a bar of its progress; minutes on MNIST."""
    from mnist_app.lab.training.fit import train

    with click.progressbar(length=100, label="training the Keras example") as bar:
        result = train(
            config, dataset, lambda now: bar.update(int(100 * now.fraction) - bar.pos), watch=False
        )
    return KerasClassifier(result.model)
