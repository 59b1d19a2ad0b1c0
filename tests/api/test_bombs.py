"""Files and requests made to take all of a server: each is refused within its limits; the next one works."""

from __future__ import annotations

import http.client
import io
import json
import socket
import struct
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from tests.fuzz.contract import fault_of_answer, fault_of_bytes
from tests.fuzz.wire import form

from clips import CLIPS, transcode
from ser.api.errors import HTTP_STATUS
from ser.audio.waveform import SAMPLE_RATE_HZ
from server import Server
from waiting import DEADLINE_S

pytestmark = pytest.mark.slow

MEBIBYTE = 1024**2
GOOD = CLIPS[0].path.read_bytes()
UPLOADS = ("/predict", "/baseline", "/analyze")
# Of what a process takes for one file: its bytes several times, its samples, and its features.
MAX_MEMORY_BYTES = 256 * MEBIBYTE
TONE = 0.3 * np.sin(2 * np.pi * 220 * np.arange(SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ).astype(np.float32)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One process, which takes no more than a minute of sound, and has used all that it needs."""
    server = Server(
        tmp_path_factory.mktemp("server") / "log",
        SER_WORKERS="1",
        SER_MAX_AUDIO_S="60",
        SER_MAX_ANALYZE_S="60",
        SER_MAX_ANALYZE_MB="10",
    )
    for path in UPLOADS:
        post(server, path, GOOD)
    yield server
    assert server.stop() == 0


@pytest.fixture(autouse=True)
def _within_its_limits(server: Server) -> Iterator[None]:
    """The next request works, in the same process, which did not take much more memory meanwhile."""
    (worker,) = server.workers()
    before = worker.memory_info().rss
    # From now on, the most that it takes is counted anew.
    Path(f"/proc/{worker.pid}/clear_refs").write_text("5")
    yield
    assert post(server, "/predict", GOOD)[0] == 200
    assert server.workers() == [worker]
    status = Path(f"/proc/{worker.pid}/status").read_text()
    most = 1024 * int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")))
    assert most - before < MAX_MEMORY_BYTES


def post(server: Server, path: str, content: bytes) -> tuple[int, dict[str, object]]:
    """Send a file, and return the status and the answer, which is one of the contract."""
    return send(server, path, form(("file", content, True)))


def send(
    server: Server, path: str, body: bytes, content_type: str = "multipart/form-data; boundary=cut"
) -> tuple[int, dict[str, object]]:
    """Send a body, and return the status and the answer, which is one of the contract."""
    line = http.client.HTTPConnection("127.0.0.1", server.port, timeout=DEADLINE_S)
    line.request("POST", path, body, {"Content-Type": content_type})
    answer = line.getresponse()
    content = answer.read()
    line.close()
    assert fault_of_answer(answer.status, answer.headers["Content-Type"], content) is None
    return answer.status, json.loads(content)


def ogg_page(
    packets: list[bytes], *, serial: int = 1, number: int, samples: int = 0, flags: int = 0
) -> bytes:
    """Return a page with packets of under 255 bytes each."""
    lacing = bytes(len(packet) for packet in packets)
    head = struct.pack("<4sBBQII", b"OggS", 0, flags, samples, serial, number)
    body = bytes([len(packets)]) + lacing + b"".join(packets)
    return head + struct.pack("<I", ogg_sum(head + bytes(4) + body)) + body


def ogg_sum(content: bytes) -> int:
    register = 0
    for byte in content:
        register ^= byte << 24
        for _ in range(8):
            register = (register << 1 ^ (0x04C11DB7 if register >> 31 else 0)) & 0xFFFFFFFF
    return register


def opus_head(serial: int = 1) -> bytes:
    head = b"OpusHead" + struct.pack("<BBHIHB", 1, 1, 0, 16_000, 0, 0)
    return ogg_page([head], serial=serial, number=0, flags=2)


def hours_of_ogg() -> bytes:
    """10 MB of packets of one byte, each of 120 ms: a hundred hours and more."""
    tags = ogg_page([b"OpusTags" + struct.pack("<II", 0, 0)], number=1)
    return opus_head() + tags + ogg_page([b"\x19"] * 255, number=2, samples=255 * 120 * 48) * 18_000


def wav(rate_hz: int = 16_000, channels: int = 1, bits: int = 16, **lies: int | None) -> bytes:
    """A WAV of a second, whose header may lie."""
    data = np.round(TONE * 32767).astype("<i2").tobytes()
    block = max(1, bits // 8) * channels
    facts: dict[str, int | None] = {
        "riff": 36 + len(data), "format_bytes": 16, "tag": 1, "channels": channels, "rate_hz": rate_hz,
        "bytes_per_s": rate_hz * block % 2**32, "block": block % 2**16, "bits": bits, "data": len(data),
    } | lies  # fmt: skip
    return struct.pack(
        "<4sI8sIHHIIHH4sI", b"RIFF", facts["riff"], b"WAVEfmt ", facts["format_bytes"], facts["tag"],
        facts["channels"], facts["rate_hz"], facts["bytes_per_s"], facts["block"], facts["bits"],
        b"data", facts["data"],
    ) + data  # fmt: skip


def two_formats() -> bytes:
    content = wav()
    return content[:36] + content[12:36] * 2 + content[36:]


def element(number: str, content: bytes) -> bytes:
    """An element of EBML, with its length in eight bytes."""
    return bytes.fromhex(number) + struct.pack(">Q", len(content) | 1 << 56) + content


def track(number: int, *, rate_hz: float = 16_000) -> bytes:
    audio = element("b5", struct.pack(">d", rate_hz)) + element("9f", b"\x01") + element("6264", b"\x10")
    return element(
        "ae",
        element("d7", struct.pack(">H", number)) + element("73c5", struct.pack(">H", number))
        + element("83", b"\x02") + element("86", b"A_PCM/INT/LIT") + element("e1", audio),
    )  # fmt: skip


def matroska(tracks: bytes, more: bytes = b"") -> bytes:
    """A file with a second of sound in its first track."""
    head = element("1a45dfa3", element("4282", b"matroska") + element("4287", b"\x04"))
    info = element("1549a966", element("2ad7b1", b"\x0f\x42\x40"))
    data = np.round(TONE * 32767).astype("<i2").tobytes()
    cluster = element("1f43b675", element("e7", b"\x00") + element("a3", b"\x81\x00\x00\x80" + data))
    return head + element("18538067", info + element("1654ae6b", tracks) + more + cluster)


def nested(number: str, content: bytes, times: int) -> bytes:
    for _ in range(times):
        content = element(number, content)
    return content


def flac_blocks(kind: int, content: bytes, count: int = 1) -> bytes:
    """A FLAC file with blocks of metadata behind the first one."""
    plain = transcode(TONE, "flac")
    block = bytes([kind]) + len(content).to_bytes(3) + content
    first = plain[4] & 0x7F
    return plain[:4] + bytes([first]) + plain[5:42] + block * count + _with_last_block(plain[42:])


def _with_last_block(rest: bytes) -> bytes:
    return rest


def id3(content_bytes: int, *, declared: int | None = None) -> bytes:
    """An MP3 with a picture."""

    def syncsafe(number: int) -> bytes:
        return bytes(number >> 7 * i & 0x7F for i in (3, 2, 1, 0))

    picture = b"\x00image/png\x00\x03\x00" + bytes(content_bytes)
    frame = b"APIC" + syncsafe(len(picture)) + b"\x00\x00" + picture
    size = len(frame) if declared is None else declared
    return b"ID3\x04\x00\x00" + syncsafe(size) + frame + transcode(TONE, "mp3")


def archive() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.writestr("clip.webm", bytes(50 * MEBIBYTE))
    return out.getvalue()


REFUSED = {"decode_failed", "unsupported_format"}
# A tone is no speech. /analyze gives an answer without an emotion, and /baseline wants more of it.
READ = {"no_speech", "baseline_too_short", None}

BOMBS: dict[str, tuple[Callable[[], bytes], set[str | None]]] = {
    "a hundred hours in 10 MB": (hours_of_ogg, {"too_long"}),
    "hours of 4 bits": (
        lambda: wav(2_000, tag=0x11, bits=4, block=1024, data=9 * MEBIBYTE) + bytes(9 * MEBIBYTE),
        {"too_long"},
    ),
    "1,000 channels": (lambda: wav(channels=1_000), REFUSED),
    "65,535 channels": (lambda: wav(channels=65_535, block=1), REFUSED),
    "10 MHz": (lambda: wav(10_000_000), REFUSED),
    "10 MHz in Matroska": (lambda: matroska(track(1, rate_hz=1e7)), REFUSED),
    "a rate that is infinite": (lambda: matroska(track(1, rate_hz=float("inf"))), REFUSED | READ),
    "a rate that is no number": (lambda: matroska(track(1, rate_hz=float("nan"))), REFUSED | READ),
    "10,000 tracks": (lambda: matroska(b"".join(map(track, range(1, 10_001)))), REFUSED | READ),
    "10,000 streams": (lambda: b"".join(map(opus_head, range(1, 2_001))) * 5, REFUSED),
    "tags in tags in tags": (
        lambda: matroska(track(1), element("1254c367", element("7373", nested("67c8", b"", 5_000)))),
        REFUSED | READ,
    ),
    "segments in segments": (lambda: matroska(track(1), nested("18538067", b"", 5_000)), REFUSED | READ),
    "Matroska in Matroska": (
        lambda: matroska(track(1), element("1941a469", element("61a7", element(
            "466e", b"x.mkv") + element("465c", matroska(track(1)) * 50)))),
        REFUSED | READ,
    ),
    "an endless element": (
        lambda: matroska(track(1)).replace(b"\x15\x49\xa9\x66\x01", b"\x15\x49\xa9\x66\xff", 1),
        REFUSED | READ,
    ),
    "RIFF of 0 bytes": (lambda: wav(riff=0), REFUSED | READ),
    "RIFF of 4 GB": (lambda: wav(riff=0xFFFFFFFF), REFUSED | READ),
    "data of 0 bytes": (lambda: wav(data=0), REFUSED | READ),
    "data of 4 GB": (lambda: wav(data=0xFFFFFFFF), REFUSED | READ),
    "data of -1 GB": (lambda: wav(data=0xC0000000), REFUSED | READ),
    "a format of 0 bytes": (lambda: wav(format_bytes=0), REFUSED | READ),
    "a format of 4 GB": (lambda: wav(format_bytes=0xFFFFFFFF), REFUSED | READ),
    "three formats": (two_formats, REFUSED | READ),
    "0 bits": (lambda: wav(bits=0), REFUSED | READ),
    "65,535 bits": (lambda: wav(bits=65_535), REFUSED | READ),
    "blocks of 0 bytes": (lambda: wav(block=0), REFUSED | READ),
    "0 bytes per second": (lambda: wav(bytes_per_s=0), REFUSED | READ),
    "0 Hz": (lambda: wav(0), REFUSED | READ),
    "0 channels": (lambda: wav(channels=0), REFUSED | READ),
    "an unknown codec": (lambda: wav(tag=0x2222), REFUSED | READ),
    "a picture of 9 MB in ID3": (lambda: id3(9 * MEBIBYTE), READ),
    "ID3 of 256 MB": (lambda: id3(1_000, declared=2**28 - 1), REFUSED | READ),
    "ID3 over and over": (lambda: b"ID3\x04\x00\x00\x00\x00\x00\x00" * 500_000, REFUSED | READ),
    "9 MB of padding in FLAC": (lambda: flac_blocks(1, bytes(9 * MEBIBYTE)), REFUSED | READ),
    "a FLAC picture of 4 GB": (lambda: flac_blocks(6, b"\xff" * 40), REFUSED | READ),
    "a FLAC picture of 9 MB": (
        lambda: flac_blocks(6, struct.pack(">II9sIIIIII", 3, 9, b"image/png", 0, 1, 1, 24, 0, 9 * MEBIBYTE)
                            + bytes(9 * MEBIBYTE)),
        REFUSED | READ,
    ),
    "100,000 blocks in FLAC": (lambda: flac_blocks(4, struct.pack("<II", 0, 0), 100_000), REFUSED | READ),
    "4 billion comments in FLAC": (lambda: flac_blocks(4, struct.pack("<II", 0, 0xFFFFFFFF)), REFUSED | READ),
    "9 MB of comments in Ogg": (
        lambda: opus_head() + ogg_page([b"OpusTags" + b"\xff" * 200] * 40, number=1) * 1_100,
        REFUSED | READ,
    ),
    "a zip": (archive, REFUSED),
    "an empty file with a name": (lambda: b"\0", REFUSED),
}  # fmt: skip


@pytest.mark.parametrize("path", UPLOADS)
@pytest.mark.parametrize(("make", "codes"), BOMBS.values(), ids=BOMBS)
def test_a_bomb_is_no_more_than_a_bad_file(
    make: Callable[[], bytes], codes: set[str | None], path: str, server: Server
) -> None:
    content = make()
    assert len(content) < 10 * MEBIBYTE
    status, answer = post(server, path, content)
    assert answer.get("code") in codes
    assert status == HTTP_STATUS.get(str(answer.get("code")), 200)


SCRIPTS = (
    "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{url}\n#EXT-X-ENDLIST\n",
    "#EXTM3U\n#EXTINF:9,\n{url}\n",
    "ffconcat version 1.0\nfile '{url}'\n",
    "[playlist]\nFile1={url}\nNumberOfEntries=1\n",
    "<smil><body><audio src='{url}'/></body></smil>",
    "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio {port} RTP/AVP 0\n",
    "{url}",
)


@pytest.mark.parametrize("path", UPLOADS)
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.split()[0][:12])
def test_no_file_leads_the_server_elsewhere(script: str, path: str, server: Server) -> None:
    with socket.create_server(("127.0.0.1", 0)) as canary:
        port = canary.getsockname()[1]
        for url in (
            f"http://127.0.0.1:{port}/clip.wav",
            f"tcp://127.0.0.1:{port}",
            CLIPS[0].path.as_uri(),
            f"concat:{CLIPS[0].path}|{CLIPS[1].path}",
            "data:audio/wav;base64,UklGRg==",
        ):
            status, answer = post(server, path, script.format(url=url, port=port).encode())
            assert (status, answer["code"]) == (400, "unsupported_format")
        canary.setblocking(False)
        with pytest.raises(BlockingIOError):
            canary.accept()


def part(name: str, content: bytes, *more: bytes) -> bytes:
    head = f'--cut\r\nContent-Disposition: form-data; name="{name}"'.encode()
    return b"\r\n".join([head, *more, b"", content, b""])


FORMS: dict[str, bytes] = {
    "a header of 9 MB": part("x", b"y", b"X-Long: " + b"x" * 9 * MEBIBYTE),
    "100,000 headers": part("x", b"y", *([b"X-More: x"] * 100_000)),
    "5,000 parts": part("x", b"y") * 5_000,
    "5,000 files": part("file", b"y").replace(b'name="file"', b'name="file"; filename="x"') * 5_000,
    "a name of 1 MB": part("x" * MEBIBYTE, b"y"),
    "a file name of 1 MB": part("file", b"y").replace(b"file", b'file"; filename="' + b"x" * MEBIBYTE),
    "a text of 9 MB": part("x", b"y" * 9 * MEBIBYTE),
    "1 MB of parameters": part("x", b"y").replace(b"\r\n\r\n", b"; a=b" * 200_000 + b"\r\n\r\n"),
    "a body without a break": b"x" * 9 * MEBIBYTE,
    "boundaries alone": b"--cut\r\n" * 500_000,
    "line breaks alone": b"\r\n" * 2_000_000,
    "almost a boundary, over and over": b"\r\n--cu" * 1_000_000,
}


@pytest.mark.parametrize("path", UPLOADS)
@pytest.mark.parametrize("body", FORMS.values(), ids=FORMS)
def test_a_form_beyond_belief_is_refused(body: bytes, path: str, server: Server) -> None:
    status, answer = send(server, path, body + form(("file", GOOD, True)))
    assert (status, answer["code"]) in {(400, "invalid_request"), (400, "no_file"), (413, "too_large")}


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 5_000_000,
        b'{"a":' * 1_000_000,
        b"1" * 5_000_000,
        b'"' + b"\\u0000" * 1_000_000 + b'"',
        b'{"duration_s":1,"distribution":{},"segments":[' + b"{}," * 1_000_000 + b"{}]}",
        b'{"duration_s":1,"segments":[],"distribution":{' + b'"":[],' * 1_000_000 + b'"":[]}}',
        b'{"duration_s":1e' + b"9" * 1_000_000 + b"}",
    ],
    ids=["lists", "objects", "a number", "escapes", "segments", "labels", "an exponent"],
)
def test_json_beyond_belief_is_refused(body: bytes, server: Server) -> None:
    status, answer = send(server, "/timeline?format=csv", body, "application/json")
    assert (status, answer["code"]) == (400, "invalid_request")


HEADERS = {
    "a header of 1 MB": b"GET /health HTTP/1.1\r\nX: " + b"x" * MEBIBYTE + b"\r\n\r\n",
    "100,000 headers": b"GET /health HTTP/1.1\r\n" + b"X: x\r\n" * 100_000 + b"\r\n",
    "a path of 1 MB": b"GET /" + b"x" * MEBIBYTE + b" HTTP/1.1\r\n\r\n",
    "no HTTP": b"\x16\x03\x01\x02\x00\x01\x00" + b"\r\n\r\n",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "two lengths": b"POST /predict HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
    "a length and chunks":
        b"POST /predict HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a length of -1": b"POST /predict HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
    "an unknown coding": b"POST /predict HTTP/1.1\r\nTransfer-Encoding: br\r\n\r\n",
    "an unknown expectation": b"POST /predict HTTP/1.1\r\nExpect: a miracle\r\n\r\n",
    "a folded header": b"GET /health HTTP/1.1\r\nX: a\r\n b\r\n\r\n",
}  # fmt: skip


@pytest.mark.parametrize("request_bytes", HEADERS.values(), ids=HEADERS)
def test_what_is_no_http_gets_an_error_of_the_contract_that_quotes_nothing(
    request_bytes: bytes, server: Server
) -> None:
    received = b""
    with socket.create_connection(("127.0.0.1", server.port), timeout=DEADLINE_S) as line:
        try:
            line.sendall(request_bytes)
            while more := line.recv(65_536):
                received += more
        except ConnectionError:
            # It was answered, and hung up on, before it had said everything.
            pass
    assert fault_of_bytes(received) is None
    if received:
        assert received.startswith(b"HTTP/1.1 400")
        assert json.loads(received.partition(b"\r\n\r\n")[2])["code"] == "invalid_request"
        assert b"xxxx" not in received
        assert b"miracle" not in received
