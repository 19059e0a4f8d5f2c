"""The network that says for each pixel of ink where the centre of its character is.

So ink that touches is divided by what it belongs to, and lines, boxes and specks belong to nothing
(Neven, De Brabandere, Proesmans, Van Gool, "Instance segmentation by jointly optimizing spatial
embeddings and clustering bandwidth", 2019). `lab.segmentation` makes it.
"""

import threading
from dataclasses import dataclass
from functools import cache

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from mnist_app.core.files import HOME

SEGMENTATION = HOME / "models" / "segmentation.tflite"
# It learned from digits about so high, in pixels; what it says is in these.
HEIGHT = 24
# It halves its input three times.
STRIDE = 8
MARGIN = STRIDE
# The lines of a small picture of thin ones are pale; so pale ones are not enhanced any more.
LEAST_LEVEL = 0.05
FAINTEST = 0.02


@dataclass(frozen=True)
class Votes:
    """The answers of the network to ink, a pixel each.

    Attributes:
        belongs: bool (height, width), whether a pixel would belong to a character.
        centres: float64 (height, width, 2), row and column of the centre of its character.
    """

    belongs: np.ndarray
    centres: np.ndarray


class SegmentationNetwork:
    """The network in its LiteRT form; safe to call from several threads."""

    def __init__(self, litert: bytes) -> None:
        """Load the form, whose input may have any size that `STRIDE` divides."""
        # An interpreter serves one caller at a time.
        self._lock = threading.Lock()
        self._interpreter = Interpreter(model_content=litert, num_threads=1)
        self._input = self._interpreter.get_input_details()[0]["index"]
        self._output = self._interpreter.get_output_details()[0]["index"]

    def votes(self, ink: np.ndarray) -> Votes:
        """Ask about ink, float (height, width) in 0..1, with digits about `HEIGHT` high."""
        height, width = ink.shape
        outputs = self._outputs(_padded(evened(ink)))[
            MARGIN : MARGIN + height, MARGIN : MARGIN + width
        ]
        centres = HEIGHT * outputs[..., 1:].astype(np.float64)
        centres[..., 0] += np.arange(height)[:, None]
        centres[..., 1] += np.arange(width)
        return Votes(outputs[..., 0] > 0, centres)

    def _outputs(self, ink: np.ndarray) -> np.ndarray:
        shape = (1, *ink.shape, 1)
        with self._lock:
            self._interpreter.resize_tensor_input(self._input, shape)
            self._interpreter.allocate_tensors()
            self._interpreter.set_tensor(self._input, ink.reshape(shape))
            self._interpreter.invoke()
            outputs: np.ndarray = self._interpreter.get_tensor(self._output)[0]
        return outputs


@cache
def shipped() -> SegmentationNetwork:
    """Return the network that comes with the app."""
    return SegmentationNetwork(SEGMENTATION.read_bytes())


def evened(ink: np.ndarray) -> np.ndarray:
    """Bring ink whose lines are thin, and so pale, to full black: float32 like `ink`."""
    marks = ink[ink > FAINTEST]
    level = max(float(np.quantile(marks, 0.9)), LEAST_LEVEL) if len(marks) else 1.0
    return np.minimum(ink / level, 1).astype(np.float32)


def _padded(ink: np.ndarray) -> np.ndarray:
    rests = [-(length + 2 * MARGIN) % STRIDE for length in ink.shape]
    return np.pad(ink, [(MARGIN, MARGIN + rest) for rest in rests])
