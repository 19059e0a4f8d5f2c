import re

from playwright.sync_api import Page, expect

from tests.support.browser import at_rest
from tests.support.pen import clear, draw, expect_read
from tests.support.servers import Server

STATUS = ".st-key-train_status"
STANDING = re.compile(r"Epoch (\d+) of 100, step (\d+)")
CURVE = ".st-key-train_curves .scatterlayer .trace path.js-line"


def slide(page: Page, name: str, key: str, value: int) -> None:
    """Set a slider by keyboard; the link tells when the server knows of it."""
    page.locator(f".st-key-set_{name} input[type=range]").press(key)
    expect(page).to_have_url(re.compile(rf"\b{name}={value}\b"))


def start_long_run(page: Page, server: Server) -> None:
    """A hundred epochs of small steps: it goes on for minutes."""
    page.goto(f"{server.url}/train?dataset=optdigits&batch_size=8&architecture=deep_cnn")
    page.locator(".st-key-train_start button").wait_for()
    page.get_by_text("Training", exact=True).click()
    slide(page, "epochs", "End", 100)
    page.locator(".st-key-train_start button").click()
    expect(page.locator(STATUS)).to_contain_text(STANDING)


def reached(page: Page) -> tuple[int, int]:
    """The epoch and the step where the run stands, as soon as the page says it."""
    status = page.locator(STATUS)
    expect(status).to_contain_text(STANDING)
    found = STANDING.search(status.inner_text())
    assert found is not None
    return int(found[1]), int(found[2])


def go(page: Page, name: str) -> None:
    """Go to another page by the navigation."""
    page.get_by_role("link", name=name, exact=True).click()
    expect(page).to_have_url(re.compile(rf"/{name.lower()}\b|/$"))


def curve_length(page: Page) -> int:
    return len(page.locator(CURVE).first.get_attribute("d") or "")


def test_a_run_is_watched_reloaded_and_stopped(page: Page, server: Server) -> None:
    start_long_run(page, server)
    page.locator(CURVE).first.wait_for(state="attached")
    chart = page.locator(".st-key-train_curves .js-plotly-plot").first
    chart.evaluate("node => { node.dataset.mark = 'kept' }")
    before = curve_length(page)
    page.wait_for_function(
        "([curve, length]) => document.querySelector(curve).getAttribute('d').length > length",
        arg=[CURVE, before + 20],
    )
    assert chart.get_attribute("data-mark") == "kept"
    expect(page.locator(STATUS)).to_contain_text("pictures a second")
    expect(page.locator(STATUS)).to_contain_text("left")

    page.reload()
    expect(page.locator(STATUS)).to_contain_text(STANDING)
    page.locator(CURVE).first.wait_for(state="attached")
    assert curve_length(page) > before
    expect(page.locator(".st-key-train_start button")).to_be_disabled()

    tab = page.context.new_page()
    tab.goto(f"{server.url}/train")
    expect(tab.locator(STATUS)).to_contain_text(re.compile(r"Epoch \d+ of 100"))
    tab.close()

    page.locator(".st-key-train_stop button").click()
    expect(page.locator(STATUS)).to_contain_text("Stopped at epoch")
    expect(page.locator(STATUS)).to_contain_text("What it learned is kept")
    expect(page.get_by_text("Test accuracy")).to_be_visible()
    # On a phone the button is far down; the next page opens at its top.
    page.set_viewport_size({"width": 390, "height": 844})
    page.locator(".st-key-use_model button").click()
    page.locator("canvas.upper-canvas").wait_for()
    at_rest(page)
    expect(page.locator(".st-key-own_network")).to_be_in_viewport(ratio=1)
    expect(page.get_by_text("Read by: Deep convolutional on optdigits")).to_be_visible()

    # Who comes back to it sees the run, not the settings above.
    page.goto(f"{server.url}/train")
    expect(page.locator(STATUS)).to_contain_text("Stopped at epoch")
    expect(page.locator(STATUS)).to_be_in_viewport(ratio=0.5)


