"""Who sends a request: by its key, or by its address, which a client cannot choose, also behind proxies."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from flask import Request

from ser.api.access.keys import Key

UNKNOWN = "unknown"
# What one subscriber has, as a rule: who may choose among so many addresses counts as one.
_IPV6_PREFIX = 64

Network = IPv4Network | IPv6Network


@dataclass(frozen=True)
class Client:
    """Who sends a request.

    Attributes:
        address: where it comes from.
        key: its key; None without one.
    """

    address: str
    key: Key | None = None

    @property
    def identity(self) -> str:
        """By what its requests are counted."""
        return f"address:{_subscriber(self.address)}" if self.key is None else f"key:{self.key.name}"


def client_address(request: Request, proxies: Collection[Network]) -> str:
    """Return the address of the client.

    Each proxy adds the address that it was reached from to the end of `X-Forwarded-For`. So the list is read
    from its end, and only as far as the addresses are those of proxies: what a client wrote is never reached.

    Args:
        request: of the client, or of a proxy for it.
        proxies: the networks of proxies that are believed.
    """
    address = _parsed(request.remote_addr or "")
    if address is None:
        return UNKNOWN
    passed_on = request.headers.get("X-Forwarded-For", "").split(",")
    while passed_on and _is_in(address, proxies):
        before = _parsed(passed_on.pop())
        if before is None:
            break
        address = before
    return str(address)


def _subscriber(address: str) -> str:
    """Return what counts as one client: an IPv4 address, or a network of IPv6."""
    found = _parsed(address)
    return str(ip_network((found, _IPV6_PREFIX), strict=False)) if isinstance(found, IPv6Address) else address


def _is_in(address: IPv4Address | IPv6Address, networks: Collection[Network]) -> bool:
    return any(address in network for network in networks)


def _parsed(text: str) -> IPv4Address | IPv6Address | None:
    """Return an address, also one with a port; None if it is none."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ip_address(text)
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found
