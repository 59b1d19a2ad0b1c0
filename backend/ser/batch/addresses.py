"""Addresses of recordings: which are remote, and how they are shown without what is secret in them."""

from __future__ import annotations

import hashlib
import os
import re

REMOTE = ("s3", "gs", "http", "https")
_PROTOCOL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_USER = re.compile(r"(://)[^/@\s]*@")
_QUERY = re.compile(r"(https?://[^\s?#'\")>]*)[?#][^\s'\")>]*")


def protocol_of(address: str) -> str | None:
    """Return the protocol of an address in small letters; None of a path."""
    found = _PROTOCOL.match(address)
    return found[1].lower() if found else None


def shown(address: str) -> str:
    r"""Return an address as it may be printed and written.

    User names and passwords are left out, and so are queries, which may be signatures. Bytes of a path that
    are no UTF-8 are escaped, as `\xff`.
    """
    if protocol_of(address) is None:
        return os.fsencode(address).decode("utf-8", "backslashreplace")
    return without_secrets(address)


def without_secrets(text: str) -> str:
    """Return a text without the user names, passwords and queries of the addresses in it."""
    return _QUERY.sub(r"\1", _USER.sub(r"\1", text)).encode("utf-8", "backslashreplace").decode()


def id_of(address: str) -> str:
    """Return the id of a recording that nobody gave one: its address, and what tells queries apart."""
    visible = shown(address)
    if protocol_of(address) is None or visible == address:
        return visible
    return f"{visible}#{hashlib.sha256(address.encode('utf-8', 'surrogateescape')).hexdigest()[:12]}"
