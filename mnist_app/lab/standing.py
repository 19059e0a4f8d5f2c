"""Where a training run stands: what it needs to go on, and what can be seen of it."""

from dataclasses import dataclass, field

import numpy as np

from mnist_app.learning_curve import has_point, interval, thinned
from mnist_app.progress import HardPicture, Opinion, Point, Progress
from mnist_app.schedules import learning_rate
from mnist_app.settings import TrainingConfig

# What a plateau multiplies the learning rate by.
PLATEAU_FACTOR = 0.2


@dataclass
class Standing:
    """All that a run needs to go on, but its settings and its pictures.

    Attributes:
        epoch, step: epochs that are done and validated, and steps done since.
        pictures: how many it learns from.
        started_from: the fingerprint of the model it began with; "" for one that began by chance.
        teachers: the fingerprints of the models whose answers it learns.
        seconds: how long it has trained.
        elapsed: seconds that it took in all, with validation and pauses, without breaks.
        learning_rate_factor: what the schedule's learning rate is multiplied by.
        rate_changes: see `Progress`.
        best_loss: the lowest validation loss; None before there is one.
        epochs_since_best: how many validations ago that was.
        epochs_on_plateau: validations without a new best since the learning rate was last lowered.
        training, validation, class_accuracy, hardest, opinions: see `Progress`; the training
            curve without its tip.
        tip_steps, tip_loss, tip_accuracy: steps since its last point, and the sums over them.
        variables: of the network, with those of its dropout, in Keras' order.
        optimizer: of the optimiser.
        best: the network's weights at the best validation; empty before there is one.
    """

    epoch: int = 0
    step: int = 0
    pictures: int = 0
    started_from: str = ""
    teachers: list[str] = field(default_factory=list)
    seconds: float = 0.0
    elapsed: float = 0.0
    learning_rate_factor: float = 1.0
    rate_changes: list[tuple[int, float]] = field(default_factory=list)
    best_loss: float | None = None
    epochs_since_best: int = 0
    epochs_on_plateau: int = 0
    tip_steps: int = 0
    tip_loss: float = 0.0
    tip_accuracy: float = 0.0
    training: list[Point] = field(default_factory=list)
    validation: list[Point] = field(default_factory=list)
    class_accuracy: list[tuple[float, ...]] = field(default_factory=list)
    hardest: tuple[HardPicture, ...] = ()
    opinions: list[Opinion] = field(default_factory=list)
    variables: list[np.ndarray] = field(default_factory=list)
    optimizer: list[np.ndarray] = field(default_factory=list)
    best: list[np.ndarray] = field(default_factory=list)

    def steps_done(self, steps: int) -> int:
        """Of the whole run, with `steps` steps an epoch."""
        return self.epoch * steps + self.step

    def epochs_done(self, steps: int) -> float:
        """The same in epochs, with fractions."""
        return self.steps_done(steps) / steps

    def learning_rate(self, config: TrainingConfig, steps: int) -> float:
        """Of the step that comes next, in a run of `steps` steps an epoch."""
        planned = learning_rate(config, self.steps_done(steps), config.epochs * steps)
        return self.learning_rate_factor * planned

    def change_learning_rate(self, factor: float, steps: int) -> None:
        """Multiply it by hand from the next step on, in a run of `steps` steps an epoch."""
        self.learning_rate_factor *= factor
        self.rate_changes.append((self.steps_done(steps), factor))

    def learned(self, loss: float, accuracy: float, config: TrainingConfig, steps: int) -> None:
        """Count one more step, in a run of `steps` steps an epoch."""
        self.step += 1
        self.tip_steps += 1
        self.tip_loss += loss
        self.tip_accuracy += accuracy
        done = self.steps_done(steps)
        if interval(done) != interval(done - 1):
            self.training = thinned(self.training, done, steps)
        if has_point(done, steps):
            self.training += self._tip(config, steps)
            self.tip_steps, self.tip_loss, self.tip_accuracy = 0, 0.0, 0.0

    def compare(self, loss: float, weights: list[np.ndarray], config: TrainingConfig) -> None:
        """Keep the best weights so far; lower the learning rate where nothing gets better.

        Args:
            loss: on the pictures kept aside, with these weights.
        """
        if self.best_loss is None or loss < self.best_loss:
            self.best_loss, self.best = loss, weights
            self.epochs_since_best = self.epochs_on_plateau = 0
            return
        self.epochs_since_best += 1
        self.epochs_on_plateau += 1
        # A schedule already decides the learning rate.
        if config.schedule == "constant" and 0 < config.plateau <= self.epochs_on_plateau:
            self.epochs_on_plateau = 0
            self.learning_rate_factor *= PLATEAU_FACTOR

    def _tip(self, config: TrainingConfig, steps: int) -> list[Point]:
        """The mean since the curve's last point, where there were steps."""
        if not self.tip_steps:
            return []
        return [
            Point(
                self.epochs_done(steps),
                # A difference of rounded means may end a hair outside.
                max(0.0, self.tip_loss / self.tip_steps),
                min(1.0, max(0.0, self.tip_accuracy / self.tip_steps)),
                self.learning_rate(config, steps),
            )
        ]

    def progress(self, config: TrainingConfig, steps: int) -> Progress:
        """What can be seen of a run of `steps` steps an epoch."""
        done = self.steps_done(steps)
        # Between two epochs it stands at the end of the first.
        epoch = max(0, done - 1) // steps
        per_step = self.seconds / done if done else 0.0
        return Progress(
            epoch=epoch + 1,
            epochs=config.epochs,
            step=done - epoch * steps,
            steps=steps,
            images_per_second=config.batch_size / per_step if per_step else 0.0,
            seconds=self.seconds,
            seconds_left=per_step * (config.epochs * steps - done) if done else None,
            learning_rate=self.learning_rate(config, steps),
            training=(*self.training, *self._tip(config, steps)),
            validation=tuple(self.validation),
            class_accuracy=tuple(self.class_accuracy),
            hardest=self.hardest,
            opinions=tuple(self.opinions),
            rate_changes=tuple(self.rate_changes),
        )
