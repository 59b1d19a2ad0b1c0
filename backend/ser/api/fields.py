"""The text fields of a request's form."""

from __future__ import annotations

from flask import Request

from ser.errors import InvalidRequest
from ser.features.mfcc import Definition
from ser.models.baseline import Baseline

_FLAGS = {"": False, "false": False, "true": True}


def baseline(request: Request, definition: Definition) -> Baseline | None:
    """Return the baseline whose token is in the field `baseline`, if there is one.

    Raises:
        InvalidRequest: the field holds a file.
        BadBaseline: the token cannot be used with features of the definition.
    """
    if "baseline" in request.files:
        raise baseline_as_file()
    token = request.form.get("baseline")
    return Baseline.from_token(token, definition) if token else None


def flag(request: Request, name: str) -> bool:
    """Return a field that is `true` or `false`, which is the default.

    Raises:
        InvalidRequest: it is something else.
    """
    value = request.form.get(name, "")
    if value not in _FLAGS:
        raise InvalidRequest(f"The field '{name}' is 'true' or 'false'.")
    return _FLAGS[value]


def baseline_as_file() -> InvalidRequest:
    """Return the error of a baseline that was sent as a file."""
    return InvalidRequest("Send 'baseline' as text, not as a file: with curl, -F 'baseline=<FILE'.")
