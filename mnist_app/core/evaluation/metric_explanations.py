"""The meaning of each measure of a model, and where it misleads, in plain words."""

from dataclasses import dataclass

from mnist_app.core.evaluation.metrics import BINS, EvaluationReport, calibration_error
from mnist_app.core.percentages import percent

RELIABILITY = (
    "Of the answers it is 80% sure of, 80% should be correct. If so, the points lie on the dotted "
    "line; below the line, the model is too confident. Faint points stand for only a few pictures, "
    "so they can lie anywhere by chance."
)
MEANS = (
    "Macro is the plain average of the rows, so a rare kind counts as much as a common one. "
    "Weighted counts each kind as often as it occurs, so a rare one hardly matters."
)
CURVES = (
    "It is learning while both curves improve. If only the training curve improves, it is "
    "memorising the pictures. That curve is often measured on pictures made harder on purpose, so "
    "it can look worse."
)
TAUGHT = (
    "This network learned from other networks. Its training curve shows how often it agrees with "
    "them."
)


def of_curves(is_taught: bool) -> str:
    """Return what learning curves say; `is_taught` when teachers gave the answers."""
    return f"{CURVES} {TAUGHT}" if is_taught else CURVES


@dataclass(frozen=True)
class Measure:
    """A measure of a model.

    Attributes:
        name: what it is called.
        value: as it is written.
        meaning: what it says, in plain words.
        catch: where it misleads.
    """

    name: str
    value: str
    meaning: str
    catch: str


def measures(report: EvaluationReport) -> tuple[Measure, ...]:
    """Return each measure of a model as a whole, those that most people know first."""
    return (
        Measure(
            "Accuracy",
            percent(report.accuracy, 2),
            "How many of the pictures it gets right.",
            "Accuracy says nothing about where the mistakes are.",
        ),
        Measure(
            "Precision",
            percent(report.macro.precision, 2),
            "When it says 8, how often that is correct; averaged over all answers (macro).",
            "Precision ignores misses: a model that rarely says 8 is rarely wrong when it does.",
        ),
        Measure(
            "Recall",
            percent(report.macro.recall, 2),
            "Of all the 8s, how many it finds; averaged over all answers (macro).",
            "Recall ignores false alarms: a model that always says 8 finds every 8.",
        ),
        Measure(
            "F1",
            percent(report.macro.f1, 2),
            "Precision and recall in one number, low if either is low (macro).",
            "F1 does not say which of the two is low. The table further down does.",
        ),
        Measure(
            "Top-2 accuracy",
            percent(report.top_2, 2),
            "How often its first or second guess is correct.",
            "Top-2 accuracy flatters a hesitant model: in real life only the first guess counts.",
        ),
        Measure(
            "Loss",
            f"{report.loss:.4f}",
            "How far its confidence is from the correct answers (categorical cross-entropy). "
            "0 means always sure and correct.",
            "A few confident mistakes can dominate the loss.",
        ),
        Measure(
            "Binary loss",
            f"{report.binary_crossentropy:.4f}",
            "The same, with a yes-or-no question for each possible answer (binary cross-entropy).",
            "Most of these questions have an easy no, so this loss always looks small.",
        ),
        Measure(
            "Calibration error",
            percent(calibration_error(report), 2),
            "How far its confidence is, on average, from how often it is correct: 90% sure but "
            "correct only 80 times in 100 is an error of 10%. Worked out in "
            f"{BINS} groups (bins) by confidence.",
            "A low value does not make a model good: one that guesses among ten digits and says "
            "it is 10% sure also gets 0%.",
        ),
    )
