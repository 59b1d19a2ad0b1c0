"""Whether an answer is one of the contract: faults are returned as sentences."""

from __future__ import annotations

import io
import json
from http.client import HTTPException, HTTPResponse
from typing import Any

from jsonschema import ValidationError

import live
from ser.api.errors import HTTP_STATUS

# Of streams that end as the document says; without one, the connection was cut.
CLOSE_CODES = frozenset({1000, 1001, 1002, 1003, 1007, 1008, 1009, 1013})
_UNSENT = frozenset({"client_gone", "internal_error"})


def fault_of_answer(status: int, content_type: str, body: bytes) -> str | None:
    """Return what is wrong with an answer to a request; None if nothing is."""
    if status < 400:
        return _fault_of_lines(body) if "ndjson" in content_type else None
    if content_type != "application/json":
        return f"{status} as {content_type}"
    return fault_of_error(body, status)


def fault_of_error(body: bytes, status: int) -> str | None:
    """Return what is wrong with an error; None if nothing is."""
    try:
        said = json.loads(body)
    except ValueError:
        return f"{status} that is no JSON"
    if not isinstance(said, dict) or not {"error", "code"} <= set(said) <= {"error", "code", "detail"}:
        return f"{status} that is no error of the contract"
    if said["code"] in _UNSENT or HTTP_STATUS.get(said["code"]) != status:
        return f"{status} {said['code']}"
    return None


def _fault_of_lines(body: bytes) -> str | None:
    try:
        lines: list[dict[str, Any]] = [json.loads(line) for line in body.splitlines()]
    except ValueError:
        return "lines that are no JSON"
    if not lines or lines[-1].get("type") not in ("result", "error"):
        return "lines without an end"
    last = lines[-1]
    if last["type"] == "error" and (last.get("code") in _UNSENT or last.get("code") not in HTTP_STATUS):
        return f"a last line of {last.get('code')}"
    return None


class _Received:
    """What http.client takes for a socket: bytes that have arrived, one answer after the other."""

    def __init__(self, content: bytes) -> None:
        self.file = io.BytesIO(content)

    def makefile(self, *_: object) -> io.BytesIO:
        # `HTTPResponse` closes what it is given.
        return _Unclosed(self.file)


class _Unclosed(io.BytesIO):
    def __init__(self, file: io.BytesIO) -> None:
        super().__init__()
        self.read = file.read  # type: ignore[method-assign]
        self.readline = file.readline  # type: ignore[method-assign]
        self.readinto = file.readinto  # type: ignore[method-assign]


def fault_of_bytes(received: bytes) -> str | None:
    """Return what is wrong with the answers that came over a connection."""
    whole = _Received(received)
    while whole.file.tell() < len(received):
        response = HTTPResponse(whole)  # type: ignore[arg-type]
        try:
            response.begin()
            body = response.read()
        except (HTTPException, ValueError) as error:
            return f"no HTTP: {type(error).__name__}"
        if response.status == 101:
            return fault_of_stream(whole.file.read())
        content_type = response.headers.get("Content-Type", "")
        if fault := fault_of_answer(response.status, content_type, body):
            return fault
    return None


def fault_of_stream(received: bytes) -> str | None:
    """Return what is wrong with what a server sent over a WebSocket."""
    at = 0
    while at + 2 <= len(received):
        kind, size = received[at] & 15, received[at + 1]
        at += 2
        if size >= 126:
            more = 2 if size == 126 else 8
            size = int.from_bytes(received[at : at + more])
            at += more
        content = received[at : at + size]
        at += size
        if at > len(received):
            # It was cut off while it was sent.
            return None
        if kind == 8:
            code = int.from_bytes(content[:2]) if content else 1000
            return None if code in CLOSE_CODES else f"closed with {code}"
        if kind == 1 and (fault := fault_of_message(content)):
            return fault
    return None


def fault_of_message(content: bytes | str) -> str | None:
    """Return what is wrong with a message of a live stream."""
    try:
        message = json.loads(content)
        live.check(message)
    except (ValueError, KeyError, TypeError, ValidationError) as error:
        return f"a message that the document does not have: {type(error).__name__}"
    return "internal_error" if message.get("code") == "internal_error" else None
