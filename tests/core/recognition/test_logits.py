import numpy as np
import pytest

from mnist_app.core.recognition.logits import lead, log_odds


def test_odds_and_lead_are_those_of_the_probabilities() -> None:
    probabilities = np.array([[0.2, 0.5, 0.3]])
    assert log_odds(np.log(probabilities), 0)[0] == pytest.approx(np.log(0.2 / 0.8))
    assert lead(np.log(probabilities), 0)[0] == pytest.approx(np.log(0.2 / 0.5))
    assert lead(np.log(probabilities), 1)[0] == pytest.approx(np.log(0.5 / 0.3))
