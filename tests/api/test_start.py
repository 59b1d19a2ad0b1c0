"""What a server says of an address that it cannot listen on."""

from __future__ import annotations

import os
import socket

import pytest
from click.testing import CliRunner

from ser.cli.main import main
from ser.config import Settings
from ser.server.application import Server


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]"])
def test_a_port_in_use_is_told_before_anything_is_begun(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # Where gunicorn is asked, it tries for five seconds.
    monkeypatch.setattr("ser.server.arbiter.Arbiter.run", lambda _: pytest.fail("the port was not looked at"))
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        line = socket.create_server((host.strip("[]"), 0), family=family)
    except OSError:
        pytest.skip("no IPv6 here")
    with line:
        port = line.getsockname()[1]
        result = CliRunner().invoke(main, ["serve", "--host", host, "--port", str(port)])
    assert result.exit_code == 1
    assert result.output == (
        f"Error: The server cannot listen on {host}:{port}: Address already in use. Give another --host or "
        "--port (SER_HOST, SER_PORT).\n"
    )


def test_an_address_of_another_machine_is_told_in_the_same_way() -> None:
    result = CliRunner().invoke(main, ["serve", "--host", "192.0.2.1", "--port", "0"])
    assert result.exit_code == 1
    assert "192.0.2.1:0: Cannot assign requested address" in result.output


def test_a_port_that_somebody_hands_over_is_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    began: list[int] = []
    monkeypatch.setenv("LISTEN_FDS", "1")
    monkeypatch.setattr("ser.server.arbiter.Arbiter.run", lambda _: began.append(os.getpid()))
    for change in ("share_with_forks", "dump_no_core", "bound_free_memory"):
        monkeypatch.setattr(f"ser.memory.{change}", lambda: None)
    monkeypatch.setattr("signal.signal", lambda *_: None)
    with socket.create_server(("127.0.0.1", 0)) as line:
        Server(Settings(port=line.getsockname()[1], metrics=False)).run()
    assert began
