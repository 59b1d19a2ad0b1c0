"""What can go wrong: each error with its code for programs and its sentence for people.

    SerError
    ├── ConfigError
    ├── RequestError
    │   ├── NoFile
    │   ├── FileTooLarge
    │   ├── RequestTooLarge
    │   ├── InvalidRequest
    │   ├── RequestTimeout
    │   ├── ClientGone
    │   ├── UpgradeRequired
    │   └── AccessRefused
    │       ├── ForeignOrigin
    │       ├── NoKey
    │       ├── WrongKey
    │       └── TooManyRequests
    ├── StreamError
    │   ├── BadConfig
    │   ├── BadFrame
    │   ├── TooFast
    │   └── IdleTimeout
    ├── BadBaseline
    ├── BadPrior
    ├── Busy
    ├── AudioError
    │   ├── UnsupportedFormat
    │   ├── DecodeError
    │   ├── NotStereo
    │   ├── TooShort
    │   ├── TooLong
    │   ├── NoSpeech
    │   └── BaselineTooShort
    ├── ModelError
    │   ├── ModelNotFound
    │   ├── ModelCorrupt
    │   ├── ModelUnavailable
    │   └── WrongTask
    ├── NoComparison
    └── CorpusError

An exception's own message is the detail: what came, what was expected and what to do. Clients rely on
the codes and the sentences. Which HTTP status an error has stands in `ser.api.errors`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

_LISTED = 10


class SerError(Exception):
    """Base of every error that this package raises on purpose.

    Attributes:
        code: a word for programs.
        sentence: a sentence for people.
    """

    code: ClassVar[str] = "internal_error"
    sentence: ClassVar[str] = "Internal server error"


class ConfigError(SerError):
    """A setting is missing, unknown or out of range."""


class RequestError(SerError):
    """The request itself is not what the API takes."""


class NoFile(RequestError):
    """No audio came with the request."""

    code = "no_file"
    sentence = "No audio file provided"


class FileTooLarge(RequestError):
    """The file has more bytes than the server takes."""

    code = "too_large"
    sentence = "Audio file too large"


class RequestTooLarge(RequestError):
    """A body without a file has more bytes than the server takes."""

    code = "request_too_large"
    sentence = "Request too large"


class InvalidRequest(RequestError):
    """A field of the request is malformed."""

    code = "invalid_request"
    sentence = "Invalid request"


class RequestTimeout(RequestError):
    """The request did not arrive in time."""

    code = "request_timeout"
    sentence = "Request timed out"


class ClientGone(RequestError):
    """The client closed the connection before the answer."""

    code = "client_gone"
    sentence = "Client went away"


class UpgradeRequired(RequestError):
    """The address takes WebSockets only."""

    code = "upgrade_required"
    sentence = "WebSocket expected"


class AccessRefused(RequestError):
    """The client may not send the request, or not now."""


class ForeignOrigin(AccessRefused):
    """A page of another origin sent the request."""

    code = "foreign_origin"
    sentence = "Origin not allowed"


class NoKey(AccessRefused):
    """The server asks for a key, and none came."""

    code = "no_key"
    sentence = "Key required"


class WrongKey(AccessRefused):
    """The key is none of the server's."""

    code = "wrong_key"
    sentence = "Key not accepted"


class TooManyRequests(AccessRefused):
    """The client has used up what it may ask for.

    Args:
        detail: what the limit is.
        retry_after_s: when it may ask again.
    """

    code = "too_many_requests"
    sentence = "Too many requests"

    def __init__(self, detail: str = "", *, retry_after_s: int = 1) -> None:
        super().__init__(detail)
        self.retry_after_s = retry_after_s


class StreamError(SerError):
    """A live stream cannot begin, or cannot go on."""


class BadConfig(StreamError):
    """The first message is not a valid configuration, or a configuration came later."""

    code = "bad_config"
    sentence = "Stream configuration not usable"


