"""Sessions of Streamlit without a browser: they speak its own protocol over a WebSocket."""

import asyncio
import json
from typing import Any

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Delta_pb2 import Delta
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

CANVAS_COMPONENT = "streamlit_drawable_canvas"
# The component waits this long after the pen is lifted before it sends anything.
CANVAS_PAUSE_SECONDS = 0.2


class Session:
    """A visitor on the start page who draws.

    Attributes:
        id: the server's name for it, "" before it is open.
    """

    def __init__(self, url: str) -> None:
        """Prepare a session of the server at `url`; `open` begins it."""
        self._url = url
        self._canvas, self._fragment = "", ""
        self.id = ""

    async def open(self) -> None:
        """Connect, and wait until the page has been run to its end."""
        address = self._url.replace("http", "ws", 1) + "/_stcore/stream"
        self._socket: ClientConnection = await connect(
            address,
            origin=Origin(self._url),
            subprotocols=[Subprotocol("streamlit")],
            max_size=None,
        )
        await self._run(BackMsg())

    async def close(self) -> None:
        """Leave."""
        await self._socket.close()

    async def draw(self, canvas_json: dict[str, Any]) -> None:
        """Hand over what is on the canvas, see `drawings.canvas_json`, and wait for its run."""
        message = BackMsg()
        message.rerun_script.fragment_id = self._fragment
        state = message.rerun_script.widget_states.widgets.add()
        state.id = self._canvas
        state.json_value = json.dumps({"drawing": {"raw": canvas_json, "data": None}})
        await self._run(message)

    async def _run(self, message: BackMsg) -> None:
        message.rerun_script.query_string = ""
        await self._socket.send(message.SerializeToString())
        while True:
            told = ForwardMsg.FromString(await self._socket.recv(decode=False))
            if told.WhichOneof("type") == "new_session":
                self.id = told.new_session.initialize.session_id
            elif told.WhichOneof("type") == "delta":
                self._note(told.delta)
            elif told.WhichOneof("type") == "script_finished":
                return

    def _note(self, delta: Delta) -> None:
        component = delta.new_element.bidi_component
        if CANVAS_COMPONENT in component.component_name:
            self._canvas, self._fragment = component.id, delta.fragment_id


async def opened(url: str) -> Session:
    """Return a session whose page has been run."""
    session = Session(url)
    await asyncio.wait_for(session.open(), 120)
    return session
