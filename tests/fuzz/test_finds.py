"""What campaigns found, and what was mended since: each file does no harm any more."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.fuzz.targets import Decoding, Requests, Streams, Target, crashes

from clips import DATA
from server import Server

FINDS = sorted((DATA / "finds").glob("*.bin"))


@pytest.fixture(scope="module")
def targets(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Target]]:
    """Everything that takes damaged bytes."""
    decoding = Decoding()
    server = Server(tmp_path_factory.mktemp("server") / "log", SER_READ_TIMEOUT_S="1", SER_STREAM_IDLE_S="1")
    yield {"decoding": decoding, "requests": Requests(server.port), "streams": Streams(server.port)}
    decoding.close()
    assert server.stop() == 0


@pytest.mark.slow
@pytest.mark.parametrize("path", FINDS, ids=lambda path: path.stem)
def test_a_find_does_no_harm(path: Path, targets: dict[str, Target]) -> None:
    content = path.read_bytes()
    name = path.stem.partition("-")[0]
    # First in another process: it may end the one that it is decoded in.
    assert name != "decoding" or not crashes(content)
    assert targets[name].fault(content) is None


def test_finds_are_small() -> None:
    assert FINDS
    assert all(path.stat().st_size < 100_000 for path in FINDS)
