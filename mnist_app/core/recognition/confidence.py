"""Confidence in an answer: one digit, a choice of two, or none at all."""

import numpy as np

# What is no digit is answered with doubt spread over many classes. Below the first of these the
# network doubts its best guess more than it believes in it; a choice between two digits doubts it
# too, but then the two together leave little to the others.
LEAST_BEST = 0.5
LEAST_BEST_TWO = 0.75
# With odds of less than four to one a second digit is worth naming.
RIVAL_FRACTION = 0.25
# Beside digits, what is no likelier than this to be any of them is another character.
LEAST_DIGIT = 0.3


def candidates(probabilities: np.ndarray) -> tuple[int, ...]:
    """Return the digits that an answer leaves open, most probable first.

    Args:
        probabilities: float (classes,) in 0..1, sum 1, at least two classes.

    Returns:
        One class when it is clear, two when it is torn between them, none when the picture does not
        look like any.
    """
    best, second = np.argsort(-probabilities, kind="stable")[:2].tolist()
    first, rival = float(probabilities[best]), float(probabilities[second])
    if first < LEAST_BEST and first + rival < LEAST_BEST_TWO:
        return ()
    return (best, second) if rival >= RIVAL_FRACTION * first else (best,)
