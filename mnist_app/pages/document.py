"""The HTML document that a browser loads first: Streamlit's own, with the pages' style in it.

Streamlit sends a style with a page, where it comes late: what was on the screen by then jumps.
"""

import re
from collections.abc import Mapping
from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route
from streamlit import file_util
from streamlit.url_util import make_url_path

HERE = Path(__file__).parent
# Where two say something of the same part, the later one holds.
STYLES = ("style.css", "draw/draw.css", "teach/teach.css", "components/components.css")
# That of one page: whoever goes there from another one has it already.
SHOW_STYLE = "show_me/demo.css"
SCRIPT = HERE / "document.js"

# Streamlit's, which the pages show first.
CONTROLS = (
    "BidiComponent Button ButtonGroup NumberInput Progress Selectbox Slider TextInput".split()
)
_FILE = re.compile(r"\./(?:static/js/)?([\w.-]+\.js)\"")


def style(*names: str) -> str:
    """Return the style sheets of these files below this folder as one `style` element."""
    sheets = "\n".join((HERE / name).read_text(encoding="utf-8") for name in names)
    return f"<style>{sheets}</style>"


def document_routes(base: str, titles: Mapping[str, str]) -> list[Route]:
    """Return the routes that serve the document at the pages' paths under `base`.

    Args:
        titles: of the pages in the menu, by their paths.
    """
    original = Path(file_util.get_static_dir(), "index.html").read_text(encoding="utf-8")
    all_styles = style(*STYLES, SHOW_STYLE)
    script = SCRIPT.read_text(encoding="utf-8")
    early = _early(original)

    def route(path: str) -> Route:
        # Behind the styles that Streamlit adds to the head while the page runs.
        own = f"{all_styles}{_outline(titles, path)}<script>{script}</script>{early}"
        document = original.replace("</body>", f"{own}</body>", 1)

        def serve(request: Request) -> HTMLResponse:
            return HTMLResponse(document, headers={"Cache-Control": "no-cache"})

        return Route(make_url_path(base, path), serve)

    return [route(path) for path in titles]


def _outline(titles: Mapping[str, str], path: str) -> str:
    """Return what stands on the screen until Streamlit has loaded and the page has come."""
    names = "".join(f"<span>{title}</span>" for title in dict.fromkeys(titles.values()))
    return (
        f'<div id="outline" data-page="{titles[path]}" aria-hidden="true"><nav>{names}</nav>'
        "<i></i><i></i><i></i></div>"
    )


def _early(document: str) -> str:
    """Return a script that has the browser load the pages' controls while it connects.

    Streamlit's own would ask for each only when the first of them comes, one after the other.
    """
    folder = Path(file_util.get_static_dir(), "static", "js")
    found = set(_FILE.findall(document))
    wanted = [path.name for kind in CONTROLS for path in folder.glob(f"{kind}.*.js")]
    early = []
    while wanted:
        name = wanted.pop()
        if name not in found:
            found.add(name)
            early.append(name)
            wanted += _FILE.findall((folder / name).read_text(encoding="utf-8"))
    return (
        f"<script>addEventListener('load', () => {early}.forEach((name) => document.head.append("
        "Object.assign(document.createElement('link'), { rel: 'modulepreload', "
        "href: `./static/js/${name}`, crossOrigin: '', fetchPriority: 'low' }))));</script>"
    )
