"""The meaning of each measure of a model, and where it misleads, in plain words."""

from dataclasses import dataclass

from mnist_app.core.evaluation.metrics import BINS, EvaluationReport, calibration_error
from mnist_app.core.percentages import percent

RELIABILITY = (
    "Of the answers it is 80% sure of, 80% should be correct. Then the points lie on the dotted "
    "line; below the line, the model is too confident. Faint points stand for only a few pictures, "
    "so they can lie anywhere by chance."
)
MEANS = (
    "Macro is the average of the rows above: a rare one counts as much as a common one. Weighted "
    "counts each row by its pictures, so a rare one hardly shows."
)
CURVES = (
    "It is learning while both curves improve; if only training does, it is memorising. Training "
    "is often measured on pictures made harder on purpose, so it can look worse."
)
TAUGHT = (
    "This network learned from other networks. In training it is measured by how often it agrees "
    "with them."
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
            "It says nothing about where the mistakes are.",
        ),
        Measure(
            "Precision",
            percent(report.macro.precision, 2),
            "When it says 8, how often that is correct; averaged over all answers (macro).",
            "It ignores what is missed: a model that rarely says 8 is rarely wrong about it.",
        ),
        Measure(
            "Recall",
            percent(report.macro.recall, 2),
            "Of all the 8s, how many it finds; averaged over all answers (macro).",
            "It ignores false alarms: a model that always says 8 finds every 8.",
        ),
        Measure(
            "F1",
            percent(report.macro.f1, 2),
            "Precision and recall in one number, low if either is low (macro).",
            "It does not say which of the two is low. The table further down does.",
        ),
        Measure(
            "Top-2 accuracy",
            percent(report.top_2, 2),
            "How often its first or second guess is correct.",
            "It flatters a hesitant model: in real life only the first guess counts.",
        ),
        Measure(
            "Loss",
            f"{report.loss:.4f}",
            "How far its confidence is from the correct answers (categorical cross-entropy). "
            "0 means always sure and right.",
            "A few confident mistakes can dominate it.",
        ),
        Measure(
            "Binary loss",
            f"{report.binary_crossentropy:.4f}",
            "The same, with a yes-or-no question for each possible answer (binary cross-entropy).",
            "Most of these questions have an easy no, so it always looks small.",
        ),
        Measure(
            "Calibration error",
            percent(calibration_error(report), 2),
            "How far its confidence is from its hit rate, on average: 90% sure but right only 80 "
            f"times in 100 makes 10%. Worked out in {BINS} groups (bins) by confidence.",
            "A low value does not make a model good: one that guesses among ten digits and says "
            "it is 10% sure also gets 0%.",
        ),
    )
