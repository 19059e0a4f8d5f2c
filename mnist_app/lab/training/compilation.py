"""Compilation of a network: its optimiser, its loss and its precision."""

from typing import Any

import keras
from keras import ops, optimizers

from mnist_app.core import limits
from mnist_app.core.errors import DigitLabError
from mnist_app.core.settings import TrainingConfig
from mnist_app.lab.networks import architectures, cloning

# Averages over batches reach back over this fraction of an epoch at most, but over two batches at
# least.
SETTLED = 1 / 3
LEAST_MOMENTUM = 0.5


def build_model(
    config: TrainingConfig, classes: int, start_from: keras.Model | None = None
) -> keras.Model:
    """Return the network that is to learn, with the weights of `start_from` or random ones.

    Raises:
        DigitLabError: it has more weights than this host allows; `start_from` is of another design.
    """
    model = architectures.build(config.architecture, classes, config.dropout, config.layers)
    limits.require_weights(model.count_params())
    model = cloning.seeded(model, config.seed)
    if start_from is not None:
        if [row.shape for row in model.weights] != [row.shape for row in start_from.weights]:
            raise DigitLabError(
                "The model to start from is a different kind of network. Choose one of the same "
                "kind, or start from scratch."
            )
        model.set_weights(start_from.get_weights())
    return model


def compile_model(
    model: keras.Model, config: TrainingConfig, steps: int, accuracy: Any = "accuracy"
) -> keras.Model:
    """Compile `model`, or a copy if it trains in fewer bits than it is saved in.

    Args:
        steps: how many an epoch has.
        accuracy: a metric of that name, as Keras knows them.
    """
    learner = model if config.precision == "float32" else cloning.copy(model, config.precision)
    _follow_within(learner, steps * SETTLED)
    learner.compile(
        optimizer=optimizer(config, steps),
        loss=keras.losses.CategoricalCrossentropy(label_smoothing=config.label_smoothing),
        metrics=[accuracy],
    )
    learner.optimizer.build(learner.trainable_variables)
    return learner


def _follow_within(learner: keras.Model, steps: float) -> None:
    """Have batch normalisation follow the statistics within this many steps.

    Otherwise, in a run of few steps, its averages would still be near their start at the end, and
    the network would read as if it had learned nothing.
    """
    for layer in learner.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = min(layer.momentum, max(LEAST_MOMENTUM, 1 - 1 / max(1.0, steps)))


def optimizer(config: TrainingConfig, steps: int) -> keras.Optimizer:
    """Return the optimiser of a run of `steps` steps an epoch.

    The caller sets its learning rate before each step, see `schedules`, and has it put the average
    in place of the weights when an epoch ends, as `fit` does.
    """
    rate, decay = config.learning_rate, config.weight_decay or None
    momentum = 1 - 1 / max(1.0, config.averaging * steps)
    average = {"use_ema": config.averaging > 0, "ema_momentum": momentum}
    if config.optimizer == "sgd":
        return optimizers.SGD(rate, momentum=0.9, nesterov=True, weight_decay=decay, **average)
    if config.optimizer == "adamw":
        return optimizers.AdamW(rate, weight_decay=decay or 0.0, **average)
    return optimizers.Adam(rate, **average)


def accuracy_metric() -> keras.Metric:
    """Return a metric of the fraction of pictures read right, of those that have a right answer.

    Where answers are a teacher's, what it is more sure of than not counts as right.
    """

    class Accuracy(keras.metrics.CategoricalAccuracy):
        def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
            has_answer = ops.cast(ops.max(y_true, axis=-1) > 0.5, "float32")
            super().update_state(y_true, y_pred, has_answer)

    return Accuracy(name="accuracy")
