"""What clients send is nowhere afterwards: not in the log, in a file, or in what others are answered.

A thousand requests, and streams, carry markers: in samples, tags, names, fields, tokens, headers, queries and
messages. Then everything is searched that the server has written.
"""

from __future__ import annotations

import base64
import http.client
import io
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import psutil
import pytest
from tests.fuzz.targets import exchanged
from tests.fuzz.wire import HANDSHAKE, frame, request

from clips import CLIPS, transcode
from live import Client
from ser.audio.decode import decode
from server import Server
from waiting import DEADLINE_S

pytestmark = pytest.mark.slow

# Of an even length: whole samples.
SOUND, TAG, NAME, FIELD, TOKEN, HEADER, QUERY, MESSAGE = (
    f"Marker-{kind}-7f3a".encode()
    for kind in ("Samples", "TagText", "NameOfFile", "FieldXX", "TokenXX", "HeaderX", "QueryXX", "Message")
)
MARKERS = (SOUND, TAG, NAME, FIELD, TOKEN, HEADER, QUERY, MESSAGE)
# What is in a voice, or tells whose it is, no answer repeats. A field may be named to whoever sent it.
UNSAID = (SOUND, TAG, NAME, TOKEN, HEADER)
REQUESTS = 1000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the server runs, and where it would put temporary files."""
    return tmp_path_factory.mktemp("server")


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[Server]:
    """A server whose working directory and temporary files are in one folder."""
    (folder / "temporary").mkdir()
    (folder / "work").mkdir()
    server = Server(
        folder / "log",
        command=f"cd {folder / 'work'} && ulimit -c unlimited && exec ser serve",
        TMPDIR=str(folder / "temporary"),
        SER_READ_TIMEOUT_S="1",
        SER_WORKERS="1",
    )
    yield server
    server.kill()


def wav() -> bytes:
    """Speech, with markers as samples and as a tag."""
    y = np.round(decode(CLIPS[0].path) * 32767).astype("<i2").tobytes()
    samples = y[:20_000] + SOUND * 200 + y[20_000:]
    tag = TAG + b"\0" * (len(TAG) % 2)
    listed = b"INFOINAM" + len(tag).to_bytes(4, "little") + tag
    chunks = b"LIST" + len(listed).to_bytes(4, "little") + listed
    chunks += b"data" + len(samples).to_bytes(4, "little") + samples
    head = bytes.fromhex("666d742010000000010001 00803e0000007d0000 02001000".replace(" ", ""))
    body = b"WAVE" + head + chunks
    return b"RIFF" + len(body).to_bytes(4, "little") + body


def tagged(container: str) -> bytes:
    """Speech in a container, with a marker as its title."""
    out = io.BytesIO()
    with av.open(io.BytesIO(transcode(decode(CLIPS[0].path), container))) as source:
        track = source.streams.audio[0]
        with av.open(out, "w", format=container) as target:
            target.metadata["title"] = TAG.decode()
            copied = target.add_stream_from_template(track)
            for packet in source.demux(track):
                if packet.dts is not None:
                    packet.stream = copied
                    target.mux(packet)
    assert TAG in out.getvalue()
    return out.getvalue()


def marked_form(content: bytes, fields: dict[str, bytes]) -> bytes:
    body = (
        b"--cut\r\nX-Part: " + HEADER + b'\r\nContent-Disposition: form-data; name="file"; filename="' + NAME
    )
    body += b'.wav"\r\nContent-Type: audio/' + NAME + b"\r\n\r\n" + content + b"\r\n"
    for name, value in fields.items():
        body += (
            b'--cut\r\nContent-Disposition: form-data; name="'
            + name.encode()
            + b'"\r\n\r\n'
            + value
            + b"\r\n"
        )
    return body + b"--cut--\r\n"


def bodies() -> Iterator[bytes]:
    """Forms of all kinds, over and over: read, refused for their content, for a field, for their shape."""
    good = wav()
    files = [
        good, tagged("mp3"), tagged("webm"), good[:2000], SOUND * 50, b"OggS" + SOUND * 9, b"",
        b"fLaC" + SOUND * 9, b"\x1a\x45\xdf\xa3" + SOUND * 9, b"ID3\4\0\0\0\0\0\0" + SOUND * 9,
        good[:12] + SOUND * 9,
    ]  # fmt: skip
    token = b"ser-baseline-1." + base64.urlsafe_b64encode(TOKEN * 20)
    fields: list[dict[str, bytes]] = [
        {}, {"model": FIELD}, {"baseline": token}, {"baseline": TOKEN}, {"prior": b"Neutral=" + FIELD},
        {"adapt": FIELD}, {"voice_gender": FIELD}, {"channels": FIELD}, {FIELD.decode(): FIELD},
        {"peaks": b"true"},
    ]  # fmt: skip
    number = 0
    while True:
        # Most are refused for a field, which costs little.
        file = files[number % len(files)] if number % 5 == 0 else files[number % 7 + 4]
        body = marked_form(file, fields[number // 5 % len(fields)])
        yield body if number % 13 else body[: len(body) // 2]
        number += 1


def test_nothing_of_what_was_sent_is_anywhere(server: Server, folder: Path) -> None:
    began_s = time.time()
    shared = Path(tempfile.gettempdir())
    (worker,) = server.workers()
    line = http.client.HTTPConnection("127.0.0.1", server.port, timeout=DEADLINE_S)
    forms = bodies()
    for number in range(REQUESTS):
        path = ("/predict", "/analyze", "/baseline", "/timeline", "/analyze")[number % 5]
        query = f"?format={'csv' if path == '/timeline' else 'ndjson'}&x={QUERY.decode()}"
        kind = "application/json" if path == "/timeline" else "multipart/form-data; boundary=cut"
        body = b'{"segments":"' + FIELD + b'"}' if path == "/timeline" else next(forms)
        headers = {
            "Content-Type": kind,
            "X-Marker": HEADER.decode(),
            "Authorization": f"Bearer {TOKEN.decode()}",
        }
        line.request("POST", path + query, body, headers)
        answer = line.getresponse().read()
        assert not [marker for marker in UNSAID if marker in answer]
    line.close()
    speak(server)
    for broken in (HEADER + b" / HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1\r\n" + HEADER + b"\r\n\r\n",
                   b"GET / HTTP/9.9" + HEADER + b"\r\n\r\n",
                   b"POST /predict HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + SOUND + b"\r\n\r\n",
                   b"POST / HTTP/1.1\r\nOrigin: null\r\nTransfer-Encoding: chunked\r\n\r\n" + SOUND + b"\r\n",
                   b"POST /predict HTTP/1.1\r\nTransfer-Encoding: " + HEADER + b"\r\n\r\n",
                   b"GET / HTTP/1.1\r\nContent-Length: " + HEADER + b"\r\n\r\n"):  # fmt: skip
        # Nobody who looks over the shoulder of a proxy should see it, either.
        assert not [marker for marker in MARKERS if marker in said_to(server, broken)]
    assert server.workers() == [worker]
    die_with_voices(server)
    written = [path for path in folder.rglob("*") if path.is_file()]
    assert server.log in written
    # What the metrics count is in files, and all else in the log.
    assert {path.parent for path in written} - {folder} == {
        path.parent for path in written if path.suffix == ".db"
    }
    written += [each for each in shared.iterdir() if each.is_file() and is_ours(each, began_s)]
    for path in written:
        content = path.read_bytes()
        assert not [marker for marker in MARKERS if marker in content], path
        assert SOUND.hex().encode() not in content
        assert base64.b64encode(SOUND)[:16] not in content
    assert len([record for record in server.logged() if record["message"] == "request"]) >= REQUESTS


def is_ours(path: Path, began_s: float) -> bool:
    """Return whether a file may be one that the server has written."""
    try:
        return path.stat().st_mtime >= began_s and path.stat().st_size < 50_000_000
    except OSError:
        return False


def speak(server: Server) -> None:
    """Stream markers as sound, as texts and as a configuration."""
    sound = wav()[44:]
    with Client(server.url, X_Marker=HEADER.decode()) as client:
        client.configure()
        client.play(sound)
        client.tell({"type": MESSAGE.decode()})
        client.line.send(MESSAGE.decode())
        client.tell({"type": "end"})
        client.hear_all()
    for text in (
        MESSAGE,
        b'{"type":"config","model":"' + FIELD + b'"}',
        b'{"type":"config","baseline":"' + TOKEN + b'"}',
    ):
        with Client(server.url) as client:
            client.line.send(text.decode())
            client.hear_all()
    said_to(server, HANDSHAKE + frame(1, b'{"type":"config"}') + frame(2, SOUND * 9) + frame(5, MESSAGE))


def said_to(server: Server, content: bytes) -> bytes:
    """Send bytes, and return what the server says until it hangs up."""
    return exchanged(server.port, content)


def die_with_voices(server: Server) -> None:
    """Let the processes crash that hold what was sent: no core dumps are left."""
    content = request("/predict", "multipart/form-data; boundary=cut", marked_form(wav(), {}))
    said_to(server, content)
    (worker,), launcher = server.workers(), server.launcher()
    decoders = launcher.children()
    assert decoders
    for process in (worker, launcher, *decoders):
        assert process.rlimit(psutil.RLIMIT_CORE)[0] == 0
    for process in (*decoders, worker):
        process.send_signal(signal.SIGSEGV)
    _, alive = psutil.wait_procs([*decoders, worker], DEADLINE_S)
    assert not alive
