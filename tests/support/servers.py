"""Streamlit servers that end when they are done with, however that comes about."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

START_SECONDS = 120.0
STOP_SECONDS = 10.0
ROOT = Path(__file__).parent.parent.parent
# The same for every server: none of it changes how a script runs.
_FLAGS = {
    "server.headless": "true",
    "server.address": "127.0.0.1",
    "browser.gatherUsageStats": "false",
}


@dataclass(frozen=True)
class Server:
    """A running server.

    Attributes:
        url: where it answers, without a slash at the end.
        pid: of its process.
        started: `time.perf_counter()` when its command was given.
    """

    url: str
    pid: int
    started: float


@contextmanager
def serve(
    script: Path, folder: Path, arguments: Sequence[str] = (), settings: Mapping[str, str] = {}
) -> Iterator[Server]:
    """Run `streamlit run SCRIPT -- ARGUMENTS` until the block ends; healthy when it begins.

    Args:
        folder: where it runs, which decides whose `.streamlit/config.toml` holds.
        settings: environment variables beyond this process' own.

    Raises:
        RuntimeError: it ended or did not become healthy; with what it printed.
    """
    port = _free_port()
    flags = [f"--{name}={value}" for name, value in {**_FLAGS, "server.port": port}.items()]
    command = [sys.executable, "-m", "streamlit", "run", str(script), *flags, "--", *arguments]
    with tempfile.TemporaryFile("w+") as log:
        started = time.perf_counter()
        # Linux shares a machine among sessions: a worker, which gives way to its server, need not
        # give way to all other tests.
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, **settings},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            url = f"http://127.0.0.1:{port}"
            if not _becomes_healthy(url, process):
                log.seek(0)
                raise RuntimeError(f"{script.name} did not start:\n{log.read()}")
            yield Server(url, process.pid, started)
        finally:
            _end(process)


def end_when_told() -> None:
    """Let a program that is told to end still end its servers and its browser first."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _becomes_healthy(url: str, process: subprocess.Popen[bytes]) -> bool:
    # This machine's own server is never behind a proxy, whatever is set for the rest.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with opener.open(f"{url}/_stcore/health", timeout=1) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            time.sleep(0.02)
    return False


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
