import re

from playwright.sync_api import Download, Page, expect

from tests.support.servers import Server

DETAILS, COMPARISON = ".st-key-run_details", ".st-key-run_comparison"


def train(page: Page, server: Server, network: str) -> None:
    """Train a network on few pictures, to its end."""
    page.goto(f"{server.url}/train?dataset=optdigits&architecture={network}&epochs=2")
    start = page.locator(".st-key-train_start button")
    expect(start).to_be_enabled()
    start.click()
    stop = page.locator(".st-key-train_stop button")
    expect(stop).to_be_enabled()
    expect(start).to_be_enabled()
    expect(page.locator(".st-key-train_status")).to_contain_text("Finished after")


def press(page: Page, key: str) -> None:
    # A button with a tooltip stands twice, once for each kind of screen.
    page.locator(f"{key} button").locator("visible=true").click()


def pressed(page: Page, key: str) -> Download:
    """Press a button and return the file that it downloads."""
    with page.expect_download() as download:
        press(page, key)
    return download.value


def test_two_runs_are_found_compared_and_taken_along(page: Page, server: Server) -> None:
    train(page, server, "dense")
    train(page, server, "simple_cnn")
    press(page, ".st-key-open_runs")
    expect(page.locator(f"{DETAILS} h2")).to_contain_text("Simple convolutional on optdigits")
    expect(page.locator(DETAILS)).to_contain_text("Test accuracy")
    expect(page.locator(f"{DETAILS} .js-plotly-plot")).to_have_count(2)

    curves = pressed(page, ".st-key-download_curves").path().read_text()
    assert curves.startswith("part,epoch,loss,accuracy,learning_rate\ntraining,")
    assert sum(line.startswith("validation,") for line in curves.splitlines()) == 2
    script = pressed(page, ".st-key-download_script")
    assert script.suggested_filename == "simple-convolutional-on-optdigits.py"
    program = script.path().read_text()
    compile(program, "script", "exec")
    assert "EPOCHS = 2" in program
    assert pressed(page, ".st-key-download_keras").path().read_bytes()[:2] == b"PK"
    saved = pressed(page, f"{DETAILS} .st-key-run_quantity")
    assert saved.suggested_filename.endswith("-error.png")
    assert saved.path().read_bytes().startswith(b"\x89PNG")
    press(page, ".st-key-make_litert")
    assert pressed(page, ".st-key-download_litert").path().read_bytes()[4:8] == b"TFL3"

    page.locator('[class*="st-key-tick_"]').filter(has_text="Dense on optdigits").click()
    expect(page.locator(COMPARISON)).to_contain_text("If every test picture moves by 2 pixels")
    expect(page.locator(f"{COMPARISON} th").filter(has_text="Dense on")).to_be_visible()
    expect(page.locator(f"{COMPARISON} .js-plotly-plot")).to_have_count(4)
    expect(page).to_have_url(re.compile(r"runs=\d+(,|%2C)\d+"))
    page.reload()
    expect(page.locator(f"{COMPARISON} .js-plotly-plot")).to_have_count(4)

    page.locator('[class*="st-key-tick_"]').filter(has_text="Simple convolutional on").click()
    expect(page.locator(f"{DETAILS} h2")).to_contain_text("Dense on optdigits")
    press(page, ".st-key-same_settings")
    expect(page).to_have_url(re.compile(r"/train\?.*architecture=dense"))
    expect(page.get_by_role("combobox", name="Network")).to_have_value(re.compile("^Dense"))
