"""Requests whose right answers are known, and what came of them."""

from __future__ import annotations

import copy
import itertools
import json
import random
import socket
import struct
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from threading import Event, Lock, Thread
from time import perf_counter
from types import TracebackType
from typing import Any, ClassVar, Literal, Self

import numpy as np
from urllib3 import encode_multipart_formdata
from websockets.exceptions import ConnectionClosed, ConnectionClosedOK, WebSocketException
from websockets.frames import CloseCode
from websockets.sync.client import connect

from clips import CLIPS, CONTAINERS, transcode
from ser.api.errors import HTTP_STATUS, RETRY_AFTER_S
from ser.app import create_app
from ser.audio.decode import decode
from ser.audio.waveform import SAMPLE_RATE_HZ
from ser.config import Settings
from waiting import DEADLINE_S

Outcome = Literal["right", "refused", "error", "lost", "wrong"]
# What differs from one answer to the next.
_OF_THE_MOMENT = ("timestamp",)
# Of an utterance: when it was, and the statistics of the voice; or the code of an error.
_OF_THE_VOICE = ("start_ms", "end_ms", "baseline", "code")
_CHUNK_BYTES = 2 * SAMPLE_RATE_HZ // 10
_SILENCE_S = 1.0
# On closing, the kernel forgets what it has not sent, and tells the other side so at once.
_NOTE_CHARACTERS = 500
_RESET = struct.pack("ii", 1, 0)


@dataclass(frozen=True)
class Case:
    """A request, and its answer.

    Attributes:
        name: says which.
        path: where it goes.
        body: of the form.
        content_type: with the boundary.
        status: of the right answer.
        answer: the right one, without what is of the moment.
        other: another one that is right, too.
    """

    name: str
    path: str
    body: bytes
    content_type: str
    status: int = 0
    answer: Any = None
    other: Any = None


def case(name: str, path: str, content: bytes | None, **fields: str) -> Case:
    """Return a request with a file, whose answer is not known yet."""
    parts: dict[str, Any] = dict(fields)
    if content is not None:
        parts["file"] = ("x", content)
    body, content_type = encode_multipart_formdata(parts)
    return Case(name, path, body, content_type)


def with_answers(cases: Iterable[Case], **settings: Any) -> list[Case]:
    """Let this process answer: nobody else asks it anything, and it decodes by itself."""
    client = create_app(Settings(**{"max_decoding_s": 60} | settings)).test_client()
    known = []
    for each in cases:
        found = client.post(each.path, data=each.body, content_type=each.content_type)
        known.append(
            Case(each.name, each.path, each.body, each.content_type, found.status_code, lasting(found.json))
        )
    return known


def clips(containers: Sequence[str] = tuple(CONTAINERS), **settings: Any) -> list[Case]:
    """Return each shipped clip in one of the containers; no two have the same answer."""
    sounds = zip(CLIPS, itertools.cycle(containers), strict=False)
    known = with_answers(
        (
            case(f"{clip.path.stem}.{kind}", "/predict", transcode(decode(clip.path), kind))
            for clip, kind in sounds
        ),
        **settings,
    )
    assert len({json.dumps(each.answer) for each in known}) == len(known)
    assert {each.status for each in known} == {200}
    return known


def recordings() -> list[Case]:
    """Return two recordings for /analyze, of six speakers each."""
    halves = [np.concatenate([decode(clip.path) for clip in half]) for half in (CLIPS[:6], CLIPS[6:])]
    kinds = ("mp3", "webm")
    known = with_answers(
        case(f"recording.{kind}", "/analyze", transcode(y, kind))
        for y, kind in zip(halves, kinds, strict=True)
    )
    assert {each.status for each in known} == {200}
    return known


def garbage() -> list[Case]:
    """Return what gets an error."""
    good = CLIPS[0].path.read_bytes()
    wave = transcode(decode(CLIPS[0].path), "wav")
    known = with_answers(
        [
            case("text", "/predict", b"no sound " * 500),
            case("nothing", "/predict", b""),
            case("no file", "/predict", None, model="cremad-4"),
            case("head of a WebM", "/predict", good[:200]),
            case("backwards", "/predict", good[::-1]),
            case("silence", "/predict", wave[:44] + bytes(len(wave) - 44)),
            case("no such model", "/predict", good, model="nobody"),
            case("text to /analyze", "/analyze", b"no sound " * 500),
        ]
    )
    assert 200 not in {each.status for each in known}
    return known


def lasting(answer: Any) -> Any:
    """Return an answer without what is of the moment."""
    if isinstance(answer, dict):
        return {name: value for name, value in answer.items() if name not in _OF_THE_MOMENT}
    return answer


