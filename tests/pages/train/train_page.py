"""The Train page as a visitor sees it."""

from streamlit.testing.v1 import AppTest

SCRIPT = "from mnist_app.pages.train import page\npage.page()"


def opened(panel: str = "", **settings: object) -> AppTest:
    """The page as a visitor with these settings sees it, who has opened that panel."""
    app = AppTest.from_string(SCRIPT, default_timeout=60).run()
    assert not app.exception
    for name, value in {"dataset": "optdigits", **settings}.items():
        app.session_state[f"set_{name}"] = value
    if panel:
        app.session_state[f"panel_{panel}"] = True
    return app.run()


def linked(script: str = SCRIPT, /, **query: str) -> AppTest:
    """The page, or a part of it, as one sees it who follows a link."""
    app = AppTest.from_string(script, default_timeout=60)
    for name, text in query.items():
        app.query_params[name] = text
    app.run()
    assert not app.exception
    return app


def query(app: AppTest) -> dict[str, str]:
    """The link; before the page wrote a value it is a text, after that a list of one."""
    return {
        name: text if isinstance(text, str) else text[0] for name, text in app.query_params.items()
    }
