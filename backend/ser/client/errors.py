"""What can go wrong between a client and the server.

    ClientError
    ├── ConnectionFailed          no answer, or only a part of one
    │   └── TimedOut
    ├── UnexpectedAnswer          an answer that is not the API's
    └── ApiError                  the server said no: `code`, `status`, `detail`, `retry_after_s`
        ├── RequestRefused        the request is malformed, or not for this address
        ├── AccessRefused         who asks may not
        ├── AudioRefused          the audio cannot be used
        │   └── NoSpeech
        ├── BaselineRefused       learn another baseline
        ├── ModelRefused          name another model
        ├── StreamRefused         the live stream was not used as documented
        ├── Busy                  try again later
        └── ServerFault           the server's log says more

docs/api.md lists the codes. One that this client does not know becomes the error of its status.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus


class ClientError(Exception):
    """Base of every error that this client raises on purpose."""


class ConnectionFailed(ClientError):
    """The server could not be reached, or the connection ended before the answer did."""


class TimedOut(ConnectionFailed):
    """The server did not answer in time."""


class UnexpectedAnswer(ClientError):
    """Something answered that is not this API, or a version of it that this client cannot read."""


class ApiError(ClientError):
    """The server answered with an error.

    Args:
        sentence: for people.
        code: a word for programs; empty where something in between answered, such as a proxy.
        status: of HTTP; None where the error came in a live stream, or in an answer that had begun.
        detail: what came, what was expected and what to do; may be empty.
        retry_after_s: when to try again, where the server says so.
    """

    def __init__(
        self,
        sentence: str,
        *,
        code: str = "",
        status: int | None = None,
        detail: str = "",
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.code = code
        self.status = status
        self.detail = detail
        self.retry_after_s = retry_after_s

    def __str__(self) -> str:
        """Return what happened, in one line."""
        named = self.code or (f"HTTP {self.status}" if self.status else "")
        return ": ".join(
            filter(None, [f"{self.sentence} ({named})" if named else self.sentence, self.detail])
        )


class RequestRefused(ApiError):
    """The request is malformed, or not for this address."""


class AccessRefused(ApiError):
    """The server does not let this client in: check `api_key`."""


class AudioRefused(ApiError):
    """The audio cannot be used."""


class NoSpeech(AudioRefused):
    """Nobody speaks in the audio."""


class BaselineRefused(ApiError):
    """The baseline is damaged, or does not fit the model."""


class ModelRefused(ApiError):
    """The server has no such model, cannot load it, or it predicts something else."""


class StreamRefused(ApiError):
    """A live stream was not used as documented."""


class Busy(ApiError):
    """The server has as much work as it takes, or this client has asked often enough for now."""


class ServerFault(ApiError):
    """Something in the server failed."""


_OF_CODE: dict[str, type[ApiError]] = {
    "no_key": AccessRefused,
    "wrong_key": AccessRefused,
    "foreign_origin": AccessRefused,
    "no_file": AudioRefused,
    "unsupported_format": AudioRefused,
    "too_large": AudioRefused,
    "too_long": AudioRefused,
    "too_short": AudioRefused,
    "decode_failed": AudioRefused,
    "not_stereo": AudioRefused,
    "baseline_too_short": AudioRefused,
    "no_speech": NoSpeech,
    "bad_baseline": BaselineRefused,
    "unknown_model": ModelRefused,
    "wrong_task": ModelRefused,
    "model_unavailable": ModelRefused,
    "bad_config": StreamRefused,
    "bad_frame": StreamRefused,
    "too_fast": StreamRefused,
    "idle_timeout": StreamRefused,
    "bad_prior": RequestRefused,
    "invalid_request": RequestRefused,
    "busy": Busy,
    "too_many_requests": Busy,
    "internal_error": ServerFault,
}
_OF_STATUS: dict[int, type[ApiError]] = {401: AccessRefused, 403: AccessRefused, 429: Busy, 503: Busy}
_REFUSED = {429, 503}


def error_of(status: int, body: bytes, headers: Mapping[str, str]) -> ApiError:
    """Return the error that an answer tells of.

    Args:
        status: of the answer.
        body: JSON as the API has it, or what something in between wrote.
        headers: names do not depend on upper or lower case.

    Returns:
        It.
    """
    said = _parsed(body)
    detail = said.get("detail", "")
    if 300 <= status < 400 and "Location" in headers:
        detail = f"The server is at {headers['Location']}: give the client that address."
    kind = _OF_CODE.get(said.get("code", "")) or _OF_STATUS.get(status)
    if kind is None:
        kind = ServerFault if status >= 500 else RequestRefused
    return kind(
        said.get("error") or _reason(status),
        code=said.get("code", ""),
        status=status,
        detail=detail,
        retry_after_s=retry_after_s(headers.get("Retry-After")),
    )


def error_in(message: Mapping[str, object]) -> ApiError:
    """Return the error that a message of a live stream, or a line of an analysis, tells of.

    Args:
        message: with `error`, `code` and perhaps `detail`.

    Returns:
        It.
    """
    said = _texts(message)
    code = said.get("code", "")
    return _OF_CODE.get(code, ApiError)(
        said.get("error", "The server refused"), code=code, detail=said.get("detail", "")
    )


def retry_after_s(value: str | None) -> float | None:
    """Return when to try again.

    Args:
        value: of the header `Retry-After`: seconds, or a date.

    Returns:
        Seconds from now; None without a value that can be read.
    """
    text = (value or "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        date = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(0.0, (date.replace(tzinfo=date.tzinfo or UTC) - datetime.now(UTC)).total_seconds())


class Retries:
    """How often a request is sent again, and when.

    Args:
        count: how often.
        longest_wait_s: a longer wait is left to the caller.
    """

    def __init__(self, count: int, longest_wait_s: float) -> None:
        self._left = count
        self._longest_wait_s = longest_wait_s

    def wait_s(self, error: ApiError) -> float:
        """Return how long to wait before the request is sent again.

        Args:
            error: what the server answered.

        Returns:
            Seconds, as the server asked for.

        Raises:
            ApiError: the error, where sending again would not help, or was done often enough.
        """
        wait_s = error.retry_after_s
        if error.status not in _REFUSED or wait_s is None or wait_s > self._longest_wait_s or self._left <= 0:
            raise error
        self._left -= 1
        return wait_s


def _parsed(body: bytes) -> dict[str, str]:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return _texts(said) if isinstance(said, dict) else {}


def _texts(said: Mapping[str, object]) -> dict[str, str]:
    return {name: text for name, text in said.items() if isinstance(text, str)}


def _reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "The server refused"