@dataclass
class Tally:
    """What came of requests.

    Attributes:
        counts: outcome -> how many.
        codes: code of an error that was not asked for -> how many.
        notes: what was wrong, in words.
        took_s: when each right answer came, and after how many seconds.
    """

    counts: Counter[Outcome] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)
    took_s: list[tuple[float, float]] = field(default_factory=list)
    _lock: Any = field(default_factory=Lock)

    def add(self, outcome: Outcome, note: str = "", took_s: float | None = None) -> None:
        """Count one."""
        with self._lock:
            self.counts[outcome] += 1
            if outcome in ("refused", "error"):
                self.codes[note] += 1
            elif note:
                self.notes.append(note[:_NOTE_CHARACTERS])
            if took_s is not None:
                self.took_s.append((perf_counter(), took_s))

    @property
    def right(self) -> int:
        """How many were right."""
        return self.counts["right"]

    @property
    def asked(self) -> int:
        """How many are over."""
        return sum(self.counts.values())


def ask(port: int, asked: Case, tally: Tally, *, timeout_s: float = DEADLINE_S) -> Outcome:
    """Send a request, and count what came of it."""
    connection = HTTPConnection("127.0.0.1", port, timeout=timeout_s)
    started_s = perf_counter()
    try:
        connection.request("POST", asked.path, asked.body, {"Content-Type": asked.content_type})
        response = connection.getresponse()
        body = response.read()
    except TimeoutError:
        tally.add("wrong", f"{asked.name}: no answer within {timeout_s:g} s")
        return "wrong"
    except (OSError, HTTPException) as error:
        tally.add("lost", f"{asked.name}: {error!r}")
        return "lost"
    finally:
        connection.close()
    outcome, note = _judged(asked, response.status, response.headers["Retry-After"], body)
    tally.add(outcome, note, perf_counter() - started_s if outcome == "right" else None)
    return outcome


def _judged(asked: Case, status: int, retry_after: str | None, body: bytes) -> tuple[Outcome, str]:
    try:
        answer = lasting(json.loads(body))
    except ValueError:
        return "wrong", f"{asked.name}: {status} {body[:200]!r}"
    if status == asked.status and answer in (asked.answer, asked.other or asked.answer):
        return "right", ""
    code = answer.get("code") if isinstance(answer, dict) else None
    if code is None or HTTP_STATUS.get(code) != status or not answer.get("error"):
        return "wrong", f"{asked.name}: {status} {answer}, not {asked.status} {asked.answer}"
    if code == "busy":
        is_told = retry_after == str(RETRY_AFTER_S)
        return ("refused", code) if is_told else ("wrong", f"{asked.name}: busy, until when?")
    return "error", code


def reset_amid(port: int, asked: Case, sent_bytes: int) -> None:
    """Send the head of a request and so much of its body, then reset the connection."""
    head = (
        f"POST {asked.path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {asked.content_type}\r\n"
        f"Content-Length: {len(asked.body)}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", port), timeout=DEADLINE_S) as line:
        line.sendall(head.encode() + asked.body[:sent_bytes])
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)


def voices() -> list[bytes]:
    """Return clips for live streams, as 16-bit samples with some silence after them."""
    silence = np.zeros(int(_SILENCE_S * SAMPLE_RATE_HZ), np.float32)
    waves = (np.concatenate([decode(clip.path), silence]) for clip in CLIPS[:4])
    return [np.round(y * 32767).astype("<i2").tobytes() for y in waves]


def stream(url: str, sound: bytes) -> list[dict[str, Any]]:
    """Play sound to a live stream at once; return what it says of the utterances, or its error.

    Raises:
        OSError: the connection broke.
        WebSocketException: the same.
    """
    said: list[dict[str, Any]] = []
    with connect(
        url.replace("http", "ws", 1) + "/stream",
        compression=None,
        open_timeout=DEADLINE_S,
        close_timeout=DEADLINE_S,
    ) as line:
        try:
            line.send(json.dumps({"type": "config"}))
            for i in range(0, len(sound), _CHUNK_BYTES):
                line.send(sound[i : i + _CHUNK_BYTES])
            line.send(json.dumps({"type": "end"}))
            while True:
                said.append(json.loads(line.recv(DEADLINE_S)))
        except ConnectionClosedOK:
            pass
        except ConnectionClosed as closed:
            if closed.rcvd is None or closed.rcvd.code != CloseCode.TRY_AGAIN_LATER:
                raise
            said.append({"type": "error", "code": closed.rcvd.reason})
    # How many results came before depends on time; what was heard does not.
    return [
        {name: each.get(name) for name in _OF_THE_VOICE}
        for each in said
        if each["type"] in ("speech_ended", "error")
    ]


