"""TrainingConfig + pictures -> a trained model; reports while it learns, does as it is told.

It knows nothing of any screen: `report` gets an immutable `Progress`, `steering` is asked after
every step.
"""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mnist_app import limits
from mnist_app.datasets import Dataset
from mnist_app.errors import DigitLabError
from mnist_app.lab.bookmark import Bookmark, take_up
from mnist_app.lab.distillation import TaughtFeed
from mnist_app.lab.engine import Engine, Stopped
from mnist_app.lab.feeding import Feed, Split, lessons, split
from mnist_app.lab.learners import begin, fingerprint
from mnist_app.lab.standing import Standing
from mnist_app.lab.watching import BATCH, Watcher, judge
from mnist_app.learning_curve import CURVE_POINTS
from mnist_app.progress import Opinion, Point, Progress, View
from mnist_app.settings import TrainingConfig
from mnist_app.steering import Steering

if TYPE_CHECKING:
    import keras

# Between two reports, and between two looks at the network.
REPORT_SECONDS = 0.25
WATCH_SECONDS = 0.75
DIVERGED = "The training diverged (its loss is no number any more): "


class _Diverged(Exception):
    """Leaves an epoch: nothing more can be learned from here."""


@dataclass(frozen=True)
class TrainingResult:
    """A finished or stopped run.

    Attributes:
        model: the trained network.
        progress: the last report, with the whole curves.
        seconds: wall-clock time of the training.
        stopped: whether it was stopped before its end, by a person, by this host's limit, or
            because it diverged.
        diverged: whether it was that.
    """

    model: "keras.Model"
    progress: Progress
    seconds: float
    stopped: bool
    diverged: bool


def train(
    config: TrainingConfig,
    dataset: Dataset,
    report: Callable[[Progress], None] = lambda progress: None,
    steering: Steering | None = None,
    extra_images: np.ndarray | None = None,
    extra_labels: np.ndarray | None = None,
    *,
    watch: bool = True,
    drawing: np.ndarray | None = None,
    checkpoint_folder: Path | None = None,
    resume_from: Path | None = None,
    start_from: "keras.Model | None" = None,
    teachers: Sequence["keras.Model"] = (),
    engine: Engine | None = None,
) -> TrainingResult:
    """Train a network.

    When it is stopped, diverges or may stop early, its weights are those of the lowest validation
    loss, the last ones among them, or the last where nothing is validated.

    Args:
        config: the settings; `config.dataset` is not looked at, `dataset` is used.
        report: called from this thread, several times a second at most.
        steering: asked after each step.
        extra_images, extra_labels: more training pictures, uint8 (n, 28, 28) and int64 (n,).
        watch: whether `Progress.view` and `Progress.opinions` are made.
        drawing: a person's own, uint8 (28, 28), for `Progress.opinions`; kept with the checkpoint.
        checkpoint_folder: where a checkpoint goes after each epoch and when it is stopped.
        resume_from: the folder of a checkpoint of the same settings, pictures and models to go on
            from; it ends as it would have without the break, as far as the processor repeats its
            sums.
        start_from: a network of the same design to begin with, instead of chance.
        teachers: networks to learn the answers of, instead of the labels, see `distillation.tutor`.
        engine: what does the steps; by default this process' one device.

    Raises:
        DigitLabError: too few pictures; see also `learners.begin` and `distillation.tutor`;
            settings or checkpoints that the engine cannot do; the loss is no number any more before
            anything was validated; a checkpoint that cannot be read, or is of another run.
    """
    import keras

    engine = engine or Engine()
    if engine.is_shared and (checkpoint_folder is not None or resume_from is not None):
        raise DigitLabError("On more than one device no checkpoints are kept: leave them out.")
    began, most_seconds = time.monotonic(), 60 * limits.most_minutes()
    keras.utils.set_random_seed(config.seed)
    parts = split(dataset, config)
    classes = len(dataset.class_names)
    learned = lessons(config, parts, classes, extra_images, extra_labels)
    feed = TaughtFeed(*learned, config, teachers) if teachers else Feed(*learned, config)
    model = begin(config, classes, start_from)
    learner = engine.take(model, config, feed.steps)
    run = _Run(
        config,
        learner,
        engine,
        feed,
        parts,
        Watcher(learner, dataset, drawing),
        report,
        steering or Steering(),
        began,
        most_seconds,
        watch,
        Bookmark(checkpoint_folder, config, drawing),
        Standing(
            pictures=feed.pictures,
            started_from=fingerprint(start_from) if start_from is not None else "",
            teachers=[fingerprint(teacher) for teacher in teachers],
        ),
    )
    if resume_from is not None:
        run.restore(resume_from)
    started = time.perf_counter()
    stopped = run.go()
    if learner is not model:
        model.set_weights(learner.get_weights())
    return TrainingResult(model, run.progress, time.perf_counter() - started, stopped, run.diverged)


