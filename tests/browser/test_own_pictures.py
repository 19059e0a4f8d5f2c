import re
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Page, expect

from tests.support.own_pictures import hostile_zips, shapes, zipped
from tests.support.servers import Server


def upload(page: Page, name: str, data: bytes) -> None:
    chooser = page.locator(".st-key-own_pictures input[type=file]")
    chooser.set_input_files({"name": name, "mimeType": "application/zip", "buffer": data})


def test_a_zip_of_three_classes_goes_from_upload_to_its_matrix(
    phone: Page, own_server: Server
) -> None:
    page = phone
    page.goto(f"{own_server.url}/data")
    page.get_by_text("Use your own pictures").click()
    upload(page, "evil.zip", hostile_zips()["a name that leads out"][0])
    expect(page.get_by_role("alert")).to_contain_text("points outside the ZIP file")
    upload(page, "My shapes.zip", zipped({**shapes(12), "cross/broken.png": b"?"}))
    expect(page.locator(".before-after figure")).to_have_count(12)
    expect(page.get_by_text("37 pictures in 3 classes: circle 12, cross 13")).to_be_visible()
    page.locator(".st-key-own_pictures_keep button").click()
    expect(page).to_have_url(re.compile(r"dataset=[0-9a-f]{32}"))
    expect(page.get_by_text("My shapes: 36 pictures in 3 classes")).to_be_visible()
    expect(page.get_by_text("1 picture left out")).to_be_visible()
    (own,) = parse_qs(urlsplit(page.url).query)["dataset"]

    page.goto(f"{own_server.url}/train?dataset={own}&architecture=dense&epochs=9&batch_size=8")
    page.locator(".st-key-train_start button").click()
    expect(page.locator(".st-key-train_status")).to_contain_text("Dense on My shapes")
    page.locator(".st-key-open_predictions button").click()
    # A cell for each class that is shown, and each that was read.
    expect(page.locator(".st-key-confusion_matrix .textpoint")).to_have_count(9)
