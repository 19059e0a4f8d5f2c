"""The real app in a real Chromium: one server and one browser for all journeys."""

import io
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Browser, Page, expect

from tests.support.browser import chromium
from tests.support.drawings import STROKES
from tests.support.servers import Server, serve

ROOT = Path(__file__).parent.parent.parent
# A worker may start, import TensorFlow and learn meanwhile, on a busy machine.
PATIENCE_MS = 240_000
expect.set_options(timeout=PATIENCE_MS)


# The digits on the sheet, by their places in `STROKES`: 3, 7 and 0.
SHEET = (3, 5, 0)


@pytest.fixture(scope="session")
def sheet() -> bytes:
    """A number in dark ink on grey paper, JPEG."""
    paper = Image.new("L", (1280, 720), 215)
    pen = ImageDraw.Draw(paper)
    for place, index in enumerate(SHEET):
        points = STROKES[index] * 1.1 + np.array([70 + place * 390, 180])
        pen.line([(x, y) for x, y in points.tolist()], fill=40, width=30, joint="curve")
    buffer = io.BytesIO()
    paper.save(buffer, format="JPEG")
    return buffer.getvalue()


@pytest.fixture(scope="session")
def browser(sheet: bytes, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Chromium, whose camera sees the sheet.

    Where it is missing the tests are skipped, but never in continuous integration.
    """
    executable = os.environ.get("MNIST_APP_CHROMIUM", "/usr/bin/chromium")
    if not Path(executable).exists() and not os.environ.get("CI"):
        pytest.skip(f"There is no Chromium at {executable}: set MNIST_APP_CHROMIUM to its path.")
    camera = tmp_path_factory.mktemp("camera") / "sheet.mjpeg"
    camera.write_bytes(sheet)
    with chromium(executable, camera) as running:
        yield running


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The app with the shipped model and the digits that scikit-learn carries, and nothing else."""
    settings = bare(tmp_path_factory.mktemp("server"))
    with serve(ROOT / "app.py", ROOT, settings=settings) as running:
        yield running


@pytest.fixture(scope="module")
def kiosk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The same app where strangers come and go."""
    settings = {**bare(tmp_path_factory.mktemp("kiosk")), "MNIST_APP_KIOSK_SECONDS": "20"}
    with serve(ROOT / "app.py", ROOT, settings=settings) as running:
        yield running


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[Server]:
    """The same app for one journey alone, which may break it."""
    with serve(ROOT / "app.py", ROOT, settings=bare(tmp_path)) as running:
        yield running


def bare(place: Path) -> dict[str, str]:
    """Settings of a server that keeps everything in `place` and reaches no network."""
    return {
        "MNIST_APP_DATA": str(place / "data"),
        "MNIST_APP_MODELS": str(place / "models"),
        "KERAS_HOME": str(place / "keras"),
        "http_proxy": "http://127.0.0.1:9",
        "https_proxy": "http://127.0.0.1:9",
        "no_proxy": "localhost,127.0.0.1",
    }


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A visitor at a desk."""
    context = browser.new_context(viewport={"width": 1200, "height": 900})
    context.set_default_timeout(PATIENCE_MS)
    yield context.new_page()
    context.close()


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    """A visitor with a small phone, in the dark."""
    context = browser.new_context(
        viewport={"width": 360, "height": 740},
        has_touch=True,
        is_mobile=True,
        color_scheme="dark",
    )
    context.set_default_timeout(PATIENCE_MS)
    yield context.new_page()
    context.close()
