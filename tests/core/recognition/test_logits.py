import numpy as np
import pytest

from mnist_app.core.recognition.logits import log_odds, margin


def test_odds_and_lead_are_those_of_the_probabilities() -> None:
    probabilities = np.array([[0.2, 0.5, 0.3]])
    assert log_odds(np.log(probabilities), 0)[0] == pytest.approx(np.log(0.2 / 0.8))
    assert margin(np.log(probabilities), 0)[0] == pytest.approx(np.log(0.2 / 0.5))
    assert margin(np.log(probabilities), 1)[0] == pytest.approx(np.log(0.5 / 0.3))
