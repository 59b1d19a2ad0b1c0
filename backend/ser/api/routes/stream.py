"""WS /stream."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from flask import Blueprint, Response, request
from websockets.datastructures import Headers
from websockets.http11 import Request as Handshake
from websockets.server import ServerProtocol
from websockets.typing import Subprotocol

from ser.api import context, errors
from ser.api.access import guard
from ser.api.access.clients import Client
from ser.api.forms import SOCKET
from ser.api.live.streams import LiveStreams
from ser.api.origins import require_known_origin
from ser.errors import InvalidRequest, UpgradeRequired

bp = Blueprint("stream", __name__)


@bp.get("/stream")
def no_stream() -> Response:
    """Refuse other requests than a WebSocket handshake."""
    error = UpgradeRequired(
        "Connect to this address with a WebSocket; /asyncapi.yaml describes the messages."
    )
    response = errors.answer(error)
    response.headers["Upgrade"] = "websocket"
    return response


@bp.get("/stream", websocket=True)
def stream() -> Response:
    """Open a live stream; /asyncapi.yaml describes its messages."""
    require_known_origin(request)
    protocol = ServerProtocol(select_subprotocol=_choose)
    answer = protocol.accept(Handshake(request.path, Headers(request.headers.to_wsgi_list())))
    if protocol.handshake_exc is not None:
        raise InvalidRequest(f"The WebSocket handshake is not valid: {protocol.handshake_exc}.")
    return _HandOver(answer.serialize(), context.live_streams(), guard.client())


def _choose(_: ServerProtocol, offered: Sequence[Subprotocol]) -> Subprotocol | None:
    """Return the protocol that the answer names: browsers want one where they offered any."""
    ours = Subprotocol(guard.STREAM_SUBPROTOCOL)
    return ours if ours in offered else None


class _HandOver(Response):
    """Hands the connection to the live streams, once the request is logged; no thread waits for it."""

    def __init__(self, handshake: bytes, streams: LiveStreams, client: Client) -> None:
        super().__init__(status=101)
        self._client = client
        self._handshake = handshake
        self._streams = streams

    def __call__(self, environ: dict[str, Any], _: Any) -> Iterable[bytes]:
        if SOCKET not in environ:
            raise RuntimeError("live streams need `ser serve`")
        self._streams.open(environ[SOCKET], self._handshake, self._client)
        # gunicorn takes this for the end of the connection, and forgets it.
        raise StopIteration
