"""What can go wrong, and how each fault is told to a client.

    SerError
    ├── ConfigError
    ├── RequestError
    │   ├── NoFile
    │   ├── FileTooLarge
    │   ├── InvalidRequest
    │   ├── RequestTimeout
    │   ├── ClientGone
    │   ├── UpgradeRequired
    │   └── ForeignOrigin
    ├── StreamError
    │   ├── BadConfig
    │   ├── BadFrame
    │   ├── TooFast
    │   └── IdleTimeout
    ├── BadBaseline
    ├── Busy
    ├── AudioError
    │   ├── UnsupportedFormat
    │   ├── DecodeError
    │   ├── TooShort
    │   ├── TooLong
    │   ├── NoSpeech
    │   └── BaselineTooShort
    ├── ModelError
    │   ├── ModelNotFound
    │   ├── ModelCorrupt
    │   └── ModelUnavailable
    └── CorpusError

An exception's own message is the detail: what came, what was expected and what to do. The sentence
and the code that clients rely on stand in `CATALOGUE`.
"""

from __future__ import annotations

from typing import NamedTuple


class SerError(Exception):
    """Base of every error this package raises on purpose."""


class ConfigError(SerError):
    """A setting is missing, unknown or out of range."""


class RequestError(SerError):
    """The request itself is not what the API takes."""


class NoFile(RequestError):
    """No audio came with the request."""


class FileTooLarge(RequestError):
    """More bytes than the server takes."""


class InvalidRequest(RequestError):
    """A field of the request is malformed."""


class RequestTimeout(RequestError):
    """The request did not arrive in time."""


class ClientGone(RequestError):
    """Nobody waits for the answer any more."""


class UpgradeRequired(RequestError):
    """A WebSocket is spoken here, and the request asks for none."""


class ForeignOrigin(RequestError):
    """A page from elsewhere may not open a WebSocket."""


class StreamError(SerError):
    """A live stream cannot begin, or cannot go on."""


class BadConfig(StreamError):
    """The first message is no configuration, or one is out of place."""


class BadFrame(StreamError):
    """A message is no sound; it is left out, and the stream goes on."""


class TooFast(StreamError):
    """Sound comes much faster than anybody speaks."""


class IdleTimeout(StreamError):
    """No sound has come for a while."""


class BadBaseline(SerError):
    """What was given as a baseline is none, or none of use with this model."""


class Busy(SerError):
    """The server has as much to do as it takes."""


class AudioError(SerError):
    """The audio cannot be turned into a prediction."""


class UnsupportedFormat(AudioError):
    """The bytes are none of the containers we read."""


class DecodeError(AudioError):
    """The container is known, but no sound could be taken out of it."""


class TooShort(AudioError):
    """Too little sound is left once silence is trimmed."""


class TooLong(AudioError):
    """More sound than a single prediction covers."""


class NoSpeech(AudioError):
    """Nobody speaks in it."""


class BaselineTooShort(AudioError):
    """Too little speech to tell how a voice ordinarily sounds."""


class ModelError(SerError):
    """A model directory cannot be used."""


class ModelNotFound(ModelError):
    """There is no model of that name."""


class ModelCorrupt(ModelError):
    """A model's files are not the ones its manifest describes."""


class ModelUnavailable(ModelError):
    """The server has no model loaded."""


class CorpusError(SerError):
    """A corpus on disk is not what its loader expects."""


class Entry(NamedTuple):
    """How one kind of error is told to a client."""

    status: int
    code: str
    sentence: str


INTERNAL = Entry(500, "internal_error", "Internal server error")

CATALOGUE: dict[type[SerError], Entry] = {
    NoFile: Entry(400, "no_file", "No audio file provided"),
    InvalidRequest: Entry(400, "invalid_request", "Invalid request"),
    UnsupportedFormat: Entry(400, "unsupported_format", "Unsupported audio format"),
    RequestTimeout: Entry(408, "request_timeout", "Request timed out"),
    ClientGone: Entry(499, "client_gone", "Client went away"),
    FileTooLarge: Entry(413, "too_large", "Audio file too large"),
    TooLong: Entry(413, "too_long", "Audio too long"),
    TooShort: Entry(422, "too_short", "Audio too short"),
    DecodeError: Entry(422, "decode_failed", "Audio could not be decoded"),
    NoSpeech: Entry(422, "no_speech", "No speech detected"),
    BaselineTooShort: Entry(422, "baseline_too_short", "Too little speech for a baseline"),
    BadConfig: Entry(400, "bad_config", "Stream configuration not usable"),
    BadFrame: Entry(400, "bad_frame", "Audio frame not usable"),
    ForeignOrigin: Entry(403, "foreign_origin", "Origin not allowed"),
    IdleTimeout: Entry(408, "idle_timeout", "Stream idle"),
    UpgradeRequired: Entry(426, "upgrade_required", "WebSocket expected"),
    TooFast: Entry(429, "too_fast", "Audio sent too fast"),
    BadBaseline: Entry(422, "bad_baseline", "Baseline not usable"),
    ModelNotFound: Entry(404, "unknown_model", "Unknown model"),
    Busy: Entry(503, "busy", "Server is busy"),
    ModelError: Entry(503, "model_unavailable", "Model not available"),
}


def describe(error: BaseException) -> Entry:
    """Return the catalogue's entry for `error`: its own, or its nearest ancestor's."""
    for kind in type(error).__mro__:
        if kind in CATALOGUE:
            return CATALOGUE[kind]
    return INTERNAL


def as_body(error: BaseException) -> dict[str, str]:
    """Return the JSON body that tells a client of `error`; nothing of an unforeseen one leaks."""
    entry = describe(error)
    body = {"error": entry.sentence, "code": entry.code}
    if entry is not INTERNAL and str(error):
        body["detail"] = str(error)
    return body


def unreadable(error: OSError) -> dict[str, str]:
    """Return the body that tells of a file that could not be read."""
    return {
        "error": "File could not be read",
        "code": "unreadable",
        "detail": error.strerror or str(error),
    }
