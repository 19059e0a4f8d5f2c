"""A model's LiteRT form, ready to answer: images -> probabilities.

LiteRT is TensorFlow's own small runtime: it loads in hundredths of a second, without TensorFlow.
What the form holds is decided where it is made, see `lab.networks.litert`.
"""

import threading
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from mnist_app.core.errors import DigitLabError

# Images answered in one call: few enough to stop soon and to stay small, and larger ones are not
# answered any faster.
BATCH = 64
SIDE = 28


def as_network_input(images: np.ndarray) -> np.ndarray:
    """Normalise and reshape: uint8 (n, 28, 28) in 0..255 -> float32 (n, 28, 28, 1) in 0..1."""
    return images[..., None].astype(np.float32) / 255


class Answering(Protocol):
    """Anything that reads pictures, such as a `Classifier`."""

    def probabilities(self, images: np.ndarray) -> np.ndarray:
        """Return the probability of each class, (n, classes), of uint8 (n, 28, 28)."""


@dataclass(frozen=True)
class Answers:
    """The answers of a model to n images.

    Attributes:
        probabilities: float32 (n, classes), each row sums to 1.
        logits: float32 (n, classes), whose softmax the probabilities are.
        features: float32 (n, d), what its last layer with weights sees.
    """

    probabilities: np.ndarray
    logits: np.ndarray
    features: np.ndarray


@dataclass(frozen=True)
class Inside:
    """The outputs of a model's layers for one picture.

    Attributes:
        layers: by the layers' names in their order, from the first after the input to the answer;
            float32 of any shape.
        kernels, biases: float32 (height, width, filters) and (filters,), of the convolution that
            looks at the picture itself; None when the model has none.
    """

    layers: dict[str, np.ndarray]
    kernels: np.ndarray | None
    biases: np.ndarray | None


class Classifier:
    """A model that answers at once; safe to call from several threads."""

    def __init__(self, litert: bytes, threads: int = 1) -> None:
        """Load a model's LiteRT form.

        Args:
            threads: of the processor, for one answer; one keeps the other cores for others.

        Raises:
            DigitLabError: it is broken, or not made by this app.
        """
        # An interpreter serves one caller at a time.
        self._lock = threading.Lock()
        try:
            self._interpreter = Interpreter(model_content=litert, num_threads=threads)
            self._answer = self._interpreter.get_signature_runner("answer")
            blank = self.answers(np.zeros((1, SIDE, SIDE), dtype=np.float32))
        except (ValueError, RuntimeError, TypeError, KeyError) as error:
            raise DigitLabError(
                "This model's LiteRT file is damaged. Delete that file, and it is made again."
            ) from error
        self.classes = blank.probabilities.shape[1]
        self.dimensions = blank.features.shape[1]

    def probabilities(self, images: np.ndarray) -> np.ndarray:
        """Return the probability of each class, float32 (n, classes), each row sums to 1.

        Args:
            images: uint8 (n, 28, 28), 255 is full ink.
        """
        return self.answers(images.astype(np.float32) / 255).probabilities

    def logits(self, pictures: np.ndarray) -> np.ndarray:
        """Return logits, whose softmax is the answer, (n, classes), of float32 (n, 28, 28)."""
        return self.answers(pictures).logits

    def answers(self, pictures: np.ndarray) -> Answers:
        """Return all that the model makes of pictures, float32 (n, 28, 28) in 0..1."""
        inputs = pictures[..., None]
        batches = [
            self._batch(inputs[start : start + BATCH])
            for start in range(0, max(1, len(inputs)), BATCH)
        ]
        names = ("probabilities", "logits", "features")
        return Answers(*(np.concatenate([one[name] for one in batches]) for name in names))

    def inside(self, picture: np.ndarray) -> Inside:
        """Return what each layer makes of one picture, float32 (28, 28) in 0..1."""
        with self._lock:
            look = self._interpreter.get_signature_runner("look")
            outputs = look(images=picture[None, ..., None])
        # Their places stand before their names.
        layers = {
            name.split("_", 2)[2]: outputs[name][0]
            for name in sorted(outputs)
            if name.startswith("layer_")
        }
        return Inside(layers, outputs.get("kernels"), outputs.get("biases"))

    def _batch(self, inputs: np.ndarray) -> dict[str, np.ndarray]:
        with self._lock:
            if len(inputs):
                return self._answer(images=inputs)
            one = self._answer(images=np.zeros((1, *inputs.shape[1:]), dtype=np.float32))
            return {name: values[:0] for name, values in one.items()}
