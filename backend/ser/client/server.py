"""Where the server is, and how to speak to it: what both clients are made with."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidMessage, InvalidStatus

from ser import __version__
from ser.client.errors import ConnectionFailed, Retries, TimedOut, UnexpectedAnswer, error_of

_STREAM_SCHEME = {"http": "ws", "https": "wss"}


class Server:
    """A server, as a client knows it.

    Args:
        base_url: `http://host:port`, or `https://host/prefix` behind a proxy.
        api_key: sent as `Authorization: Bearer`, where there is one.
        timeout_s: for a connection, for the next bytes of an answer, and the longest `Retry-After`.
        retries: how often a request is sent again that the server refuses for now.
        ssl_context: for a certificate that this machine does not know.

    Raises:
        ValueError: an argument cannot be used.
    """

    def __init__(
        self,
        base_url: str,
        *,
        api_key: str | None,
        timeout_s: float,
        retries: int,
        ssl_context: ssl.SSLContext | None,
    ) -> None:
        try:
            self._url = httpx.URL(base_url)
        except httpx.InvalidURL as error:
            raise ValueError(f"'{base_url}' is no address: {error}") from error
        if self._url.scheme not in _STREAM_SCHEME or not self._url.host:
            raise ValueError(f"'{base_url}' is no address; expected one as http://127.0.0.1:5000.")
        if api_key is not None and not (api_key and api_key.isascii() and api_key.isprintable()):
            # Without the key: messages are logged.
            raise ValueError("The key holds characters that a header cannot have, or is empty.")
        self.timeout_s = timeout_s
        self._retries = retries
        self._ssl_context = ssl_context
        self._headers = {"User-Agent": f"speech-emotion-server/{__version__}"}
        if api_key is not None:
            self._headers["Authorization"] = f"Bearer {api_key}"

    def __repr__(self) -> str:
        """Return where it is, without the key."""
        return f"{self._url.copy_with(username=None, password=None)}"

    def retries(self) -> Retries:
        """Return how often one request is sent again."""
        return Retries(self._retries, self.timeout_s)

    def http(self) -> dict[str, Any]:
        """Return the arguments of httpx's clients."""
        return {
            "base_url": self._url,
            "headers": self._headers,
            "timeout": self.timeout_s,
            "verify": self._ssl_context or True,
        }

    def stream(self) -> dict[str, Any]:
        """Return the arguments of websockets' `connect`."""
        path = self._url.path.rstrip("/") + "/stream"
        url = self._url.copy_with(scheme=_STREAM_SCHEME[self._url.scheme], path=path)
        secure = {"ssl": self._ssl_context} if url.scheme == "wss" and self._ssl_context else {}
        return {
            "uri": str(url),
            "additional_headers": {
                name: value for name, value in self._headers.items() if name == "Authorization"
            },
            "user_agent_header": self._headers["User-Agent"],
            # Sound as it is recorded hardly gets smaller.
            "compression": None,
            "open_timeout": self.timeout_s,
            "ping_timeout": self.timeout_s,
            **secure,
        }


@contextmanager
def http_errors() -> Iterator[None]:
    """Let the errors of httpx become those of this client.

    Raises:
        TimedOut: the server did not answer in time.
        ConnectionFailed: the connection failed.
        UnexpectedAnswer: what came was not encoded as it said.
    """
    try:
        yield
    except httpx.TimeoutException as error:
        raise TimedOut(f"The server did not answer in time: {_said(error)}.") from error
    except httpx.TransportError as error:
        raise ConnectionFailed(f"The connection failed: {_said(error)}.") from error
    except httpx.DecodingError as error:
        raise UnexpectedAnswer(f"The answer cannot be decoded: {_said(error)}.") from error


@contextmanager
def stream_errors() -> Iterator[None]:
    """Let the errors of websockets become those of this client.

    Raises:
        TimedOut: nothing came in time.
        ConnectionFailed: the connection failed, or the server closed it.
        UnexpectedAnswer: what answered knows no WebSockets.
        ApiError: the server refused the live stream.
    """
    try:
        yield
    except TimeoutError as error:
        raise TimedOut(f"The server did not answer in time: {_said(error)}.") from error
    except InvalidStatus as error:
        response = error.response
        raise error_of(response.status_code, bytes(response.body or b""), response.headers) from error
    except InvalidMessage as error:
        # It hides why: usually, the connection ended.
        raise ConnectionFailed(f"The connection failed: {_said(error.__cause__ or error)}.") from error
    except InvalidHandshake as error:
        raise UnexpectedAnswer(f"There is no live stream at this address: {_said(error)}.") from error
    except (ConnectionClosed, OSError) as error:
        raise ConnectionFailed(f"The connection failed: {_said(error)}.") from error


def _said(error: BaseException) -> str:
    return str(error) or type(error).__name__
