"""A short campaign, and the parts of one: the same damage each time, what a fault is, what is stored."""

from __future__ import annotations

import json
import os
from pathlib import Path
from random import Random

import pytest
from tests.fuzz import campaign, contract
from tests.fuzz.campaign import MAKERS, SHARES, smallest, target_of
from tests.fuzz.mutations import MUTATIONS, mutated
from tests.fuzz.seeds import seeds
from tests.fuzz.targets import Decoding, crashes
from tests.fuzz.wire import frame, is_whole, request


def test_a_number_is_the_same_damage_each_time() -> None:
    made, again = seeds(), seeds()
    assert made == again
    for number in range(30):
        (name, rng), (same, other) = target_of(7, number), target_of(7, number)
        assert name == same
        assert MAKERS[name](made, rng) == MAKERS[name](again, other)
    assert {target_of(7, number)[0] for number in range(200)} == set(SHARES)


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.__name__)
@pytest.mark.parametrize("content", [b"", b"x", bytes(range(256)) * 20])
def test_damage_of_each_kind_is_of_any_content(mutation: object, content: bytes) -> None:
    found = {bytes(mutation(bytearray(content), [b"", b"other"], Random(seed))) for seed in range(30)}  # type: ignore[operator]
    assert len(found) > 1 or len(content) < 2


def test_damage_is_bounded() -> None:
    rng = Random(1)
    content = bytes(100_000)
    for _ in range(50):
        content = mutated(content + bytes(1000), [content], rng)
        assert len(content) <= 200_000


def test_a_find_gets_smaller_and_stays_one() -> None:
    content = os.urandom(3000) + b"fault" + os.urandom(3000)
    assert len(smallest(content, lambda less: b"fault" in less)) < 100
    assert smallest(b"whole", lambda less: less == b"nothing") == b"whole"


@pytest.mark.parametrize(
    ("status", "kind", "body"),
    [
        (500, "application/json", b'{"error":"Internal server error","code":"internal_error"}'),
        (400, "text/html", b"<html>"),
        (400, "application/json", b"no"),
        (400, "application/json", b'{"error":"x"}'),
        (422, "application/json", b'{"error":"x","code":"invalid_request"}'),
        (400, "application/json", b'{"error":"x","code":"invalid_request","trace":"x"}'),
        (200, "application/x-ndjson", b'{"type":"window"}\n'),
        (200, "application/x-ndjson", b'{"type":"error","code":"internal_error"}\n'),
        (200, "application/x-ndjson", b"{"),
    ],
)
def test_what_is_no_answer_of_the_contract_is_a_fault(status: int, kind: str, body: bytes) -> None:
    assert contract.fault_of_answer(status, kind, body)
    assert contract.fault_of_bytes(
        f"HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
    )


def test_answers_of_the_contract_are_none() -> None:
    body = b'{"error":"Invalid request","code":"invalid_request","detail":"x"}'
    answer = (
        f"HTTP/1.1 400 X\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    )
    assert contract.fault_of_bytes((answer + body) * 2) is None
    assert contract.fault_of_bytes(b"") is None
    assert contract.fault_of_bytes(b"nonsense\r\n\r\n")


def unmasked(opcode: int, content: bytes) -> bytes:
    return bytes([0x80 | opcode, len(content)]) + content


def test_streams_are_held_against_the_document() -> None:
    good = unmasked(1, json.dumps({"type": "speech_started", "start_ms": 5}).encode())
    assert contract.fault_of_stream(good + unmasked(8, b"\x03\xe8")) is None
    assert contract.fault_of_stream(good[:-3]) is None
    assert contract.fault_of_stream(unmasked(8, b"\x03\xf3")) == "closed with 1011"
    for bad in (b"{}", b"no", b'{"type":"speech_started"}', b'{"type":"new"}', b"[]"):
        assert contract.fault_of_stream(unmasked(1, bad))


def test_only_a_whole_request_must_be_answered() -> None:
    whole = request("/analyze", "application/json", b"12345")
    assert is_whole(whole)
    assert not is_whole(whole[:-1])
    assert not is_whole(b"\0" + whole)
    assert frame(1, bytes(70_000))[:2] == b"\x81\xff"


@pytest.mark.slow
def test_what_ends_the_process_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.fuzz import targets

    monkeypatch.setattr(targets, "_decoded", lambda *_: os._exit(3))
    assert crashes(b"x")


@pytest.mark.slow
def test_whole_files_are_no_fault() -> None:
    decoding = Decoding()
    faults = {name: fault for name, content in seeds().items() if (fault := decoding.fault(content))}
    decoding.close()
    assert faults == {}


@pytest.mark.slow
def test_a_short_campaign_finds_nothing(tmp_path: Path) -> None:
    tally = campaign.run(seed=2, first=0, count=40, processes=1, finds=tmp_path / "finds")
    assert tally.faults == {}
    assert tally.tried.total() == 40
    assert not (tmp_path / "finds").exists()
