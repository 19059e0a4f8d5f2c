import dataclasses
import functools
import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mnist_app import distributed, experiment, model_store, training
from mnist_app.classifier import Classifier
from mnist_app.datasets import load
from mnist_app.errors import DigitLabError
from mnist_app.evaluation import evaluate
from mnist_app.settings import TrainingConfig

ROOT = Path(__file__).parent.parent
CONFIG = TrainingConfig(
    dataset="optdigits", architecture="simple_cnn", batch_size=32, epochs=2, learning_rate=0.003,
    rotation=5.0, label_smoothing=0.05,
)  # fmt: skip
# Batch normalisation counts for itself on each device, and dropout draws by chance.
DEEP = dataclasses.replace(CONFIG, architecture="deep_cnn", limit=128, epochs=1)
PROGRAM = """
import json, sys
import numpy as np
from mnist_app import distributed
from mnist_app.datasets import load
from mnist_app.settings import TrainingConfig
{setup}
strategy = distributed.strategy()
for name, values in json.loads(sys.argv[1]).items():
    result = distributed.train(strategy, TrainingConfig(**values), load("optdigits"))
    np.savez(sys.argv[2] + "-" + name, *result.model.get_weights())
last = result.progress.validation[-1]
print(json.dumps([strategy.num_replicas_in_sync, last.accuracy, last.loss]))
"""
RUNS = json.dumps({"deep": DEEP.as_dict(), "simple": CONFIG.as_dict()})


def cluster(index: int, ports: list[int]) -> str:
    workers = [f"127.0.0.1:{port}" for port in ports]
    task = {"type": "worker", "index": index}
    return json.dumps({"cluster": {"worker": workers}, "task": task})


def free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    for end in sockets:
        end.bind(("127.0.0.1", 0))
    ports = [end.getsockname()[1] for end in sockets]
    for end in sockets:
        end.close()
    return ports


def start(words: list[str], **environment: str) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, *words],
        cwd=ROOT, env={**os.environ, "CUDA_VISIBLE_DEVICES": "-1", **environment}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def ended(processes: list[subprocess.Popen]) -> list[str]:
    """What each printed; none is left behind."""
    try:
        answers = [process.communicate(timeout=300) for process in processes]
    finally:
        for process in processes:
            process.kill()
    assert [process.returncode for process in processes] == [0] * len(processes), answers
    return [out for out, _ in answers]


def accuracy(weights: list[np.ndarray]) -> float:
    from mnist_app.architectures import build

    dataset = load("optdigits")
    model = build(CONFIG.architecture)
    model.set_weights(weights)
    return evaluate(Classifier(model), dataset.test_images, dataset.test_labels).accuracy


@pytest.fixture(scope="module")
def alone() -> float:
    """The accuracy that one process reaches."""
    return accuracy(training.train(CONFIG, load("optdigits")).model.get_weights())


def weights(path: Path) -> list[np.ndarray]:
    with np.load(path) as archive:
        return [archive[name] for name in archive.files]


def test_two_workers_end_with_the_same_weights_and_the_accuracy_of_one(
    tmp_path: Path, alone: float
) -> None:
    ports = free_ports(2)
    program = PROGRAM.format(setup="")
    workers = [
        start(["-c", program, RUNS, str(tmp_path / str(index))], TF_CONFIG=cluster(index, ports))
        for index in range(2)
    ]
    first, second = (json.loads(out.splitlines()[-1]) for out in ended(workers))
    assert first == second
    assert first[0] == 2
    for name in ("deep", "simple"):
        ours, theirs = (weights(tmp_path / f"{index}-{name}.npz") for index in range(2))
        for own, other in zip(ours, theirs, strict=True):
            assert np.array_equal(own, other)
    assert accuracy(ours) == pytest.approx(alone, abs=0.05)
    assert alone > 0.8


def test_two_devices_of_one_machine_reach_the_accuracy_of_one(tmp_path: Path, alone: float) -> None:
    setup = (
        "import tensorflow as tf\n"
        "device = tf.config.list_physical_devices('CPU')[0]\n"
        "halves = [tf.config.LogicalDeviceConfiguration()] * 2\n"
        "tf.config.set_logical_device_configuration(device, halves)\n"
        "distributed.strategy = lambda: tf.distribute.MirroredStrategy(['CPU:0', 'CPU:1'])"
    )
    program = PROGRAM.format(setup=setup)
    (out,) = ended([start(["-c", program, RUNS, str(tmp_path / "both")])])
    assert json.loads(out.splitlines()[-1])[0] == 2
    assert accuracy(weights(tmp_path / "both-simple.npz")) == pytest.approx(alone, abs=0.05)


