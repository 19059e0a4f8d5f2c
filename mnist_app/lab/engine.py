"""What does the steps of a training run: Keras on the one device of this process.

`distributed` has an engine for several devices.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from mnist_app.lab import learners
from mnist_app.settings import TrainingConfig

if TYPE_CHECKING:
    import keras
    import tensorflow as tf


# Told how many steps were done, and the mean loss and accuracy over them; may raise `Stopped`.
AfterStep = Callable[[int, float, float], None]
# Whether this process wants to stop.
Wish = Callable[[], bool]


class Stopped(Exception):
    """Leaves an epoch at once; Keras' own flag would still end it."""


class Engine:
    """One run's engine; others do the same in their own way.

    Attributes:
        is_shared: whether other processes take part, which know nothing of this one's checkpoints
            and can be told nothing but to stop.
    """

    is_shared = False

    def take(self, model: "keras.Model", config: TrainingConfig, steps: int) -> "keras.Model":
        """Make a network ready to learn; gives what learns, which may be a copy of it.

        Args:
            steps: how many an epoch has.

        Raises:
            DigitLabError: these settings cannot be done here.
        """
        self._learner = learners.prepare(model, config, steps, learners.right_answers())
        return self._learner

    def learn(
        self, batches: "tf.data.Dataset", steps: int, after_step: AfterStep, wish: Wish
    ) -> None:
        """Do the first `steps` steps of an epoch's `batches`.

        Raises:
            DigitLabError: others who take part were lost.
        """
        self._learner.fit(
            batches,
            steps_per_epoch=steps,
            callbacks=[_after_each_step(after_step)],
            shuffle=False,
            verbose=0,
        )

    def agrees_to_stop(self, wish: bool) -> bool:
        """Whether all who take part stop here, when this process wishes so or not."""
        return wish

    def mean(self, value: float) -> float:
        """The mean of what all who take part found."""
        return value


def _after_each_step(act: AfterStep) -> "keras.callbacks.Callback":
    """A Keras callback that acts after each step; made here so that Keras loads late."""
    import keras

    class AfterEachStep(keras.callbacks.Callback):
        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            act(batch + 1, float(logs["loss"]), float(logs["accuracy"]))

    return AfterEachStep()
