"""A visitor's own network, from its file to a comparison with the built-in one."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser import SHIFTS, at_rest
from tests.support.servers import ROOT, Server

# TensorFlow stays out of the process of the browser tests.
PROGRAM = """
import sys
from tests.support.networks import network, saved
open(sys.argv[1], "wb").write(saved(network(ending="linear")))
"""


@pytest.fixture(scope="module")
def logits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network that learned scikit-learn's digits and answers in scores."""
    path = tmp_path_factory.mktemp("foreign") / "my logits.keras"
    subprocess.run([sys.executable, "-c", PROGRAM, str(path)], cwd=ROOT, check=True)
    return path


def test_a_foreign_network_is_measured_compared_and_drawn_for(
    page: Page, phone: Page, server: Server, logits: Path
) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.add_init_script(SHIFTS)
    page.goto(f"{server.url}/predictions?dataset=optdigits")
    page.get_by_text("Use your own network").click()
    bring = page.locator(".st-key-own_network input[type=file]")
    bring.set_input_files({"name": "bad.h5", "mimeType": "", "buffer": b"text"})
    expect(page.get_by_text("bad.h5 is damaged, or not a Keras model")).to_be_visible()
    page.evaluate("window.shifted = 0")
    bring.set_input_files(logits)
    found = page.locator(".st-key-found")
    expect(found).to_contain_text("It gives scores. The app turns them into probabilities.")
    expect(page).to_have_url(re.compile("model=[0-9a-f]{32}"))
    expect(page.locator(".st-key-metrics")).to_contain_text("Accuracy")
    expect(page.locator(".st-key-comparison table")).to_contain_text("my logits")
    assert page.evaluate("shifted") < 0.1

    # Nobody else has it.
    phone.goto(page.url)
    at_rest(phone)
    expect(phone.locator(".st-key-metrics")).to_contain_text("Accuracy")
    expect(phone.locator(".st-key-found")).to_have_count(0)

    found.get_by_role("button", name="Use it on the Draw page").click()
    expect(page.get_by_text("“my logits” now reads your drawings")).to_be_visible()
