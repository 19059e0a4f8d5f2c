"""The history of a training run: all that can be seen of it and that it needs to go on."""

from dataclasses import asdict, dataclass, field
from typing import Any

from mnist_app.core.runs.learning_curve import CURVE_POINTS, GrowingCurve
from mnist_app.core.runs.progress import HardPicture, Opinion, Point, Progress
from mnist_app.core.schedules import learning_rate
from mnist_app.core.settings import TrainingConfig
from mnist_app.lab.training.monitor import Validation

# Fewer do not tell how long a run will take: the first are slow.
ENOUGH_STEPS = 50


@dataclass
class History:
    """The figures of a run with these settings and `steps` steps an epoch.

    Attributes:
        epoch, step: epochs that are done and validated, and steps done since.
        seconds: how long it has trained.
        elapsed: seconds that it took in all, with validation and pauses, without breaks.
        learning_rate_factor: what the schedule's learning rate is multiplied by.
        rate_changes, validation, class_accuracy, hardest, opinions: see `Progress`.
    """

    config: TrainingConfig
    steps: int
    epoch: int = 0
    step: int = 0
    seconds: float = 0.0
    elapsed: float = 0.0
    learning_rate_factor: float = 1.0
    rate_changes: list[tuple[int, float]] = field(default_factory=list)
    validation: list[Point] = field(default_factory=list)
    class_accuracy: list[tuple[float, ...]] = field(default_factory=list)
    hardest: tuple[HardPicture, ...] = ()
    opinions: list[Opinion] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.training = GrowingCurve(self.steps, self.config.epochs)
        # Of this process, without its first step, in which TensorFlow compiles.
        self._timed_steps, self._timed_seconds = -1, 0.0

    @property
    def steps_done(self) -> int:
        """Return the steps done in the whole run."""
        return self.epoch * self.steps + self.step

    @property
    def epochs_done(self) -> float:
        """Return the same in epochs, with fractions."""
        return self.steps_done / self.steps

    @property
    def is_epoch_complete(self) -> bool:
        """Return whether all steps of the current epoch are done."""
        return self.step == self.steps

    @property
    def learning_rate(self) -> float:
        """Return the learning rate of the next step."""
        planned = learning_rate(self.config, self.steps_done, self.config.epochs * self.steps)
        return self.learning_rate_factor * planned

    def change_learning_rate(self, factor: float) -> None:
        """Multiply the learning rate by hand from the next step on."""
        self.learning_rate_factor *= factor
        self.rate_changes.append((self.steps_done, factor))

    def add_step(self, loss: float, accuracy: float, seconds: float) -> None:
        """Count one more step, which took that long."""
        self.step += 1
        self.seconds += seconds
        self._timed_steps += 1
        if self._timed_steps:
            self._timed_seconds += seconds
        self.training.add(loss, accuracy, self.learning_rate)

    def add_validation(self, found: Validation) -> None:
        """Note how the pictures kept aside are read now."""
        point = Point(self.epochs_done, found.loss, found.accuracy, self.learning_rate)
        self.validation.append(point)
        self.class_accuracy.append(found.class_accuracy)
        self.hardest = found.hardest

    def add_opinion(self, probabilities: tuple[float, ...]) -> None:
        """Note what the network thinks of the person's own drawing now."""
        self.opinions.append(Opinion(self.epochs_done, probabilities))
        if len(self.opinions) > CURVE_POINTS:
            del self.opinions[1::2]

    def end_epoch(self) -> None:
        """Count one more whole epoch."""
        self.epoch, self.step = self.epoch + 1, 0

    def progress(self) -> Progress:
        """Return what can be seen of the run."""
        done = self.steps_done
        # Between two epochs it stands at the end of the first.
        epoch = max(0, done - 1) // self.steps
        per_step = self._timed_seconds / self._timed_steps if self._timed_steps > 0 else 0.0
        left = self.config.epochs * self.steps - done
        return Progress(
            epoch=epoch + 1,
            epochs=self.config.epochs,
            step=done - epoch * self.steps,
            steps=self.steps,
            images_per_second=self.config.batch_size / per_step if per_step else 0.0,
            seconds=self.seconds,
            seconds_left=per_step * left if self._timed_steps >= ENOUGH_STEPS else None,
            learning_rate=self.learning_rate,
            training=self.training.points,
            validation=tuple(self.validation),
            class_accuracy=tuple(self.class_accuracy),
            hardest=self.hardest,
            opinions=tuple(self.opinions),
            rate_changes=tuple(self.rate_changes),
        )

    def as_dict(self) -> dict[str, Any]:
        """Return the figures at the end of an epoch, ready for JSON."""
        figures = asdict(self) | {"training": [asdict(point) for point in self.training.points]}
        return {name: figures[name] for name in figures if name not in ("config", "steps", "step")}

    @classmethod
    def from_dict(cls, figures: dict[str, Any], config: TrainingConfig, steps: int) -> "History":
        """Make it anew from what `as_dict` gave.

        Raises:
            KeyError, TypeError, ValueError: it is something else.
        """
        history = cls(
            config,
            steps,
            epoch=int(figures["epoch"]),
            seconds=float(figures["seconds"]),
            elapsed=float(figures["elapsed"]),
            learning_rate_factor=float(figures["learning_rate_factor"]),
            rate_changes=[(int(step), float(factor)) for step, factor in figures["rate_changes"]],
            validation=[Point(**point) for point in figures["validation"]],
            class_accuracy=[tuple(fractions) for fractions in figures["class_accuracy"]],
            hardest=tuple(HardPicture(**picture) for picture in figures["hardest"]),
            opinions=[
                Opinion(opinion["epoch"], tuple(opinion["probabilities"]))
                for opinion in figures["opinions"]
            ],
        )
        training = [Point(**point) for point in figures["training"]]
        history.training = GrowingCurve(steps, config.epochs, training)
        return history
