import dataclasses
import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from mnist_app.core.data.datasets import Dataset, load
from mnist_app.core.errors import DigitLabError
from mnist_app.core.jobs.run_control import RunControl
from mnist_app.core.settings import TrainingConfig
from mnist_app.lab.networks import architectures, model_files
from mnist_app.lab.training import distributed
from mnist_app.lab.training.distributed import SharedEngine
from mnist_app.lab.training.fit import train

ROOT = Path(__file__).parents[3]
CONFIG = TrainingConfig(
    dataset="optdigits",
    architecture="dense",
    batch_size=32,
    epochs=2,
    limit=320,
    learning_rate=0.003,
    rotation=5.0,
    label_smoothing=0.05,
    averaging=0.5,
)
# Batch normalisation counts for itself on each device, and dropout draws by chance.
DEEP = dataclasses.replace(CONFIG, architecture="fast_cnn", dropout=0.3, limit=80, epochs=1)
# What one worker does: some commands, then a run that only the second is told to stop.
WORKER = """
import json, sys
from pathlib import Path
import numpy as np
from mnist_app.cli import commands as cli
from mnist_app.lab.training import distributed
from mnist_app.lab.training import experiment
from mnist_app.core.data.datasets import load
from mnist_app.core.settings import TrainingConfig
from mnist_app.core.jobs.run_control import RunControl
from mnist_app.lab.training.fit import train
strategy = distributed.strategy()
runs, folder = json.loads(sys.argv[1]), Path(sys.argv[2])
def kept(*words, **more):
    result = train(*words, **more)
    np.savez(folder / f"{name}.npz", *result.model.get_weights())
    return result
distributed.strategy, experiment.train = lambda: strategy, kept
for name, values in runs.items():
    words = [f"--{key.replace('_', '-')}={value}" for key, value in values.items()]
    words += [f"--output={folder / name}.keras", "--format=json"]
    cli.commands(["train", *words], standalone_mode=False)
control = RunControl()
if not distributed.is_chief():
    control.stop()
engine = distributed.SharedEngine(strategy)
stopped = train(TrainingConfig(**values), load("optdigits"), control=control, engine=engine)
print(json.dumps([strategy.num_replicas_in_sync, stopped.stopped, stopped.progress.step]))
"""
HALVES = """
import json, sys
import numpy as np
import tensorflow as tf
device = tf.config.list_physical_devices("CPU")[0]
halves = [tf.config.LogicalDeviceConfiguration()] * 2
tf.config.set_logical_device_configuration(device, halves)
from mnist_app.lab.training import distributed
from mnist_app.core.data.datasets import load
from mnist_app.core.settings import TrainingConfig
from mnist_app.lab.training.fit import train
strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
engine = distributed.SharedEngine(strategy)
result = train(TrainingConfig(**json.loads(sys.argv[1])), load("optdigits"), engine=engine)
np.savez(sys.argv[2], *result.model.get_weights())
print(strategy.num_replicas_in_sync)
"""


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
        cwd=ROOT,
        env={**os.environ, "CUDA_VISIBLE_DEVICES": "-1", **environment},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def ended(processes: list[subprocess.Popen]) -> list[str]:
    """Return the output of each process; none is left behind."""
    try:
        answers = [process.communicate(timeout=300) for process in processes]
    finally:
        for process in processes:
            process.kill()
    assert [process.returncode for process in processes] == [0] * len(processes), answers
    return [out for out, _ in answers]


def weights(path: Path) -> list[np.ndarray]:
    with np.load(path) as archive:
        return [archive[name] for name in archive.files]


def all_close(ours: list[np.ndarray], theirs: list[np.ndarray]) -> bool:
    return all(np.allclose(own, other, atol=1e-4) for own, other in zip(ours, theirs, strict=True))


@pytest.fixture(scope="module")
def alone() -> list[np.ndarray]:
    """The weights that one process ends with."""
    return train(CONFIG, load("optdigits"), watch=False).model.get_weights()