class _Run:
    """The training itself: epochs of steps, each epoch validated and put on disk."""

    def __init__(
        self,
        config: TrainingConfig,
        learner: "keras.Model",
        engine: Engine,
        feed: Feed,
        parts: Split,
        watcher: Watcher,
        report: Callable[[Progress], None],
        steering: Steering,
        began: float,
        most_seconds: float,
        watch: bool,
        bookmark: Bookmark,
        standing: Standing,
    ) -> None:
        self.progress = Progress(1, config.epochs, 0, feed.steps)
        self._config, self._learner, self._engine = config, learner, engine
        self._feed, self._parts = feed, parts
        self._watcher, self._watch = watcher, watch
        self._report_to, self._steering = report, steering
        self._began, self._most_seconds = began, most_seconds
        self._bookmark, self._standing = bookmark, standing
        self._view: View | None = None
        self._ending, self.diverged = "", False
        self._told_factor = 1.0
        self._resumed = self._reported = self._looked = 0.0
        self._sums = (0.0, 0.0)

    def restore(self, folder: Path) -> None:
        """Go on from a checkpoint."""
        self._standing = standing = take_up(folder, self._config, self._standing, self._learner)
        # What a host allows is for the run as a whole.
        self._began -= standing.elapsed

    def go(self) -> bool:
        """Train to the end; gives whether it was stopped before."""
        try:
            stopped = self._learn_all()
        except _Diverged:
            stopped = True
            self._give_up()
        best = self._standing.best
        if best and (stopped or self._config.early_stopping):
            self._learner.set_weights(best)
        if self._watch:
            self._look()
        self._report(is_over=True)
        return stopped

    def _learn_all(self) -> bool:
        """All epochs that are left; gives whether it was told to stop before."""
        standing, epochs = self._standing, self._config.epochs
        try:
            while standing.epoch < epochs and not self._learns_nothing_more():
                if standing.step < self._feed.steps:
                    self._learn()
                self._average()
                self._require_numbers()
                self._validate()
                standing.epoch, standing.step = standing.epoch + 1, 0
                self._report()
                self._save()
        except Stopped:
            self._require_numbers()
            self._save()
            if standing.step < self._feed.steps:
                self._validate(is_last=True)
            return True
        if standing.epoch < epochs:
            self._ending = (
                "It stopped early: the pictures kept aside have not been read better since epoch "
                f"{standing.epoch - standing.epochs_since_best}, whose weights are kept."
            )
        self._bookmark.close()
        return False

    def _save(self) -> None:
        self._standing.elapsed = self._elapsed()
        self._bookmark.put(self._standing, self._learner)

    def _require_numbers(self) -> None:
        """An update that goes wrong only shows in the loss of the step after it."""
        if not all(np.isfinite(weights).all() for weights in self._learner.get_weights()):
            raise _Diverged

    def _give_up(self) -> None:
        """Keep what it learned best; from its checkpoint it would only diverge again."""
        self._bookmark.remove()
        if not self._standing.best:
            raise DigitLabError(f"{DIVERGED}lower the learning rate and start again.")
        self.diverged = True
        self._ending = (
            f"{DIVERGED}what it had learned best before is kept. Lower the learning rate and "
            "start again."
        )

    def after_step(self, steps: int, loss: float, accuracy: float) -> None:
        """Take note of a step.

        Args:
            steps: how many were done since the epoch began or was taken up again.
            loss, accuracy: the means over these.
        """
        standing, now = self._standing, time.perf_counter()
        standing.seconds += now - self._resumed
        self._resumed = now
        if not math.isfinite(loss):
            raise _Diverged
        # Keras logs the mean since the epoch began.
        (loss_before, accuracy_before), self._sums = self._sums, (loss * steps, accuracy * steps)
        standing.learned(
            self._sums[0] - loss_before,
            self._sums[1] - accuracy_before,
            self._config,
            self._feed.steps,
        )
        is_last = standing.step == self._feed.steps
        if self._watch and now - self._looked >= WATCH_SECONDS:
            self._look()
        if now - self._reported >= REPORT_SECONDS or is_last:
            self._report()
        self._obey()
        self._learner.optimizer.learning_rate = self._learning_rate()

    def _learn(self) -> None:
        """The rest of an epoch."""
        standing = self._standing
        self._sums = (0.0, 0.0)
        self._resumed = time.perf_counter()
        self._learner.optimizer.learning_rate = self._learning_rate()
        self._engine.learn(
            self._feed.batches(standing.epoch, standing.step),
            self._feed.steps - standing.step,
            self.after_step,
            self._wants_to_stop,
        )

    def _average(self) -> None:
        """Put the average of the weights, where one is kept, in their place.

        `fit` does so too, but not when a run was broken off at an epoch's last step.
        """
        learner = self._learner
        learner.optimizer.finalize_variable_values(learner.trainable_variables)

    def _validate(self, is_last: bool = False) -> None:
        """Read the pictures kept aside; `is_last` is for what was learned until a stop."""
        images, labels = self._parts.validation_images, self._parts.validation_labels
        if not len(labels):
            return
        answers = []
        for start in range(0, len(labels), BATCH):
            answers.append(self._watcher.probabilities(images[start : start + BATCH]))
            if not is_last:
                self._stop_if_told()
        found = judge(
            np.concatenate(answers),
            labels,
            self._parts.validation_indices,
            self._config.label_smoothing,
        )
        if not math.isfinite(found.loss):
            raise _Diverged
        standing = self._standing
        standing.validation.append(
            Point(self._epochs_done(), found.loss, found.accuracy, self._learning_rate())
        )
        standing.class_accuracy.append(found.class_accuracy)
        standing.hardest = found.hardest
        standing.compare(self._engine.mean(found.loss), self._learner.get_weights(), self._config)

    def _learns_nothing_more(self) -> bool:
        return 0 < self._config.early_stopping <= self._standing.epochs_since_best

    def _obey(self) -> None:
        if self._steering.is_paused and not self._engine.is_shared:
            self._wait()
        self._stop_if_told()
        if not self._engine.is_shared:
            self._take_factor()

    def _wait(self) -> None:
        """Stand still while paused; show what is changed meanwhile."""
        steering = self._steering
        while steering.is_paused and not self._wants_to_stop():
            self._report(is_paused=True)
            left = self._most_seconds - self._elapsed()
            steering.wait_while_paused(left if left < math.inf else None, self._told_factor)
            self._take_factor()
        self._resumed = time.perf_counter()
        self._report()

    def _take_factor(self) -> None:
        told = self._steering.learning_rate_factor
        if told != self._told_factor:
            self._standing.change_learning_rate(told / self._told_factor, self._feed.steps)
            self._told_factor = told

    def _stop_if_told(self) -> None:
        if not self._engine.agrees_to_stop(self._wants_to_stop()):
            return
        if self._is_late():
            self._ending = (
                f"A run may last {limits.most_minutes():g} minutes on this host: it was stopped, "
                "and what it learned best is kept."
            )
        raise Stopped

    def _wants_to_stop(self) -> bool:
        return self._is_late() or self._steering.should_stop()

    def _is_late(self) -> bool:
        return self._elapsed() >= self._most_seconds

    def _elapsed(self) -> float:
        return time.monotonic() - self._began

    def _learning_rate(self) -> float:
        return self._standing.learning_rate(self._config, self._feed.steps)

    def _epochs_done(self) -> float:
        return self._standing.epochs_done(self._feed.steps)

    def _look(self) -> None:
        self._view, opinion = self._watcher.look()
        self._looked = time.perf_counter()
        opinions = self._standing.opinions
        if opinion:
            opinions.append(Opinion(self._epochs_done(), opinion))
        if len(opinions) > CURVE_POINTS:
            del opinions[1::2]

    def _report(self, is_paused: bool = False, is_over: bool = False) -> None:
        self._reported = time.perf_counter()
        self.progress = replace(
            self._standing.progress(self._config, self._feed.steps),
            view=self._view,
            is_paused=is_paused,
            is_over=is_over,
            is_used_up=self._is_late(),
            remark=" ".join(filter(None, (self._ending, self._bookmark.remark))),
        )
        self._report_to(self.progress)
