"""Live streams of a process that cannot keep up: which results are left out, and who has to go."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.utils import accept_key

from clips import CLIPS
from live import pcm
from ser.api.access.clients import Client
from ser.api.access.guard import Guard
from ser.api.access.shared import Shared
from ser.api.live import stream, streams
from ser.api.live.inbox import MAX_BYTES, Inbox, Message
from ser.api.live.lag import Lag
from ser.api.live.slots import Slots
from ser.api.live.streams import LiveStreams
from ser.audio.decode import decode
from ser.audio.waveform import SAMPLE_RATE_HZ
from ser.config import load_settings
from ser.models.pool import ModelPool
from waiting import DEADLINE_S


class ForcedLag(Lag):
    """What a process with too much to do would say; a test cannot make one without a bound on time."""

    refuses = sheds = False


Open = Callable[[], ClientConnection]


@pytest.fixture
def open_stream(monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    """Open a stream in this process, as `ser serve` does."""
    monkeypatch.setattr(streams, "Lag", ForcedLag)
    monkeypatch.setattr(ForcedLag, "sheds", False)
    monkeypatch.setattr(ForcedLag, "refuses", False)
    settings = load_settings()
    pool = ModelPool.load(settings.model_dir, default=settings.model, engine="onnx", max_loaded=1)
    served = LiveStreams(pool, settings, Slots(9), Guard(settings, Shared.of(settings)))
    with ExitStack() as stack:

        def open_() -> ClientConnection:
            ours, theirs = socket.socketpair()
            return stack.enter_context(_connecting(theirs, ours, served))

        yield open_
    served.close()


def _connecting(theirs: socket.socket, ours: socket.socket, served: LiveStreams) -> connect:
    """Return a client whose handshake is answered while it waits for that."""

    class Answering(socket.socket):
        def sendall(self, data: bytes, *flags: int) -> None:
            super().sendall(data, *flags)
            if ours.fileno() != -1 and data.startswith(b"GET"):
                request = ours.recv(64 * 1024).decode()
                key = next(line.split(": ")[1] for line in request.split("\r\n") if "-Key" in line)
                served.open(
                    ours,
                    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    f"Sec-WebSocket-Accept: {accept_key(key)}\r\n\r\n".encode(),
                    Client("127.0.0.1"),
                )

    answering = Answering(fileno=theirs.detach())
    return connect("ws://x/stream", sock=answering, open_timeout=DEADLINE_S, compression=None)


def ask(client: ClientConnection) -> dict[str, str]:
    client.send('{"type": "config"}')
    return json.loads(client.recv(DEADLINE_S))


def test_the_newest_streams_end_and_the_oldest_goes_on(
    open_stream: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    oldest, *others = [open_stream() for _ in range(3)]
    for client in (oldest, *others):
        assert ask(client)["type"] == "ready"
    monkeypatch.setattr(ForcedLag, "sheds", True)
    for client in others:
        assert json.loads(client.recv(DEADLINE_S))["code"] == "busy"
        with pytest.raises(ConnectionClosed) as closed:
            client.recv(DEADLINE_S)
        assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1013, "busy")
    for clip in CLIPS[:1]:
        sound = pcm(np.concatenate([decode(clip.path), np.zeros(SAMPLE_RATE_HZ, np.float32)]))
        for at in range(0, len(sound), 3200):
            oldest.send(sound[at : at + 3200])
    oldest.send('{"type": "end"}')
    assert [json.loads(text)["type"] for text in oldest][-1] == "speech_ended"


def test_no_stream_begins_while_a_process_is_behind(
    open_stream: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ForcedLag, "refuses", True)
    assert json.loads(open_stream().recv(DEADLINE_S))["code"] == "busy"
    monkeypatch.setattr(ForcedLag, "refuses", False)
    assert ask(open_stream())["type"] == "ready"


def test_sound_that_waited_too_long_gives_no_result(
    open_stream: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "_MAX_WAIT_S", -1.0)
    monkeypatch.setattr(stream, "_MAX_DELAY_S", -1.0)
    client = open_stream()
    assert ask(client)["type"] == "ready"
    monkeypatch.setattr(ForcedLag, "refuses", True)
    sound = pcm(decode(CLIPS[0].path))
    for at in range(0, len(sound), 3200):
        client.send(sound[at : at + 3200])
    client.send(b"odd")
    client.send('{"type": "end"}')
    assert [json.loads(text)["code"] for text in client] == ["bad_frame"]


def test_only_a_lag_that_lasts_counts() -> None:
    lag, now_s = Lag(), 100.0
    # Ten seconds that arrive at once, after a client was held up.
    lag.note(10.0, now_s)
    for second in range(1, 4):
        lag.check(now_s + second)
    assert not lag.refuses
    assert not lag.sheds


def test_a_process_that_falls_behind_refuses_and_then_ends_streams() -> None:
    lag, said = Lag(), []
    for tenth in range(1, 81):
        lag.note(0.0 if tenth <= 10 or tenth > 50 else 2.0, tenth / 10)
        if tenth % 10 == 0:
            lag.check(tenth / 10)
            said.append((lag.refuses, lag.sheds))
    calm, refusing, both = (False, False), (True, False), (True, True)
    assert said == [calm, calm, refusing, both, both, both, refusing, calm]


def test_the_inbox_holds_back_a_reader_that_is_too_far_ahead() -> None:
    async def play() -> list[str]:
        inbox, order = Inbox(), []
        half = Message(bytes(MAX_BYTES // 2 + 1), 0.0)

        async def read() -> None:
            for _ in range(3):
                await inbox.put(half)
                order.append("put")
            inbox.close()

        reading = asyncio.create_task(read())
        while await inbox.wait():
            await asyncio.sleep(0)
            order.append(f"take {len(await asyncio.to_thread(inbox.take))}")
            inbox.taken()
        await reading
        return order

    # In a thread of its own: a browser of other tests may have left a loop in this one.
    with ThreadPoolExecutor(1) as pool:
        order = pool.submit(lambda: asyncio.run(asyncio.wait_for(play(), DEADLINE_S))).result()
    assert [each for each in order if each != "put"] == ["take 2", "take 1"]
    assert order.count("put") == 3
