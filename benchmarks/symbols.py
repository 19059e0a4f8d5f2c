"""Measure learning symbols from eight drawings of each, beside a network from scratch.

`python -m benchmarks.symbols` draws five symbols by program, as a hand would, and asks for drawings
of them that nobody has learned from, and for drawings of other symbols, which are none of them.
"""

import json
import os
import time
from collections.abc import Callable
from statistics import fmean

import click
import keras
import numpy as np

from benchmarks.support import options
from mnist_app.core.models import model_store
from mnist_app.core.recognition.classifier import Classifier, as_network_input
from mnist_app.core.symbols.symbols import drawn_example
from mnist_app.lab.networks import architectures
from mnist_app.lab.networks.keras_classifier import KerasClassifier
from mnist_app.lab.symbols import learning
from mnist_app.lab.training.augmentation import augment
from tests.support.symbols import SYMBOLS, symbol

EXAMPLES, ASKED, SYMBOLS_EACH = 8, 40, 5
# From scratch a network learns from the same varied copies, so often that it gets no better.
COPIES, EPOCHS = 15, 6

Pictures = tuple[np.ndarray, np.ndarray]


def drawn(names: tuple[str, ...], each: int, chance: np.random.Generator) -> Pictures:
    """Drawings of each symbol, uint8 (n, 28, 28), and their places among the names."""
    labels = np.repeat(np.arange(len(names)), each)
    images = [drawn_example(0, symbol(names[label], chance)).image for label in labels]
    return np.stack(images), labels


def taught(names: tuple[str, ...], known: Pictures, seed: int) -> Classifier:
    """A copy of the shipped network, as on the page, with its LiteRT form."""
    source = model_store.SHIPPED.read_bytes()
    made = learning.learn(source, "the shipped one", names, *known, "learned", seed=seed)
    return Classifier(made.files.litert)


def from_scratch(names: tuple[str, ...], known: Pictures, seed: int) -> KerasClassifier:
    """The shipped network's design, which knows nothing before."""
    keras.utils.set_random_seed(seed)
    model = architectures.build("residual_cnn", len(names))
    images = np.tile(as_network_input(known[0]), (COPIES, 1, 1, 1))
    varied = augment(images, np.array([seed, 0]), learning.VARIED)
    model.compile(keras.optimizers.Adam(1e-3), keras.losses.SparseCategoricalCrossentropy())
    model.fit(varied, np.tile(known[1], COPIES), batch_size=32, epochs=EPOCHS, verbose=0)
    return KerasClassifier(model)


WAYS: dict[str, Callable[[tuple[str, ...], Pictures, int], Classifier | KerasClassifier]] = {
    "this app": taught,
    "from scratch": from_scratch,
}


def measured(way: str, seed: int) -> dict[str, float]:
    """One lesson in symbols chosen by `seed`: fractions 0..1, and seconds."""
    chance = np.random.default_rng(seed)
    names = tuple(chance.permutation(SYMBOLS)[:SYMBOLS_EACH].tolist())
    known, asked = drawn(names, EXAMPLES, chance), drawn(names, ASKED, chance)
    others, _ = drawn(tuple(one for one in SYMBOLS if one not in names), EXAMPLES, chance)
    began, spent = time.perf_counter(), time.process_time()
    reader = WAYS[way](names, known, seed)
    seconds, processor = time.perf_counter() - began, time.process_time() - spent
    read = reader.probabilities(asked[0]).argmax(axis=1)
    strange = reader.probabilities(others).argmax(axis=1)
    return {
        "unseen drawings right": float((read == asked[1]).mean()),
        "other symbols are none": float((strange == len(names)).mean()),
        "seconds": seconds,
        "seconds of the processor": processor,
    }


@click.command()
@click.option("--seeds", type=click.IntRange(1), default=5, show_default=True)
@options.form
def main(seeds: int, form: str) -> None:
    """Print what is learned of eight drawings of each of five symbols; the means over SEEDS."""
    # The first lesson of a process also pays for TensorFlow's own start.
    measured("this app", seeds)
    rows = {}
    for way in WAYS:
        lessons = [measured(way, seed) for seed in range(seeds)]
        rows[way] = {name: fmean(one[name] for one in lessons) for name in lessons[0]} | {
            "least right": min(one["unseen drawings right"] for one in lessons)
        }
    if form == "json":
        click.echo(json.dumps(rows))
        return
    for name in next(iter(rows.values())):
        cells = "".join(f"{way}: {row[name]:8.3f}   " for way, row in rows.items())
        click.echo(f"{name:26} {cells}".rstrip())


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    main(prog_name="python -m benchmarks.symbols")
