"""A limit on the uploads that the server holds in memory.

Streamlit keeps each file that a session sends until the session ends, also one that no widget asked
for. So a session may send as many bytes as a few of the largest files have, in files of any size.
"""

import re
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit import config
from streamlit.runtime import get_instance

from mnist_app.core import limits
from mnist_app.core.errors import DigitLabError

MEGABYTE = 1024 * 1024
# A picture, one that takes its place, and one more; or many small ones for a table.
FILES_A_SESSION = 3
# Ten visitors who look at their largest picture at the same moment.
MOST_HELD_MB = 200
FULL = "There are too many pictures here at the moment: reload the page, or try again in a minute."
_SESSION = re.compile(r"/_stcore/upload_file/([^/]+)/[^/]+$")


class UploadLimit:
    """ASGI middleware that refuses what a session, or all together, may not hold any more."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        # Bytes on their way, by session.
        self._coming: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it before its body is read."""
        session = _SESSION.search(scope.get("path", ""))
        if session is None or scope.get("method") != "PUT":
            await self._app(scope, receive, send)
            return
        name, size = session[1], _announced(scope)
        if self._has_room(name, size):
            self._coming[name] += size
            try:
                await self._app(scope, receive, send)
            finally:
                self._coming[name] -= size
        else:
            await PlainTextResponse(FULL, 413)(scope, receive, send)

    def _has_room(self, session: str, size: int) -> bool:
        held = Counter(_held()) + self._coming
        of_session = max(FILES_A_SESSION * _largest(), _dataset())
        of_all = max(MOST_HELD_MB * MEGABYTE, _dataset())
        return held[session] + size <= of_session and held.total() + size <= of_all


def _largest() -> int:
    return int(config.get_option("server.maxUploadSize")) * MEGABYTE


def _dataset() -> int:
    """Return how large a file of own pictures may be; 0 where the host's limit is no number."""
    with suppress(DigitLabError, OverflowError):
        return int(limits.most("dataset_mb") * MEGABYTE)
    return 0


def _announced(scope: Scope) -> int:
    """Return the size that a request says it has, the largest allowed where it says none."""
    announced = dict(scope["headers"]).get(b"content-length", b"")
    return int(announced) if announced.isdigit() else _largest()


def _held() -> Mapping[str, int]:
    """Return the bytes that Streamlit holds, by session."""
    storage = get_instance().uploaded_file_mgr.file_storage  # type: ignore[attr-defined]
    return {
        session: sum(len(file.data) for file in list(files.values()))
        for session, files in list(storage.items())
    }
