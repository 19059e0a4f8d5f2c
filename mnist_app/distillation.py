"""One network learns what others answer (Hinton, Vinyals, Dean, "Distilling the knowledge in a
neural network", 2015).

They are asked about the very picture, as varied, that it is shown (Beyer et al., "Knowledge
distillation: a good teacher is patient and consistent", 2022).
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from mnist_app import learners
from mnist_app.errors import DigitLabError

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

# Pictures (n, 28, 28, 1) in 0..1 and their answers (n, classes) -> answers (n, classes) to learn.
Tutor = Callable[["tf.Tensor", "tf.Tensor"], "tf.Tensor"]


def tutor(teachers: Sequence["keras.Model"], classes: int, precision: str) -> Tutor:
    """What puts the mean of the teachers' answers in place of the right one, where there is one.

    Where there is none, as in a picture that is no digit, nothing changes: a teacher need not have
    learned to doubt.

    Args:
        teachers: networks from pictures (n, 28, 28, 1) in 0..1 to probabilities (n, classes).
        precision: in how many bits they reckon, see `settings.PRECISIONS`.

    Raises:
        DigitLabError: a teacher has other classes.
    """
    if any(teacher.output_shape != (None, classes) for teacher in teachers):
        raise DigitLabError(
            f"A teacher must tell the {classes} classes of this data set apart: choose models "
            "trained on the same one."
        )
    copies = [learners.copy(teacher, precision) for teacher in teachers]

    def teach(pictures: "tf.Tensor", answers: "tf.Tensor") -> "tf.Tensor":
        import tensorflow as tf

        told = sum(teacher(pictures, training=False) for teacher in copies) / len(copies)
        has_answer = tf.reduce_max(answers, axis=1, keepdims=True) > 0.5
        return tf.where(has_answer, told, answers)

    return teach