def ask_stream(url: str, sound: bytes, right: Any, tally: Tally, others: Sequence[Any] = ()) -> Outcome:
    """Play sound to a live stream, and count what came of it.

    Args:
        url: of the server.
        sound: 16-bit samples.
        right: what `stream` returns where the server has time.
        tally: counts it.
        others: what it returns for other sounds.
    """
    started_s = perf_counter()
    outcome: Outcome = "right"
    note, took_s = "", None
    try:
        found = stream(url, sound)
    except TimeoutError:
        outcome, note = "wrong", "a stream gets no answer"
    except (OSError, WebSocketException) as error:
        outcome, note = "lost", f"a stream: {error!r}"
    else:
        strange = [each["baseline"] for other in others for each in other if other != right]
        if found == right:
            took_s = perf_counter() - started_s
        elif any(each["baseline"] in strange for each in found):
            outcome, note = "wrong", f"a stream was told of another: {found}"
        elif found and found[-1]["code"] not in (None, "busy"):
            outcome, note = "wrong", f"a stream: {found}, not {right}"
        else:
            # A process that is behind ends streams, or leaves out sound (docs/streaming.md).
            outcome, note = "refused", "busy"
    tally.add(outcome, note, took_s)
    return outcome


class Clients:
    """Clients that ask one request after the other, each of them all the time.

    Args:
        port: of the server.
        cases: what they ask, in turn.
        count: how many they are.
        pause: what each does after an answer.
    """

    def __init__(
        self, port: int, cases: Sequence[Case], count: int = 8, *, pause: Callable[[], object] = lambda: None
    ) -> None:
        self.tally = Tally()
        self._turns = itertools.cycle(cases)
        self._port, self._pause = port, pause
        self._over, self._lock = Event(), Lock()
        self._threads = [Thread(target=self._run, daemon=True) for _ in range(count)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(2 * DEADLINE_S)
            assert not thread.is_alive(), "a client waits for ever"
        # For docs/reliability.md: `pytest -rP` shows it.
        print(f"{self.tally.asked} requests:", dict(self.tally.counts), dict(self.tally.codes))

    def _run(self) -> None:
        while not self._over.is_set():
            with self._lock:
                turn = next(self._turns)
            ask(self._port, turn, self.tally)
            self._pause()


class Mixture:
    """What a server of many clients gets: clips, recordings, live streams, garbage, and cut uploads.

    Args:
        url: of the server, which nobody else asks yet.
        seed: of the order.
    """

    # How many of a hundred requests.
    SHARES: ClassVar[dict[str, int]] = {"clip": 60, "recording": 8, "stream": 8, "garbage": 12, "cut": 12}

    def __init__(self, url: str, seed: int = 1) -> None:
        self.tallies = {kind: Tally() for kind in self.SHARES}
        self._shares = self.SHARES
        self._url, self._port = url, int(url.rpartition(":")[2])
        self._random, self._lock = random.Random(seed), Lock()
        self._cases = {"clip": clips(), "recording": recordings(), "garbage": garbage()}
        self._cases["cut"] = self._cases["clip"] + self._cases["recording"]
        self._voices = [(sound, stream(url, sound)) for sound in voices()]

    def anew(self, **shares: int) -> Mixture:
        """Return the same mixture, or one of other shares, nothing of which was asked yet."""
        other = copy.copy(self)
        other.tallies = {kind: Tally() for kind in self.SHARES}
        other._shares = shares or self._shares
        return other

    def ask(self) -> None:
        """Send one request, whichever comes next."""
        with self._lock:
            (kind,) = self._random.choices(list(self._shares), list(self._shares.values()))
            part = self._random.random()
            asked = self._random.choice(self._cases.get(kind, self._cases["clip"]))
            sound, said = self._random.choice(self._voices)
        tally = self.tallies[kind]
        if kind == "stream":
            ask_stream(self._url, sound, said, tally, [known for _, known in self._voices])
        elif kind == "cut":
            reset_amid(self._port, asked, int(part * len(asked.body)))
            tally.add("right")
        else:
            ask(self._port, asked, tally)

    def counts(self) -> Counter[Outcome]:
        """Return outcome -> how many, of all requests."""
        return sum((tally.counts for tally in self.tallies.values()), Counter())

    def notes(self) -> list[str]:
        """Return what was wrong, in words."""
        return [note for tally in self.tallies.values() for note in tally.notes]