def test_the_command_line_joins_the_cluster_and_the_first_worker_saves(tmp_path: Path) -> None:
    ports = free_ports(2)
    words = ["-m", "mnist_app", "train", "--dataset", "optdigits", "--architecture", "dense"]
    words += ["--epochs", "3", "--batch-size", "32", "--learning-rate", "0.005", "--format", "json"]
    workers = [
        start(
            [*words, "--output", str(tmp_path / f"{index}.keras")], TF_CONFIG=cluster(index, ports)
        )
        for index in range(2)
    ]
    answer, nothing = ended(workers)
    assert json.loads(answer)["evaluation"]["accuracy"] > 0.8
    assert nothing == ""
    assert sorted(path.name for path in tmp_path.glob("*.keras")) == ["0.keras"]
    assert model_store.describe(tmp_path / "0.keras").card is not None


def test_one_process_trains_as_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TF_CONFIG", raising=False)
    assert distributed.is_chief()
    import tensorflow as tf

    assert distributed.is_on() == (len(tf.config.list_physical_devices("GPU")) > 1)


@pytest.mark.parametrize(
    ("task", "chief"),
    [
        ({"type": "worker", "index": 0}, True),
        ({"type": "worker", "index": 1}, False),
    ],
)
def test_the_first_worker_is_the_chief(
    task: dict[str, Any], chief: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(
        "TF_CONFIG", json.dumps({"cluster": {"worker": ["a:1", "b:1"]}, "task": task})
    )
    assert distributed.is_on()
    assert distributed.is_chief() is chief


def test_a_chief_comes_before_the_first_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    addresses = {"chief": ["a:1"], "worker": ["b:1"]}
    for kind in addresses:
        task = {"type": kind, "index": 0}
        monkeypatch.setenv("TF_CONFIG", json.dumps({"cluster": addresses, "task": task}))
        assert distributed.is_chief() is (kind == "chief")


@pytest.mark.parametrize(
    "text",
    [
        "no json",
        "[1]",
        '{"cluster": {"worker": ["a:1"]}}',
        '{"cluster": {"worker": ["a:1"]}, "task": {"type": "worker", "index": 1}}',
        '{"cluster": {"ps": ["a:1"]}, "task": {"type": "ps", "index": 0}}',
        '{"cluster": 5, "task": {"type": "worker", "index": 0}}',
    ],
)
def test_a_cluster_that_cannot_be_joined_is_one_sentence(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TF_CONFIG", text)
    with pytest.raises(DigitLabError, match="TF_CONFIG"):
        distributed.is_on()


def test_what_several_devices_cannot_do_is_said_first() -> None:
    import tensorflow as tf

    class Three:
        num_replicas_in_sync = 3

    with pytest.raises(DigitLabError, match="multiple of 3"):
        distributed.train(Three(), CONFIG, load("optdigits"))
    exact = dataclasses.replace(CONFIG, precision="mixed_bfloat16")
    with pytest.raises(DigitLabError, match="precision"):
        distributed.train(tf.distribute.get_strategy(), exact, load("optdigits"))


def test_one_device_does_what_training_does_and_stops_when_told(alone: float) -> None:
    import tensorflow as tf

    strategy = tf.distribute.get_strategy()
    result = distributed.train(strategy, CONFIG, load("optdigits"))
    assert accuracy(result.model.get_weights()) == pytest.approx(alone, abs=0.05)
    assert [point.epoch for point in result.progress.validation] == [1, 2]
    assert result.progress.is_over
    assert not result.stopped
    stopped = distributed.train(strategy, CONFIG, load("optdigits"), should_stop=lambda: True)
    assert stopped.stopped
    assert (stopped.progress.epoch, stopped.progress.step) == (1, 1)


def test_a_run_may_be_given_another_engine(tmp_path: Path) -> None:
    import tensorflow as tf

    config = TrainingConfig(dataset="optdigits", architecture="dense", epochs=1, batch_size=32)
    learn = functools.partial(distributed.train, tf.distribute.get_strategy())
    outcome = experiment.run(config, tmp_path / "net.keras", "Net", learn=learn)
    assert outcome.stored.card
    assert outcome.stored.card.training["epochs"] == 1