def test_two_workers_end_with_the_weights_of_one_and_the_first_saves(
    tmp_path: Path, alone: list[np.ndarray]
) -> None:
    ports = free_ports(2)
    folders, start_from = [tmp_path / "0", tmp_path / "1"], tmp_path / "start.keras"
    architectures.build("dense").save(start_from)
    barely = {**CONFIG.as_dict(), "epochs": 1, "learning_rate": 1e-5, "start_from": str(start_from)}
    runs = {"deep": DEEP.as_dict(), "same": barely, "dense": CONFIG.as_dict()}
    workers = []
    for index, folder in enumerate(folders):
        folder.mkdir()
        words = ["-c", WORKER, json.dumps(runs), str(folder)]
        workers.append(start(words, TF_CONFIG=cluster(index, ports)))
    first, second = ([json.loads(line) for line in out.splitlines()] for out in ended(workers))
    assert first[-1] == second[-1] == [2, True, 1]
    assert [len(first), len(second)] == [4, 1], "only the first answers"
    for name in runs:
        ours, theirs = (weights(folder / f"{name}.npz") for folder in folders)
        for own, other in zip(ours, theirs, strict=True):
            assert np.array_equal(own, other)
    assert all_close(ours, alone)
    saved = {path.relative_to(tmp_path) for path in tmp_path.glob("*/*.keras")}
    assert saved == {Path("0", f"{name}.keras") for name in runs}
    before = model_files.load(start_from).get_weights()
    after = weights(folders[0] / "same.npz")
    assert all(np.allclose(old, new, atol=1e-3) for old, new in zip(before, after, strict=True))
    stored = model_files.load(folders[0] / "dense.keras")
    assert all_close(stored.get_weights(), ours)


def test_two_devices_of_one_machine_end_with_the_weights_of_one(
    tmp_path: Path, alone: list[np.ndarray]
) -> None:
    words = ["-c", HALVES, json.dumps(CONFIG.as_dict()), str(tmp_path / "both.npz")]
    assert ended([start(words)]) == ["2\n"]
    assert all_close(weights(tmp_path / "both.npz"), alone)


def test_one_process_trains_as_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TF_CONFIG", raising=False)
    assert distributed.is_chief()
    assert distributed.is_on() == (len(tf.config.list_physical_devices("GPU")) > 1)


@pytest.mark.parametrize(
    ("addresses", "kind", "index", "chief"),
    [
        ({"worker": ["a:1", "b:1"]}, "worker", 0, True),
        ({"worker": ["a:1", "b:1"]}, "worker", 1, False),
        ({"chief": ["a:1"], "worker": ["b:1"]}, "chief", 0, True),
        ({"chief": ["a:1"], "worker": ["b:1"]}, "worker", 0, False),
    ],
)
def test_the_chief_saves_or_else_the_first_worker(
    addresses: dict[str, Any], kind: str, index: int, chief: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = {"type": kind, "index": index}
    monkeypatch.setenv("TF_CONFIG", json.dumps({"cluster": addresses, "task": task}))
    assert distributed.is_on()
    assert distributed.is_chief() is chief


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


def one_device() -> SharedEngine:
    return SharedEngine(tf.distribute.OneDeviceStrategy("CPU:0"))


def test_what_several_devices_cannot_do_is_said_first(dataset: Dataset) -> None:
    class Three:
        num_replicas_in_sync = 3

    with pytest.raises(DigitLabError, match="multiple of 3"):
        train(CONFIG, dataset, engine=SharedEngine(Three()))
    few_bits = dataclasses.replace(CONFIG, precision="mixed_bfloat16")
    with pytest.raises(DigitLabError, match="precision"):
        train(few_bits, dataset, engine=one_device())
    with pytest.raises(DigitLabError, match="cannot be resumed"):
        train(CONFIG, dataset, keeps_checkpoints=True, engine=one_device())


def test_one_device_does_what_training_does_and_stops_when_told(dataset: Dataset) -> None:
    config = dataclasses.replace(CONFIG, distractors=0.2, early_stopping=1, learning_rate=0.05)
    result = train(config, dataset, engine=one_device())
    expected = train(config, dataset)
    assert all_close(result.model.get_weights(), expected.model.get_weights())
    assert len(result.progress.validation) == len(expected.progress.validation)
    assert result.progress.view is not None
    assert (result.progress.is_over, result.stopped) == (True, False)
    control = RunControl()
    control.stop()
    stopped = train(config, dataset, control=control, engine=one_device())
    assert stopped.stopped
    assert (stopped.progress.epoch, stopped.progress.step) == (1, 1)


def test_it_can_be_told_nothing_but_to_stop(dataset: Dataset) -> None:
    control = RunControl()
    control.pause()
    control.scale_learning_rate(0.5)
    config = dataclasses.replace(CONFIG, epochs=1)
    points = train(config, dataset, control=control, engine=one_device()).progress.training
    assert {point.learning_rate for point in points} == {config.learning_rate}


def test_a_limit_of_the_host_stops_it(dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MNIST_APP_MAX_MINUTES", "0.000001")
    result = train(CONFIG, dataset, engine=one_device())
    assert result.stopped
    assert result.progress.remark.startswith("The time limit here is")
