"""Requests and live streams as bytes, whole and damaged."""

from __future__ import annotations

import json
import re
import struct
from random import Random

from tests.fuzz.mutations import mutated
from tests.fuzz.seeds import speech

from live import HANDSHAKE, frame, pcm

_BOUNDARY = b"cut"
_FIELDS = (
    "model",
    "baseline",
    "prior",
    "adapt",
    "voice_gender",
    "channels",
    "speakers",
    "peaks",
    "file",
    "x",
)
_VALUES = (
    "", "true", "false", "cremad-4", "cremad-6", "none", "recording", "ser-baseline-1.AAAA", "Neutral=3",
    "Neutral=1e999", "split", "2", "1", "../..", "\x00", "ß😀", "x" * 3000, "[" * 100, "null", "NaN",
)  # fmt: skip
_QUERIES = (
    "", "?format=json", "?format=ndjson", "?format=csv", "?format=textgrid", "?format=nothing",
    "?peaks=true", "?channels=split", "?speakers=2&format=rttm", "?voice_gender=true", "?model=%00",
    "?%FF=%FF",
)  # fmt: skip
_TIMELINE = {
    "duration_s": 3.0,
    "distribution": {"Sad": 1.5},
    "segments": [
        {
            "start_s": 0.5, "end_s": 2.0, "emotion": "Sad", "confidence": 0.5, "probabilities": {"Sad": 0.5},
            "low_information": False,
        }
    ],
}  # fmt: skip
_WHOLE = re.compile(
    rb"(?:POST|GET) /[\x21-\x7e]* HTTP/1\.1\r\nHost: x\r\nConnection: close\r\nContent-Type: [ -~]+\r\n"
    rb"Content-Length: (\d+)\r\n\r\n"
)
_TEXTS = (
    '{"type":"config"}', '{"type":"config","hop_s":0.25,"window_s":1}', '{"type":"end"}', "", "null", "[]",
    "{",
    '{"type":"config","encoding":"f32le","sample_rate_hz":48000}', '{"type":"config","model":"cremad-6"}',
    '{"type":"config","sample_rate_hz":8000,"adapt":false}', '{"type":"config","hop_s":NaN}', "[" * 1000,
    '{"type":"end","more":1}', '{"type":"config","baseline":"ser-baseline-1.AAAA"}', '{"type":"ready"}',
    "\ud83d",
)  # fmt: skip
_TEXT, _BINARY, _CLOSE, _PING = 1, 2, 8, 9


def request(path: str, content_type: str, body: bytes, method: str = "POST") -> bytes:
    """Return a request, after which the connection ends."""
    return (
        f"{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: {content_type}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    ).encode() + body


def form(*parts: tuple[str, bytes, bool]) -> bytes:
    """Return a multipart form of parts: a name, a content, whether it is a file."""
    body = b""
    for name, content, is_file in parts:
        more = '; filename="x"' if is_file else ""
        body += f'--cut\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n'.encode()
        body += content + b"\r\n"
    return body + b"--cut--\r\n"


def damaged_request(seeds: dict[str, bytes], rng: Random) -> bytes:
    """Return a request of which the file, the form, the JSON or every byte is damaged."""
    contents = list(seeds.values())
    file = rng.choice(contents)
    way = rng.choices(("file", "form", "json", "bytes"), (6, 3, 2, 1))[0]
    if way == "json":
        text = json.dumps(_TIMELINE).encode()
        body = mutated(text, [text, b'{"segments":[]}', b"\xff\xfe[[[[", b"1e999", b"NaN"], rng)
        return request(f"/timeline?format={_picked_format(rng)}", "application/json", body)
    if way == "file":
        file = mutated(file, contents, rng)
    parts = [("file", file, True)]
    for _ in range(rng.choice((0, 0, 1, 1, 2, 4))):
        part = (rng.choice(_FIELDS), rng.choice(_VALUES).encode(), rng.random() < 0.15)
        parts.insert(rng.randrange(len(parts) + 1), part)
    body = form(*parts)
    if way == "form":
        body = mutated(body, [body, form(("a", b"b", False))], rng)
    path = rng.choice(("/analyze", "/analyze", "/analyze", "/predict", "/baseline")) + rng.choice(_QUERIES)
    whole = request(path, f"multipart/form-data; boundary={_BOUNDARY.decode()}", body)
    if way == "bytes":
        head, _, rest = whole.partition(b"\r\n\r\n")
        whole = mutated(head, [head, HANDSHAKE], rng) + b"\r\n\r\n" + rest
    return whole


def _picked_format(rng: Random) -> str:
    return rng.choice(("csv", "vtt", "audacity", "textgrid", "rttm", "json", "%00"))


def is_whole(content: bytes) -> bool:
    """Return whether it is a request that must be answered."""
    match = _WHOLE.match(content)
    return match is not None and int(match[1]) == len(content) - match.end()


def damaged_stream(seeds: dict[str, bytes], rng: Random) -> bytes:
    """Return a handshake, and messages in any order; sometimes, their frames are damaged."""
    sound = pcm(speech(0.5))
    frames = [frame(_TEXT, rng.choice(_TEXTS[:2]).encode())] if rng.random() < 0.8 else []
    for _ in range(rng.randrange(12)):
        kind = rng.random()
        if kind < 0.5:
            start = rng.randrange(0, len(sound), 2)
            content = sound[start : start + rng.choice((2, 3, 640, 3200, 16_000, 40_000))]
            frames.append(frame(_BINARY, content * rng.choice((1, 1, 1, 3))))
        elif kind < 0.6:
            frames.append(frame(_BINARY, mutated(sound[:3200], list(seeds.values()), rng)))
        elif kind < 0.85:
            frames.append(frame(_TEXT, rng.choice(_TEXTS).encode("utf-8", "surrogatepass")))
        else:
            frames.append(frame(_PING, b"ping"))
    frames.append(
        frame(_TEXT, _TEXTS[2].encode()) if rng.random() < 0.5 else frame(_CLOSE, struct.pack(">H", 1000))
    )
    content = b"".join(frames)
    if rng.random() < 0.3:
        content = mutated(content, [content, HANDSHAKE], rng)
    return HANDSHAKE + content