def test_a_run_goes_on_while_one_draws_elsewhere(page: Page, server: Server) -> None:
    start_long_run(page, server)
    begun = reached(page)
    go(page, "Draw")
    page.locator("canvas.upper-canvas").wait_for()
    at_rest(page)
    for digit in (3, 7):
        draw(page, digit)
        expect_read(page, digit)
        clear(page)
    go(page, "Train")
    returned = reached(page)
    assert returned > begun
    page.locator(CURVE).first.wait_for(state="attached")
    expect(page.locator(".st-key-train_start button")).to_be_disabled()
    page.reload()
    assert reached(page) > returned
    page.locator(CURVE).first.wait_for(state="attached")
    page.locator(".st-key-train_stop button").click()
    expect(page.locator(STATUS)).to_contain_text("What it learned is kept")


# Notes of each frame that is painted what can be seen of the chart, and counts its updates.
WATCH_FRAMES = """chart => {
  window.updates_seen = 0;
  window.frames_seen = [];
  chart.on("plotly_afterplot", () => { window.updates_seen += 1; });
  const note = () => {
    window.frames_seen.push({
      connected: chart.isConnected,
      curves: chart.querySelectorAll(".scatterlayer .trace path.js-line").length,
      hover: chart.querySelectorAll(".hoverlayer .hovertext, .hoverlayer .axistext").length,
      range: chart._fullLayout.xaxis.range.join(),
    });
    requestAnimationFrame(note);
  };
  requestAnimationFrame(note);
}"""


def test_what_is_zoomed_into_and_pointed_at_stays_while_the_curve_grows(
    page: Page, server: Server
) -> None:
    start_long_run(page, server)
    page.wait_for_function(
        "curve => document.querySelector(curve)?.getAttribute('d').length > 200", arg=CURVE
    )
    chart = page.locator(".st-key-train_curves .js-plotly-plot").first
    whole = chart.evaluate("node => node._fullLayout.xaxis.range.join()")
    area = chart.locator(".nsewdrag").first
    area.scroll_into_view_if_needed()
    box = area.bounding_box()
    assert box is not None
    # A curve of errors begins at the top.
    top = box["y"] + box["height"] / 20
    page.mouse.move(box["x"] + 2, top)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 10, top + box["height"] / 2, steps=5)
    page.mouse.up()
    page.wait_for_function(
        "([node, whole]) => node._fullLayout.xaxis.range.join() !== whole",
        arg=[chart.element_handle(), whole],
    )
    page.mouse.move(box["x"] + box["width"] / 20, top, steps=3)
    chart.locator(".hovertext, .axistext").first.wait_for()
    chart.evaluate(WATCH_FRAMES)
    page.wait_for_function("window.updates_seen >= 4")
    frames = page.evaluate("window.frames_seen")
    assert all(frame["connected"] and frame["curves"] for frame in frames)
    assert {frame["range"] for frame in frames} != {whole}
    assert len({frame["range"] for frame in frames}) == 1
    assert all(frame["hover"] for frame in frames)
    page.locator(".st-key-train_stop button").click()
    expect(page.locator(STATUS)).to_contain_text("What it learned is kept")


def test_ones_own_network_is_built_with_a_thumb(phone: Page, server: Server) -> None:
    phone.goto(f"{server.url}/train?dataset=optdigits&architecture=custom&layers=conv+8+3,dense+9")
    layers = phone.locator(".st-key-set_layers input")
    phone.locator(".st-key-add_pool button").locator("visible=true").tap()
    expect(layers).to_have_value("conv 8 3, pool, dense 9")
    phone.locator(".st-key-layer_1_number_1").get_by_role("button").last.tap()
    expect(layers).to_have_value("conv 9 3, pool, dense 9")
    phone.locator(".st-key-layer_3_remove button").locator("visible=true").tap()
    expect(layers).to_have_value("conv 9 3, pool")
    expect(phone).to_have_url(re.compile(r"layers=conv\+9\+3%2C\+pool"))
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
