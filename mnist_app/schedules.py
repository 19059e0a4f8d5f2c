"""The learning rate over a run, which can be multiplied while it goes."""

from typing import TYPE_CHECKING, Any

from mnist_app.settings import TrainingConfig

if TYPE_CHECKING:
    import keras

# Of the whole run, the part in which the learning rate rises. One cycle as by Smith and Topin,
# "Super-convergence" (2018), with the usual third.
RISING_SHARE = {"cosine": 0.1, "one_cycle": 0.3}


def schedule(config: TrainingConfig, steps: int, factor: Any) -> Any:
    """A Keras schedule over a run of `steps` steps, times the variable `factor`."""
    from keras.optimizers import schedules

    planned = None if config.schedule == "constant" else _rise_and_fade(config, steps)

    class Steered(schedules.LearningRateSchedule):
        def __call__(self, step: Any) -> Any:
            return factor * (config.learning_rate if planned is None else planned(step))

        def get_config(self) -> dict[str, Any]:
            raise NotImplementedError("A run's schedule is made from its settings.")

    return Steered()


def _rise_and_fade(
    config: TrainingConfig, steps: int
) -> "keras.optimizers.schedules.LearningRateSchedule":
    import keras

    rising = max(1, round(RISING_SHARE[config.schedule] * steps))
    return keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=config.learning_rate / 25,
        decay_steps=max(1, steps - rising),
        warmup_target=config.learning_rate,
        warmup_steps=rising,
    )
