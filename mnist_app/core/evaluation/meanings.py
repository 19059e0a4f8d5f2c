"""The meaning of each measure of a model, and where it misleads, in plain words."""

from dataclasses import dataclass

from mnist_app.core.evaluation.metrics import BINS, EvaluationReport, calibration_error

RELIABILITY = (
    "Of the answers it is 80 % sure of, 80 % should be right: then the points lie on the dotted "
    "line. Below it, the model is too sure of itself. Faint points are few pictures, which can lie "
    "anywhere by chance."
)
MEANS = (
    "Macro: the mean of the classes, a rare one counts as much as a common one. Weighted: each "
    "class counts by its pictures, which hides a rare one."
)
CURVES = (
    "It learns as long as both curves get better. Where only training does, it learns by heart. "
    "Training is often measured on pictures made harder on purpose, so it can look the worse."
)
TAUGHT = (
    "This network was taught by others: in training it is measured by whether it answers as they "
    "do."
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
        meaning: what it says, in one plain sentence.
        catch: where it misleads, in another.
    """

    name: str
    value: str
    meaning: str
    catch: str


def measures(report: EvaluationReport) -> tuple[Measure, ...]:
    """Return each measure of a model as a whole."""
    return (
        Measure(
            "Accuracy",
            f"{report.accuracy:.2%}",
            "The share of pictures that it reads right.",
            "It hides where the errors are: a model that never finds a rare class can score high.",
        ),
        Measure(
            "Top-2 accuracy",
            f"{report.top_2:.2%}",
            "The share whose true class is its first or second guess.",
            "It flatters a model that wavers: a second guess is no answer.",
        ),
        Measure(
            "Loss",
            f"{report.loss:.4f}",
            "How wrong its probabilities are (categorical cross-entropy): 0 is sure and right "
            "each time.",
            "A few pictures that it is sure of and wrong about can outweigh all others.",
        ),
        Measure(
            "Binary loss",
            f"{report.binary_crossentropy:.4f}",
            "The same for separate yes-or-no questions, one a class (binary cross-entropy).",
            "Most of them are an easy no, so it always looks small.",
        ),
        Measure(
            "Precision",
            f"{report.macro.precision:.2%}",
            "When it gives an answer, how often that is true; the mean of all classes (macro).",
            "It does not count what is missed: who rarely says 8 is rarely wrong about it.",
        ),
        Measure(
            "Recall",
            f"{report.macro.recall:.2%}",
            "Of the pictures of a class, how many it finds; the mean of all classes (macro).",
            "It does not count false alarms: who always says 8 finds every 8.",
        ),
        Measure(
            "F1",
            f"{report.macro.f1:.2%}",
            "Precision and recall in one number, low when either is low; the mean of all classes "
            "(macro).",
            "It does not tell which of the two is low: see the table by class.",
        ),
        Measure(
            "Calibration error",
            f"{calibration_error(report):.2%}",
            "How far its sureness lies from how often it is right, on average: 90 % sure and right "
            f"80 times of 100 makes 10 %. It is worked out in {BINS} groups (“bins”) by sureness.",
            "It does not tell a good model: one that guesses among ten digits, and says it is 10 % "
            "sure, has 0 % too.",
        ),
    )
