"""Answers of a network that still learns, by TensorFlow."""

import keras
import numpy as np
import tensorflow as tf

from mnist_app.core.recognition.classifier import as_network_input

# Images answered in one call.
BATCH = 500


class KerasClassifier:
    """Answers as `Classifier` does, always with the network's present weights."""

    def __init__(self, model: keras.Model) -> None:
        """Compile `model`, which maps (n, 28, 28, 1) in 0..1 to (n, classes) probabilities."""
        self.model = model
        # An input of any number of images: one compilation serves them all.
        signature = [tf.TensorSpec((None, *model.input_shape[1:]), tf.float32)]
        self._answer = tf.function(
            lambda batch: model(batch, training=False), input_signature=signature
        )

    def probabilities(self, images: np.ndarray) -> np.ndarray:
        """Return the probability of each class, float32 (n, classes), each row sums to 1.

        Args:
            images: uint8 (n, 28, 28), 255 is full ink.
        """
        if not len(images):
            return np.zeros((0, self.model.output_shape[-1]), dtype=np.float32)
        batches = [
            self._answer(as_network_input(images[start : start + BATCH])).numpy()
            for start in range(0, len(images), BATCH)
        ]
        return np.concatenate(batches)
