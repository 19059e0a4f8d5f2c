import re

import pytest
from streamlit.testing.v1 import AppTest

from mnist_app.core.settings import SETTINGS
from mnist_app.pages.train.form import GROUPS

SCRIPT = "from mnist_app.pages.train.form import show_form\nshow_form()"
MARKED = "![x](https://example.org/x.png) **b** <b> :red[r]"


def linked(**link: str) -> AppTest:
    """The form as the link to it fills it in."""
    app = AppTest.from_string(SCRIPT, default_timeout=60)
    for name, text in link.items():
        app.query_params[name] = text
    app.run()
    assert not app.exception
    return app


@pytest.mark.parametrize("name", [row.name for row in SETTINGS])
def test_what_a_link_says_is_shown_as_it_is(name: str) -> None:
    (warning,) = linked(**{name: MARKED}).warning
    assert not re.search(r"(?<!\\)[][!*<:]", warning.value.replace("\\\\", ""))
    is_on_page = next(row.group in GROUPS for row in SETTINGS if row.name == name)
    assert ("example" in warning.value) is is_on_page


def test_what_cannot_be_built_is_shown_as_it_is() -> None:
    app = linked(architecture="custom")
    app.text_input(key="set_layers").set_value("![x](https://e.org)").run()
    assert "\\!\\[x\\]" in app.error[0].value
