"""Which pages may send requests: any page can post to a server on localhost, so that is not enough."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import SplitResult, urlsplit

from flask import Flask, Request, request
from flask_cors.core import probably_regex

from ser.api import context
from ser.errors import ForeignOrigin

_DEFAULT_PORTS = {"http": 80, "https": 443}
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def init_app(app: Flask) -> None:
    """Refuse what pages of other origins send to `app`. What they may read, CORS decides."""
    app.before_request(_check)


def require_known_origin(request: Request) -> None:
    """Refuse the request of a page of another origin; requests of other programs have no origin.

    Raises:
        ForeignOrigin: the page is neither the server's own nor one of SER_CORS_ORIGINS.
    """
    origin = request.headers.get("Origin")
    if origin is None or _is_own(origin, request) or _is_listed(origin, context.settings().cors_origins):
        return
    raise ForeignOrigin(
        f"Pages of {origin} may not send requests. SER_CORS_ORIGINS lists which may. A proxy in front must "
        "pass on the header Host."
    )


def require_no_other_page(request: Request) -> None:
    """Refuse what a page of another origin reads, also one of SER_CORS_ORIGINS.

    Raises:
        ForeignOrigin: a browser says that it is such a page.
    """
    origin = request.headers.get("Origin")
    # Browsers say it of every request to https and to localhost; other programs do not.
    site = request.headers.get("Sec-Fetch-Site", "none")
    if (origin is None or _is_own(origin, request)) and site in ("none", "same-origin"):
        return
    raise ForeignOrigin("Pages of other origins may not read this.")


def _check() -> None:
    if request.method not in _SAFE_METHODS:
        require_known_origin(request)


def _is_own(origin: str, request: Request) -> bool:
    # The browser sets this header, or a proxy the next. A foreign page cannot: the browser would ask first.
    if request.headers.get("Sec-Fetch-Site") == "same-origin":
        return True
    hosts = [request.headers.get("Host", ""), *request.headers.get("X-Forwarded-Host", "").split(",")]
    page = _split(origin)
    if page is None or page.scheme not in _DEFAULT_PORTS:
        return False
    return any(_is_at(page, host.strip()) for host in hosts if host.strip())


def _is_at(page: SplitResult, host: str) -> bool:
    server = _split(f"//{host}")
    if server is None or not server.hostname:
        return False
    port = _DEFAULT_PORTS[page.scheme]
    return (page.hostname, page.port or port) == (server.hostname, server.port or port)


def _split(address: str) -> SplitResult | None:
    try:
        parts = urlsplit(address)
        # Raises where it is no number.
        _ = parts.port
    except ValueError:
        return None
    return parts


def whole(listed: Iterable[str]) -> list[str | re.Pattern[str]]:
    """Return the origins of SER_CORS_ORIGINS for flask-cors, which would take an expression for a prefix."""
    return [
        re.compile(rf"(?:{each})\Z", re.IGNORECASE) if each != "*" and probably_regex(each) else each
        for each in listed
    ]


def _is_listed(origin: str, listed: Iterable[str]) -> bool:
    return any(_matches(origin.lower(), pattern) for pattern in listed)


def _matches(origin: str, pattern: str) -> bool:
    if pattern == "*" or pattern.lower() == origin:
        return True
    # As flask-cors, which takes regular expressions, too.
    return probably_regex(pattern) and re.fullmatch(pattern, origin, re.IGNORECASE) is not None
