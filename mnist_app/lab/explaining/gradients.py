"""What each pixel does to the scores behind a network's probabilities."""

import keras
import numpy as np
import tensorflow as tf

from mnist_app.lab.networks.logits import before_softmax

_FAR_BELOW = 1e9


class Scores:
    """A model's scores and their slopes, see `odds.Sloping`; safe to call from several threads."""

    def __init__(self, model: keras.Model) -> None:
        """Compile `model`, which maps (n, 28, 28, 1) in 0..1 to (n, classes) probabilities."""
        logits = keras.Model(model.inputs, before_softmax(model))
        pictures = tf.TensorSpec((None, *model.input_shape[1:]), tf.float32)

        def slopes(batch: tf.Tensor, target: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            with tf.GradientTape() as tape:
                tape.watch(batch)
                scores = logits(batch, training=False)
                is_target = tf.one_hot(target, scores.shape[-1])
                wanted = tf.reduce_sum(scores * is_target, axis=-1)
                others = tf.reduce_logsumexp(scores - _FAR_BELOW * is_target, axis=-1)
                odds = wanted - others
            return scores, tape.gradient(odds, batch)

        self._logits = tf.function(
            lambda batch: logits(batch, training=False), input_signature=[pictures]
        )
        self._slopes = tf.function(slopes, input_signature=[pictures, tf.TensorSpec((), tf.int32)])

    def logits(self, pictures: np.ndarray) -> np.ndarray:
        """Return scores whose softmax is the answer, (n, classes), of float32 (n, 28, 28)."""
        return self._logits(pictures[..., None]).numpy()

    def slopes(self, pictures: np.ndarray, target: int) -> tuple[np.ndarray, np.ndarray]:
        """Return how the log odds of class `target` change with the ink of each pixel.

        Args:
            pictures: float32 (n, 28, 28) in 0..1.

        Returns:
            The scores, float32 (n, classes), and the gradients, float32 (n, 28, 28).
        """
        scores, slopes = self._slopes(pictures[..., None], target)
        return scores.numpy(), slopes.numpy()[..., 0]
