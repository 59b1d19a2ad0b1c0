"""Who sends a request, as the server sees it."""

from __future__ import annotations

from ipaddress import ip_network

import pytest
from flask import Flask

from ser.api.access.clients import Client, client_address
from ser.api.access.keys import Key

PROXIES = [ip_network("10.0.0.0/8"), ip_network("fd00::/8"), ip_network("192.0.2.7")]


@pytest.mark.parametrize(
    ("peer", "passed_on", "address"),
    [
        ("203.0.113.5", None, "203.0.113.5"),
        # Not from a proxy: the client wrote it.
        ("203.0.113.5", "198.51.100.1", "203.0.113.5"),
        ("10.0.0.1", None, "10.0.0.1"),
        ("10.0.0.1", "203.0.113.5", "203.0.113.5"),
        ("192.0.2.7", "203.0.113.5", "203.0.113.5"),
        # What the client wrote stands before what the proxy added.
        ("10.0.0.1", "198.51.100.1, 203.0.113.5", "203.0.113.5"),
        ("10.0.0.1", "10.9.9.9, 203.0.113.5", "203.0.113.5"),
        # Two proxies, one after the other.
        ("10.0.0.1", "198.51.100.1, 203.0.113.5, 10.0.0.2", "203.0.113.5"),
        ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ("fd00::1", "2001:db8::5", "2001:db8::5"),
        # As some proxies write it.
        ("10.0.0.1", "203.0.113.5:4711", "203.0.113.5"),
        ("10.0.0.1", "[2001:db8::5]:4711", "2001:db8::5"),
        ("::ffff:10.0.0.1", "203.0.113.5", "203.0.113.5"),
        ("10.0.0.1", "::ffff:203.0.113.5", "203.0.113.5"),
        # Not to be read: then it is the proxy.
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "unknown", "10.0.0.1"),
        ("10.0.0.1", "203.0.113.5, \xe4\xff", "10.0.0.1"),
        ("10.0.0.1", "203.0.113.5, ", "10.0.0.1"),
        ("10.0.0.1", "," * 100_000, "10.0.0.1"),
        ("10.0.0.1", "1" * 100_000, "10.0.0.1"),
        # A socket file has no address.
        ("", "203.0.113.5", "unknown"),
        ("", None, "unknown"),
    ],
)
def test_a_client_cannot_choose_its_address(peer: str, passed_on: str | None, address: str) -> None:
    headers = {} if passed_on is None else {"X-Forwarded-For": passed_on}
    with Flask("x").test_request_context(headers=headers, environ_base={"REMOTE_ADDR": peer}) as context:
        assert client_address(context.request, PROXIES) == address


def test_without_proxies_nothing_is_believed() -> None:
    sent = {"X-Forwarded-For": "203.0.113.5", "X-Real-IP": "203.0.113.5", "Forwarded": "for=203.0.113.5"}
    with Flask("x").test_request_context(headers=sent, environ_base={"REMOTE_ADDR": "127.0.0.1"}) as context:
        assert client_address(context.request, []) == "127.0.0.1"


def test_who_has_a_whole_network_counts_once() -> None:
    one, other = Client("2001:db8::1"), Client("2001:db8::ffff:1")
    assert one.identity == other.identity
    assert one.identity != Client("2001:db8:0:1::1").identity
    assert Client("192.0.2.1").identity != Client("192.0.2.2").identity


def test_a_key_counts_from_anywhere_and_is_never_taken_for_an_address() -> None:
    one, like_an_address = (Key(name, "0" * 64, "2026-11-23") for name in ("a", "192.0.2.1"))
    assert Client("192.0.2.1", one).identity == Client("192.0.2.2", one).identity
    assert Client("192.0.2.1", like_an_address).identity != Client("192.0.2.1").identity
