"""What a network says before it makes probabilities of it, and what each pixel does to that.

Near certainty a probability hardly moves, whatever is drawn; the scores behind it still do.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import keras

# A probability that float32 rounds to nothing would have no logarithm.
LEAST_PROBABILITY = 1e-30
_FAR_BELOW = 1e9


class Scores:
    """A model's scores and their slopes; safe to call from several threads."""

    def __init__(self, model: "keras.Model") -> None:
        """Compile `model`, which maps (n, 28, 28, 1) in 0..1 to (n, classes) probabilities."""
        import tensorflow as tf

        logits = _before_softmax(model)
        pictures = tf.TensorSpec((None, *model.input_shape[1:]), tf.float32)

        def slopes(batch: Any, target: Any) -> tuple[Any, Any]:
            with tf.GradientTape() as tape:
                tape.watch(batch)
                scores = logits(batch)
                is_target = tf.one_hot(target, scores.shape[-1])
                wanted = tf.reduce_sum(scores * is_target, axis=-1)
                others = tf.reduce_logsumexp(scores - _FAR_BELOW * is_target, axis=-1)
                odds = wanted - others
            return scores, tape.gradient(odds, batch)

        self._logits = tf.function(logits, input_signature=[pictures])
        self._slopes = tf.function(slopes, input_signature=[pictures, tf.TensorSpec((), tf.int32)])
        # The first calls are slow.
        blank = np.zeros((1, 28, 28), dtype=np.float32)
        self.logits(blank)
        self.slopes(blank, 0)

    def logits(self, pictures: np.ndarray) -> np.ndarray:
        """Scores whose softmax is the answer: float32 (n, 28, 28) in 0..1 -> (n, classes)."""
        return self._logits(pictures[..., None]).numpy()

    def slopes(self, pictures: np.ndarray, target: int) -> tuple[np.ndarray, np.ndarray]:
        """How the log odds of class `target` change with the ink of each pixel.

        Args:
            pictures: float32 (n, 28, 28) in 0..1.

        Returns:
            The scores, float32 (n, classes), and the gradients, float32 (n, 28, 28).
        """
        scores, slopes = self._slopes(pictures[..., None], target)
        return scores.numpy(), slopes.numpy()[..., 0]


def log_odds(logits: np.ndarray, target: int) -> np.ndarray:
    """log(p / (1 - p)) of class `target`: float (n, classes), two at least -> (n,)."""
    return logits[:, target] - np.logaddexp.reduce(np.delete(logits, target, axis=1), axis=1)


def lead(logits: np.ndarray, target: int) -> np.ndarray:
    """How far class `target` is before the best of the others: float (n, classes) -> (n,)."""
    return logits[:, target] - np.delete(logits, target, axis=1).max(axis=1)


def _before_softmax(model: "keras.Model") -> Any:
    """A function of a batch of inputs that gives scores; the logarithm where there are none."""
    import tensorflow as tf
    from keras import Model, activations, layers

    head = model.layers[-1]
    if getattr(head, "activation", None) is activations.softmax:
        body = Model(model.inputs, head.input)
        if isinstance(head, layers.Dense):
            return lambda batch: head_scores(body(batch, training=False), head)
        if isinstance(head, layers.Activation):
            return lambda batch: body(batch, training=False)
    return lambda batch: tf.math.log(tf.maximum(model(batch, training=False), LEAST_PROBABILITY))


def head_scores(features: Any, head: "keras.layers.Dense") -> Any:
    """A dense layer without its activation."""
    scores = features @ head.kernel
    return scores + head.bias if head.use_bias else scores
