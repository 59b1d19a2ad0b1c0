"""What the clients are made of, without a server."""

from __future__ import annotations

import asyncio
import inspect
import subprocess
import sys
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import ser.client
from ser.client import AsyncClient, AsyncLiveStream, Client, LiveStream
from ser.client import live as live_module
from ser.client.asynchronous import _chunks
from ser.client.live import Cutter
from ser.client.options import PredictOptions, config_of, form_of

HEAVY = ("numpy", "onnxruntime", "flask", "av", "gunicorn", "soxr", "keras")


def run(program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)


def test_nothing_of_the_server_is_imported() -> None:
    done = run(
        "import sys, ser.client\n"
        f"print('loaded:', *[name for name in {HEAVY} if name in sys.modules])\n"
        "print('ours:', *[name for name in sys.modules if name.startswith('ser.')"
        " and not name.startswith('ser.client')])"
    )
    assert done.stdout.split() == ["loaded:", "ours:"], done.stderr


def test_without_httpx_it_says_what_to_install() -> None:
    done = run("import sys; sys.modules['httpx'] = None; import ser.client")
    assert "pip install httpx" in done.stderr.splitlines()[-1]
    assert "extra 'client'" in done.stderr.splitlines()[-1]


def test_its_names_are_listed() -> None:
    assert [name for name in ser.client.__all__ if not hasattr(ser.client, name)] == []
    assert sorted(ser.client.__all__) == ser.client.__all__


@pytest.mark.parametrize(("one", "other"), [(Client, AsyncClient), (LiveStream, AsyncLiveStream)])
def test_both_kinds_have_the_same_methods(one: type, other: type) -> None:
    def methods(kind: type) -> dict[str, list[str]]:
        found = inspect.getmembers(kind, inspect.isfunction)
        return {name: list(inspect.signature(each).parameters) for name, each in found if name[0] != "_"}

    theirs = methods(other)
    # `LiveStream` does that when it is made.
    theirs.pop("begin", None)
    assert methods(one) == theirs


def test_every_public_name_is_described() -> None:
    for kind in (Client, AsyncClient, LiveStream, AsyncLiveStream):
        for name, method in inspect.getmembers(kind, inspect.isfunction):
            if name.startswith("_") or name == "close":
                continue
            text = inspect.getdoc(method) or ""
            assert "Raises:" in text, name
            arguments = [each for each in inspect.signature(method).parameters if each != "self"]
            assert all(f"    {argument}: " in text for argument in arguments), name


@pytest.mark.parametrize("length", [0, 1, 2, 3199, 3200, 3201, 10_000])
@pytest.mark.parametrize("step", [1, 7, 3200, 5000])
def test_pieces_are_of_one_length_and_lose_nothing(length: int, step: int) -> None:
    sound = bytes(each % 251 for each in range(length))
    cutter = Cutter({})
    pieces = [piece for i in range(0, length, step) for piece in cutter.feed(sound[i : i + step])]
    assert {len(piece) for piece in pieces} <= {3200}
    assert b"".join([*pieces, cutter.rest()]) == sound[: length - length % 2]
    assert len(cutter.rest()) < 3200


@pytest.mark.parametrize(
    ("options", "length"),
    [
        ({"sample_rate_hz": 48_000, "encoding": "f32le"}, 19_200),
        ({"sample_rate_hz": 11_025}, 2206),
        # The server says what is wrong with these.
        ({"sample_rate_hz": "x"}, 3200),
        ({"sample_rate_hz": 0}, 3200),
        ({"encoding": "mp3"}, 3200),
    ],
)
def test_pieces_last_a_tenth_of_a_second(options: dict[str, Any], length: int) -> None:
    assert {len(piece) for piece in Cutter(options).feed(bytes(3 * length))} == {length}


def test_a_recording_is_sent_no_faster_than_it_is_spoken(monkeypatch: pytest.MonkeyPatch) -> None:
    now_s = [50.0]
    monkeypatch.setattr(live_module.time, "monotonic", lambda: now_s[0])
    cutter, sent_s = Cutter({}), 0.0
    for piece in cutter.feed(bytes(32_000 * 3)):
        sent_s += 0.1
        now_s[0] += cutter.wait_s(piece)
        assert sent_s - (now_s[0] - 50) <= 0.5 + 1e-9
    assert now_s[0] - 50 == pytest.approx(2.5)
    # A microphone was held up: what it recorded meanwhile is sent at once.
    now_s[0] += 9
    assert [cutter.wait_s(piece) for piece in cutter.feed(bytes(32_000 * 9))] == [0.0] * 90


def test_options_are_sent_as_the_api_reads_them() -> None:
    options = {"model": None, "baseline": "t", "prior": {"Sad": 2, "Happy": 0.5}, "adapt": True}
    assert form_of(PredictOptions, options | {"voice_gender": False}) == {
        "baseline": "t",
        "prior": "Sad=2,Happy=0.5",
        "adapt": "true",
    }
    assert form_of(PredictOptions, {"prior": {}}) == {}
    config = config_of({"adapt": False, "hop_s": 0.5, "prior": {"Sad": 2}, "model": None})
    assert config == '{"type": "config", "adapt": false, "hop_s": 0.5, "prior": "Sad=2"}'
    with pytest.raises(TypeError, match="'modle'"):
        config_of({"modle": "m"})


def test_sound_can_come_asynchronously() -> None:
    async def microphone() -> AsyncIterator[bytes]:
        for _ in range(3):
            await asyncio.sleep(0)
            yield b"ab"

    async def collect(sound: Any) -> list[bytes]:
        return [chunk async for chunk in _chunks(sound)]

    # In another thread: a browser's loop may run in this one.
    with ThreadPoolExecutor(1) as thread:
        for sound, chunks in ((microphone(), [b"ab"] * 3), ([b"a", b"b"], [b"a", b"b"]), (b"ab", [b"ab"])):
            assert thread.submit(asyncio.run, collect(sound)).result() == chunks
