"""Our one Keras callback in a training run: it reports, pauses, controls and stops.

It comes before Keras' own that watch the validation loss: when an epoch ends it reads the pictures
kept aside, and when the next one begins it takes in what those others made of that.
"""

import math
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import keras
import numpy as np

from mnist_app.core import limits
from mnist_app.core.errors import DigitLabError
from mnist_app.core.jobs.run_control import RunControl
from mnist_app.core.runs.progress import View
from mnist_app.lab.networks.keras_classifier import BATCH, KerasClassifier
from mnist_app.lab.training.backup import Backup
from mnist_app.lab.training.early_stopping import ValidationCallbacks
from mnist_app.lab.training.engine import Engine
from mnist_app.lab.training.history import History
from mnist_app.lab.training.input_pipeline import Split
from mnist_app.lab.training.monitor import NetworkMonitor, validate

# Between two reports, and between two looks at the network.
REPORT_SECONDS = 0.25
WATCH_SECONDS = 0.75
DIVERGED = "Training went off course: its loss is no longer a number. "


class RunCallback(keras.callbacks.Callback):
    """Reports on a run, and carries out the orders to it.

    Attributes:
        progress: the last report.
        stopped: whether it was ended by somebody, by this host's limit, or because it diverged.
        diverged: whether it was that.
    """

    def __init__(
        self,
        history: History,
        engine: Engine,
        classifier: KerasClassifier,
        parts: Split,
        monitors: ValidationCallbacks,
        network_monitor: NetworkMonitor | None,
        backup: Backup | None,
        report: Callable[[Any], None],
        control: RunControl,
    ) -> None:
        """Prepare for a run that goes on from `history`.

        Args:
            classifier: asks the network that learns.
            parts: the pictures kept aside among them are read after each epoch.
            network_monitor: looks at the network, if there is one.
            backup: saves each whole epoch, if there is one.
            report: gets each `Progress`, and each `Checkpoint`.
        """
        super().__init__()
        self.progress = history.progress()
        self.stopped = self.diverged = False
        self._history, self._engine, self._monitors = history, engine, monitors
        self._classifier, self._parts = classifier, parts
        self._network_monitor, self._backup = network_monitor, backup
        self._report_to, self._control = report, control
        # What a host allows is for the run as a whole.
        self._began = time.monotonic() - history.elapsed
        self._most_seconds = 60 * limits.most("minutes")
        self._view: View | None = None
        self._ending = ""
        self._followed_factor = 1.0
        self._resumed = self._reported = self._looked = 0.0
        self._sums = (0.0, 0.0)
        self._is_epoch_new = False

    def wants_to_stop(self) -> bool:
        """Return whether somebody, or this host's limit, wants the run to end."""
        return self._is_late() or self._control.should_stop()

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Close the epoch before."""
        self._close_epoch()
        self._sums = (0.0, 0.0)
        self._resumed = time.perf_counter()
        self._set_learning_rate()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Take note of a step, report now and then, and do as told."""
        now = time.perf_counter()
        took, self._resumed = now - self._resumed, now
        if not math.isfinite(logs["loss"]):
            return
        # Keras logs the mean since the epoch began.
        loss, accuracy = ((batch + 1) * logs[name] for name in ("loss", "accuracy"))
        self._history.add_step(loss - self._sums[0], accuracy - self._sums[1], took)
        self._sums = (loss, accuracy)
        if now - self._looked >= WATCH_SECONDS:
            self._look()
        if now - self._reported >= REPORT_SECONDS or self._history.is_epoch_complete:
            self._report()
        self._obey()
        self._set_learning_rate()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Read the pictures kept aside, for the callbacks that come after."""
        if self._history.is_epoch_complete:
            # The mean of the weights, where one is kept, takes their place.
            self.model.optimizer.finalize_variable_values(self.model.trainable_variables)
        self.diverged = not (math.isfinite(logs["loss"]) and self._has_numbers())
        if len(self._parts.validation_labels):
            logs["val_loss"] = self._engine.mean(self._validate())
        if self.diverged:
            self.stopped = self.model.stop_training = True
            return
        if self._history.is_epoch_complete:
            self._history.end_epoch()
            self._is_epoch_new = True
        # Only now: an epoch that was whole when the order came counts.
        self._stop_if_wanted()

    def on_train_end(self, logs: Any = None) -> None:
        """Close the last epoch, and decide which weights are kept."""
        self._close_epoch()
        is_best_kept = self.stopped or self._history.config.early_stopping > 0
        self._monitors.early.restore_best_weights = is_best_kept

    def finish(self) -> None:
        """Say how the run ended, when the weights that are kept are in place.

        Raises:
            DigitLabError: it diverged before anything was validated.
        """
        if self.diverged and not self._history.validation:
            raise DigitLabError(f"{DIVERGED}Lower the learning rate and start again.")
        if self.diverged:
            self._ending = (
                f"{DIVERGED}The best version is kept. To do better, lower the learning rate "
                "and start again."
            )
        elif not self.stopped and self._history.epoch < self._history.config.epochs:
            self._ending = (
                "It stopped early: it did best on the held-back pictures after epoch "
                f"{self._monitors.early.best_epoch + 1}. That version is kept."
            )
        self._look()
        self._report(is_over=True)

    def _close_epoch(self) -> None:
        """Take in what the callbacks after this one made of an epoch, and hand it over."""
        if self._backup:
            self._backup.restore(self._monitors)
        if not self._is_epoch_new:
            return
        self._is_epoch_new = False
        if self._monitors.plateau:
            rate = float(self.model.optimizer.learning_rate)
            self._history.learning_rate_factor = rate / self._history.config.learning_rate
        self._report()
        if self._backup:
            self._history.elapsed = self._elapsed()
            self._report_to(self._backup.save(self.model, self._history, self._monitors))

    def _has_numbers(self) -> bool:
        """Return whether all weights are finite: a bad update shows in the next loss only."""
        return all(np.isfinite(weights).all() for weights in self.model.get_weights())

    def _validate(self) -> float:
        """Note how the pictures kept aside are read; a loss that is no number is the worst."""
        if self.diverged:
            return math.inf
        found = validate(
            self._answers(self._parts.validation_images),
            self._parts.validation_labels,
            self._parts.validation_indices,
            self._history.config.label_smoothing,
        )
        self.diverged = not math.isfinite(found.loss)
        if self.diverged:
            return math.inf
        self._history.add_validation(found)
        return found.loss

    def _answers(self, images: np.ndarray) -> np.ndarray:
        """Return the probabilities for pictures kept aside, and report how many are read."""
        found: list[np.ndarray] = []
        for start in range(0, len(images), BATCH):
            if time.perf_counter() - self._reported >= REPORT_SECONDS:
                self._report(validated=start / len(images))
            found.append(self._classifier.probabilities(images[start : start + BATCH]))
        return np.concatenate(found)

    def _obey(self) -> None:
        # Shared runs obey no order but to stop.
        if not self._engine.is_shared:
            self._wait_while_paused()
            self._take_factor()
        self._stop_if_wanted()

    def _wait_while_paused(self) -> None:
        """Wait while paused; report changes of the learning rate."""
        control = self._control
        if not control.is_paused:
            return
        while control.is_paused and not self.wants_to_stop():
            self._report(is_paused=True)
            left = self._most_seconds - self._elapsed()
            control.wait_while_paused(left if left < math.inf else None, self._followed_factor)
            self._take_factor()
        self._resumed = time.perf_counter()
        self._report()

    def _take_factor(self) -> None:
        factor = self._control.learning_rate_factor
        if factor != self._followed_factor:
            self._history.change_learning_rate(factor / self._followed_factor)
            self._followed_factor = factor

    def _set_learning_rate(self) -> None:
        self.model.optimizer.learning_rate = self._history.learning_rate

    def _stop_if_wanted(self) -> None:
        is_whole = self._history.epoch == self._history.config.epochs
        if is_whole or not self._engine.agrees_to_stop(self.wants_to_stop()):
            return
        self.stopped = self.model.stop_training = True
        if self._is_late():
            self._ending = (
                f"The time limit here is {self._most_seconds / 60:g} minutes, so the run was "
                "stopped. The best version is kept."
            )

    def _is_late(self) -> bool:
        return self._elapsed() >= self._most_seconds

    def _elapsed(self) -> float:
        return time.monotonic() - self._began

    def _look(self) -> None:
        self._looked = time.perf_counter()
        if self._network_monitor is None:
            return
        self._view, opinion = self._network_monitor.look()
        if opinion:
            self._history.add_opinion(opinion)

    def _report(
        self, validated: float = 0.0, is_paused: bool = False, is_over: bool = False
    ) -> None:
        self._reported = time.perf_counter()
        self.progress = replace(
            self._history.progress(),
            view=self._view,
            validated=validated,
            is_paused=is_paused,
            is_over=is_over,
            is_used_up=self.diverged or self._is_late(),
            remark=self._ending,
        )
        self._report_to(self.progress)
