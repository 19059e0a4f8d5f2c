"""The engine of a training run: Keras on the one device of this process.

`distributed` has an engine for several devices.
"""

from collections.abc import Callable

import keras
import tensorflow as tf

from mnist_app.core.settings import TrainingConfig
from mnist_app.lab.training import compilation

# Whether this process wants to stop.
Wish = Callable[[], bool]
Callbacks = list[keras.callbacks.Callback]


class Engine:
    """Runs the steps of one training; subclasses do so in their own way.

    Attributes:
        is_shared: whether other processes take part, which have no checkpoints and obey no order
            but to stop.
    """

    is_shared = False

    def take(self, model: keras.Model, config: TrainingConfig, steps: int) -> keras.Model:
        """Compile a network; return what learns, which may be a copy of it.

        Args:
            steps: how many an epoch has.

        Raises:
            DigitLabError: these settings cannot be done here.
        """
        metric = compilation.accuracy_metric()
        self._learner = compilation.compile_model(model, config, steps, metric)
        self._steps = steps
        return self._learner

    def fit(
        self, batches: tf.data.Dataset, epochs: range, callbacks: Callbacks, wish: Wish
    ) -> None:
        """Train what `take` returned for some epochs, which are numbered from 0.

        Raises:
            DigitLabError: others who take part were lost.
        """
        self._learner.fit(
            batches,
            initial_epoch=epochs.start,
            epochs=epochs.stop,
            steps_per_epoch=self._steps,
            callbacks=callbacks,
            shuffle=False,
            verbose=0,
        )

    def agrees_to_stop(self, wish: bool) -> bool:
        """Return whether all who take part stop here, when this process wishes so or not."""
        return wish

    def mean(self, value: float) -> float:
        """Return the mean of what all who take part found."""
        return value
