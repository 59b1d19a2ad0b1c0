"""Addresses of recordings: which are remote, and how they are shown without what is secret in them."""

from __future__ import annotations

import hashlib
import os
import re

REMOTE = ("s3", "gs", "http", "https")
_PROTOCOL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_QUERY_BEGINS = re.compile(r"[?#]")
# Of messages: an address ends with the next space, without the quotes and points before that.
_USER = re.compile(r"(://)[^/\s]*@")
_QUERY = re.compile(r"(https?://[^\s?#]*)[?#]\S*?(?=['\")>\],.;:]*(?:\s|$))", re.IGNORECASE)


def protocol_of(address: str) -> str | None:
    """Return the protocol of an address in small letters; None of a path."""
    found = _PROTOCOL.match(address)
    return found[1].lower() if found else None


def shown(address: str) -> str:
    r"""Return an address as it may be printed and written.

    User names and passwords are left out, and so are queries, which may be signatures. Bytes of a path that
    are no UTF-8 are escaped, as `\xff`.
    """
    protocol = protocol_of(address)
    if protocol is None:
        return os.fsencode(address).decode("utf-8", "backslashreplace")
    written, _, rest = address.partition("://")
    if protocol in ("http", "https"):
        rest = _QUERY_BEGINS.split(rest, maxsplit=1)[0]
    place, slash, path = rest.partition("/")
    visible = f"{written}://{place.rpartition('@')[2]}{slash}{path}"
    return visible.encode("utf-8", "backslashreplace").decode()


def without_secrets(text: str, address: str | None = None) -> str:
    """Return a text without the user names, passwords and queries of the addresses in it.

    Args:
        text: a message, of whatever library.
        address: one that it may hold, known from its beginning to its end, whatever characters it has.
    """
    if address and protocol_of(address) is not None:
        text = text.replace(address, shown(address))
    return _USER.sub(r"\1", _QUERY.sub(r"\1", text)).encode("utf-8", "backslashreplace").decode()


def id_of(address: str) -> str:
    """Return an id for an address or a part of it: what is shown of it, and a hash where that is not all.

    The hash tells queries apart, and names whose bytes are shown alike.
    """
    visible = shown(address)
    if visible == address:
        return visible
    return f"{visible}#{hashlib.sha256(address.encode('utf-8', 'surrogateescape')).hexdigest()[:12]}"
