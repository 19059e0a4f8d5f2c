"""The progress of a training run, in immutable snapshots."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Point:
    """One point of a learning curve.

    Attributes:
        epoch: how many epochs were done by then, with fractions.
        loss: categorical cross-entropy in nats.
        accuracy: fraction of pictures read right, 0..1; in training with teachers, read as they do.
        learning_rate: of the step that comes next.
    """

    epoch: float
    loss: float
    accuracy: float
    learning_rate: float = 0.0


@dataclass(frozen=True)
class Opinion:
    """The probabilities that the network gives for the person's own drawing."""

    epoch: float
    probabilities: tuple[float, ...]


@dataclass(frozen=True)
class HardPicture:
    """A validation picture that the network reads badly.

    Attributes:
        index: its place in the data set's training pictures.
        label, prediction: what it is, and what it is taken for.
        loss: categorical cross-entropy in nats.
    """

    index: int
    label: int
    prediction: int
    loss: float


@dataclass(frozen=True, eq=False)
class View:
    """The network at one moment.

    Attributes:
        indices: which test pictures it was asked, int64 (n,); the same ones in every run.
        labels, predictions: what they are, and what it takes them for, int64 (n,).
        filters: the weights of its first layer as pictures, float32 (filters, height, width).
    """

    indices: np.ndarray
    labels: np.ndarray
    predictions: np.ndarray
    filters: np.ndarray


@dataclass(frozen=True)
class Progress:
    """The state of a run.

    Attributes:
        epoch, epochs: the epoch it is in, from 1, and how many there will be.
        step, steps: the step it has done in this epoch, and how many an epoch has.
        images_per_second: training speed, without validation, pauses and compilation; 0 at first.
        seconds: how long it has trained, without validation and pauses.
        seconds_left: a guess from the speed so far; None until some dozens of steps are done.
        learning_rate: the one of the next step.
        training: the curve over steps, each point the mean since the point before; the last one is
            of now, and provisional.
        validation: the curve over epochs.
        class_accuracy: of each validation, the fraction read right of each class, 0..1; NaN for a
            class that has no validation pictures.
        hardest: the worst read pictures of the last validation, the worst first.
        view: how it reads some test pictures, at most a second old; None when nobody watches.
        opinions: what it thought of the person's own drawing, the oldest first.
        rate_changes: what the learning rate was multiplied by while it ran, in their order: from
            which of the run's steps on, counted from 0, and by how much.
        validated: the fraction of the pictures kept aside that was read after an epoch, 0..1;
            0 else.
        is_paused: it waits to be resumed.
        is_over: the training has ended, by itself or because it was stopped.
        is_used_up: it took all the time that this host allows, and would end at once if it went on.
        remark: what a person should know: why it ended before its time, if nobody asked for
            that, and what went wrong on the way.
    """

    epoch: int
    epochs: int
    step: int
    steps: int
    images_per_second: float = 0.0
    seconds: float = 0.0
    seconds_left: float | None = None
    learning_rate: float = 0.0
    training: tuple[Point, ...] = ()
    validation: tuple[Point, ...] = ()
    class_accuracy: tuple[tuple[float, ...], ...] = ()
    hardest: tuple[HardPicture, ...] = ()
    view: View | None = None
    opinions: tuple[Opinion, ...] = ()
    rate_changes: tuple[tuple[int, float], ...] = ()
    validated: float = 0.0
    is_paused: bool = False
    is_over: bool = False
    is_used_up: bool = False
    remark: str = ""

    @property
    def fraction(self) -> float:
        """Return the fraction of the run that is done, 0..1."""
        done = (self.epoch - 1) * self.steps + self.step
        return min(1.0, done / (self.epochs * self.steps))
