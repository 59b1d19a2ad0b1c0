"""Who may use the server, and how much: asked before each request.

Open to all are the page, the documents of the API, and the probes: they are the same on every server, and
tell nothing of this one. Everything else needs a key where SER_API_KEYS is set, also what has no route.
"""

from __future__ import annotations

import re
from ipaddress import ip_network

from flask import Flask, Request, Response, g, request

from ser.api import errors, telemetry
from ser.api.access.audit import Audit
from ser.api.access.clients import Client, client_address
from ser.api.access.limits import Limits
from ser.api.access.shared import Shared
from ser.api.metrics import record
from ser.config import Settings
from ser.errors import AccessRefused, NoKey, WrongKey

NO_SUCH_KEY = "There is no such key, or it was revoked."
# What a browser offers beside its key; the server chooses it, so that the key is not sent back.
STREAM_SUBPROTOCOL = "ser.stream"
_KEY_SUBPROTOCOL = "ser.bearer."
_OPEN_BLUEPRINTS = frozenset({"page", "health", "swagger"})
_OPEN_ENDPOINTS = frozenset({"openapi", "asyncapi", "docs"})
_BEARER = re.compile(r"bearer +(\S+) *", re.IGNORECASE)


class Guard:
    """Lets requests of one process through, or refuses them.

    Args:
        settings: which limits there are, and which proxies are believed.
        shared: the keys, and what is counted with the other processes.

    Raises:
        ConfigError: the address of Redis is none.
    """

    def __init__(self, settings: Settings, shared: Shared) -> None:
        self.limits = Limits(settings, shared.counters)
        self._keys = shared.keys
        self._proxies = tuple(ip_network(each) for each in settings.trusted_proxies)
        self._audit = Audit()

    def init_app(self, app: Flask) -> None:
        """Ask before each request of `app`."""
        app.before_request(self._check)
        app.register_error_handler(AccessRefused, self._refuse)
        self.limits.init_app(app, self._refuse)
        app.teardown_request(lambda _: self.limits.end_audio())

    def refused(self, error: AccessRefused, client: Client, *, method: str, route: str) -> None:
        """Log that a client was refused."""
        self._audit.refused(
            reason=error.code,
            method=method,
            route=route,
            address=client.address,
            key=client.key.name if client.key else None,
        )

    @property
    def asks_for_keys(self) -> bool:
        """Whether requests need a key."""
        return self._keys is not None

    def refresh_keys(self) -> None:
        """Read the keys again if they have changed; this may wait for a disk."""
        if self._keys is not None:
            self._keys.refresh()

    def admits(self, client: Client) -> bool:
        """Return whether the key that a client came with counted at the last look."""
        return self._keys is None or client.key is None or self._keys.holds(client.key)

    def _check(self) -> None:
        if request.method == "OPTIONS" or _is_open():
            # A browser asks so what it may send, and cannot send a key with it.
            return
        client = self._client()
        if self._keys is not None:
            sent = _key_of(request)
            if sent is None:
                raise NoKey("Send your key as the header `Authorization: Bearer KEY`.")
            key = self._keys.find(sent)
            if key is None:
                raise WrongKey(NO_SUCH_KEY)
            client = g.client = Client(client.address, key)
        g.counted = client
        if request.method == "POST" and telemetry.route_of_request() in record.AUDIO_ROUTES:
            self.limits.begin_audio(client)

    def _client(self) -> Client:
        """Return who sends this request, as far as it is known."""
        if "client" not in g:
            g.client = Client(client_address(request, self._proxies))
        client: Client = g.client
        return client

    def _refuse(self, error: AccessRefused) -> Response:
        route = telemetry.route_of_request()
        self.refused(error, self._client(), method=record.known_method(request.method), route=route)
        response = errors.answer_early(error)
        if isinstance(error, NoKey):
            response.headers["WWW-Authenticate"] = "Bearer"
        elif isinstance(error, WrongKey):
            response.headers["WWW-Authenticate"] = 'Bearer error="invalid_token"'
        return response


def client() -> Client:
    """Return who sends the request that is being answered."""
    found: Client = g.counted
    return found


def _is_open() -> bool:
    return request.blueprint in _OPEN_BLUEPRINTS or request.endpoint in _OPEN_ENDPOINTS


def _key_of(request: Request) -> str | None:
    """Return the key that came with a request: as a header, or, for live streams, as a subprotocol."""
    header = request.headers.get("Authorization")
    if header is not None:
        match = _BEARER.fullmatch(header)
        return match[1] if match else None
    if not request.environ.get("HTTP_UPGRADE"):
        return None
    offered = request.headers.get("Sec-WebSocket-Protocol", "").split(",")
    keys = [each.strip() for each in offered if each.strip().startswith(_KEY_SUBPROTOCOL)]
    return keys[0].removeprefix(_KEY_SUBPROTOCOL) if keys else None
