"""Gradients of a network's logits with respect to the pixels."""

import keras
import numpy as np
import tensorflow as tf

from mnist_app.lab.networks.logits import before_softmax

# Taken from a logit, it leaves its class out of the sum over the others.
_FAR_BELOW = 1e9


class KerasLogits:
    """Logits of a Keras model and their gradients; safe to call from several threads."""

    def __init__(self, model: keras.Model) -> None:
        """Compile `model`, which maps (n, 28, 28, 1) in 0..1 to (n, classes) probabilities."""
        logits = keras.Model(model.inputs, before_softmax(model))
        pictures = tf.TensorSpec((None, *model.input_shape[1:]), tf.float32)

        def gradients(batch: tf.Tensor, target: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            with tf.GradientTape() as tape:
                tape.watch(batch)
                outputs = logits(batch, training=False)
                is_target = tf.one_hot(target, outputs.shape[-1])
                wanted = tf.reduce_sum(outputs * is_target, axis=-1)
                others = tf.reduce_logsumexp(outputs - _FAR_BELOW * is_target, axis=-1)
                odds = wanted - others
            return outputs, tape.gradient(odds, batch)

        self._logits = tf.function(
            lambda batch: logits(batch, training=False), input_signature=[pictures]
        )
        self._gradients = tf.function(
            gradients, input_signature=[pictures, tf.TensorSpec((), tf.int32)]
        )

    def logits(self, pictures: np.ndarray) -> np.ndarray:
        """Return logits whose softmax is the answer, (n, classes), of float32 (n, 28, 28)."""
        return self._logits(pictures[..., None]).numpy()

    def gradients(self, pictures: np.ndarray, target: int) -> tuple[np.ndarray, np.ndarray]:
        """Return how the log odds of class `target` change with the ink of each pixel.

        Args:
            pictures: float32 (n, 28, 28) in 0..1.

        Returns:
            The logits, float32 (n, classes), and the gradients, float32 (n, 28, 28).
        """
        logits, gradients = self._gradients(pictures[..., None], target)
        return logits.numpy(), gradients.numpy()[..., 0]
