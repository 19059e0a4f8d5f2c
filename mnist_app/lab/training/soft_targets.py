"""One network learns what others answer (Hinton, Vinyals, Dean, "Distilling the knowledge in a
neural network", 2015).

They are asked about the very picture, as varied, that it is shown (Beyer et al., "Knowledge
distillation: a good teacher is patient and consistent", 2022).
"""

from collections.abc import Callable, Sequence

import keras
import tensorflow as tf

from mnist_app.core.errors import DigitLabError
from mnist_app.lab.networks import cloning

# Pictures (n, 28, 28, 1) in 0..1 and their answers (n, classes) -> the same with the answers to
# learn.
TargetMap = Callable[[tf.Tensor, tf.Tensor], tuple[tf.Tensor, tf.Tensor]]


def soft_target_map(teachers: Sequence[keras.Model], classes: int, precision: str) -> TargetMap:
    """Return what puts the mean of the teachers' answers in place of the right one, if any.

    Where there is none, as in a picture that is no digit, nothing changes: a teacher need not have
    learned to doubt.

    Args:
        teachers: networks from pictures (n, 28, 28, 1) in 0..1 to probabilities (n, classes), not
            compiled, as `model_files.load` returns them.
        precision: of their answers, see `settings.PRECISIONS`.

    Raises:
        DigitLabError: a teacher has another number of classes.
    """
    if any(teacher.output_shape != (None, classes) for teacher in teachers):
        raise DigitLabError(
            f"A teacher must give the same {classes} answers as this data set. Choose models "
            "trained on it."
        )
    # Where data are read, also on a machine with a GPU.
    with tf.device("CPU:0"):
        twins = [cloning.copy(teacher, precision) for teacher in teachers]

    def teach(pictures: tf.Tensor, answers: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        mean = sum(teacher(pictures, training=False) for teacher in twins) / len(twins)
        has_answer = tf.reduce_max(answers, axis=1, keepdims=True) > 0.5
        return pictures, tf.where(has_answer, mean, answers)

    return teach
