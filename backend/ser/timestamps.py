"""How the API tells the time."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> str:
    """Return the time as published: ISO 8601 with microseconds, without a zone; it is UTC."""
    return datetime.now(UTC).replace(tzinfo=None).isoformat(timespec="microseconds")