class BadFrame(StreamError):
    """A message is not usable as sound. It is skipped, and the stream goes on."""

    code = "bad_frame"
    sentence = "Audio frame not usable"


class TooFast(StreamError):
    """Sound arrives much faster than it is spoken."""

    code = "too_fast"
    sentence = "Audio sent too fast"


class IdleTimeout(StreamError):
    """No sound came for some time."""

    code = "idle_timeout"
    sentence = "Stream idle"


class BadBaseline(SerError):
    """The baseline is damaged, or does not fit the model."""

    code = "bad_baseline"
    sentence = "Baseline not usable"


class BadPrior(SerError):
    """The prior is malformed, or names an emotion that the model does not know."""

    code = "bad_prior"
    sentence = "Prior not usable"


class Busy(SerError):
    """The server has as much work as it takes.

    Args:
        detail: what to do.
        what: it has enough of: `clips`, `recordings`, `streams`, or work for its `processors`.
    """

    code = "busy"
    sentence = "Server is busy"

    def __init__(self, detail: str = "", *, what: str = "clips") -> None:
        super().__init__(detail)
        self.what = what


class AudioError(SerError):
    """The audio cannot be turned into a prediction."""


class UnsupportedFormat(AudioError):
    """The bytes are none of the containers that we read."""

    code = "unsupported_format"
    sentence = "Unsupported audio format"


class DecodeError(AudioError):
    """The container is known, but no sound could be decoded from it."""

    code = "decode_failed"
    sentence = "Audio could not be decoded"


class NotStereo(AudioError):
    """The recording has not two channels, so they cannot be told apart."""

    code = "not_stereo"
    sentence = "Recording is not stereo"


class TooShort(AudioError):
    """Too little sound is left once silence is trimmed."""

    code = "too_short"
    sentence = "Audio too short"


class TooLong(AudioError):
    """There is more sound than one request may have."""

    code = "too_long"
    sentence = "Audio too long"


class NoSpeech(AudioError):
    """The audio holds no speech."""

    code = "no_speech"
    sentence = "No speech detected"


class BaselineTooShort(AudioError):
    """There is too little speech for a baseline."""

    code = "baseline_too_short"
    sentence = "Too little speech for a baseline"


class ModelError(SerError):
    """A model directory cannot be used."""

    code = "model_unavailable"
    sentence = "Model not available"


class ModelNotFound(ModelError):
    """There is no model of this name."""

    code = "unknown_model"
    sentence = "Unknown model"


class ModelCorrupt(ModelError):
    """A model's files are not the ones its manifest describes.

    Args:
        faults: what is wrong, a sentence each.
    """

    def __init__(self, *faults: str) -> None:
        super().__init__(" ".join(faults))
        self.faults = faults


class ModelUnavailable(ModelError):
    """There is no such model, or the server could not load it."""


class WrongTask(ModelError):
    """The model answers another question than which emotion it is."""

    code = "wrong_task"
    sentence = "Model predicts no emotion"


class NoComparison(SerError):
    """There is no comparison of systems to show."""

    code = "no_comparison"
    sentence = "No comparison available"


class CorpusError(SerError):
    """A corpus on disk is not what its loader expects."""


def as_body(error: BaseException) -> dict[str, str]:
    """Return the answer to a client for an error; for an unforeseen one, only that it happened."""
    known = error if isinstance(error, SerError) else SerError()
    body = {"error": known.sentence, "code": known.code}
    if known.code != SerError.code and str(error):
        body["detail"] = str(error)
    return body


def unreadable(error: OSError) -> dict[str, str]:
    """Return the message to a user for a file that could not be read."""
    return {
        "error": "File could not be read",
        "code": "unreadable",
        "detail": error.strerror or str(error),
    }


def listed(lines: Sequence[str]) -> str:
    """Return lines for a message, one below the other; beyond ten, how many more there are."""
    more = [f"... and {len(lines) - _LISTED} more"] if len(lines) > _LISTED else []
    return "".join(f"\n  {line}" for line in [*lines[:_LISTED], *more])
