"""Every bad input: the contract's status and sentence, and the next request works."""

from __future__ import annotations

import io
import struct
from fractions import Fraction
from time import process_time

import av
import numpy as np
import pytest
from flask.testing import FlaskClient

from clips import CLIPS, DATA, sound_file, transcode, video_without_sound
from ser.audio.waveform import SAMPLE_RATE_HZ, Waveform

MEBIBYTE = 1024**2
GOOD = CLIPS[0].path.read_bytes()


def post(client: FlaskClient, content: bytes, name: str = "clip.wav"):
    return client.post("/predict", data={"file": (io.BytesIO(content), name)})


def assert_error(response, status: int, code: str, sentence: str) -> None:
    assert response.status_code == status, response.text
    assert response.content_type == "application/json"
    assert response.json["code"] == code
    assert response.json["error"] == sentence
    assert set(response.json) <= {"error", "code", "detail"}


@pytest.fixture(autouse=True)
def _the_next_request_works(client: FlaskClient):
    yield
    assert post(client, GOOD).status_code == 200


def no_file(client: FlaskClient):
    return client.post("/predict")


def ten_hours_of_opus() -> bytes:
    """One packet of speech, said over and over for ten hours, in under 10 MB."""
    one = io.BytesIO(transcode(np.zeros(SAMPLE_RATE_HZ, np.float32), "ogg-opus"))
    out = io.BytesIO()
    with av.open(one) as source, av.open(out, "w", format="ogg") as target:
        stream = target.add_stream_from_template(source.streams.audio[0])
        packet = next(p for p in source.demux(source.streams.audio[0]) if p.size)
        content, ticks = bytes(packet), packet.duration
        for i in range(10 * 3600 * 48_000 // ticks):
            each = av.Packet(content)
            each.stream, each.time_base = stream, Fraction(1, 48_000)
            each.pts = each.dts = i * ticks
            each.duration = ticks
            target.mux(each)
    return out.getvalue()


def tone(duration_s: float) -> Waveform:
    t = np.arange(int(duration_s * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    return (0.3 * np.sin(2 * np.pi * 220 * t)).astype(np.float32)


UNSUPPORTED = (400, "unsupported_format", "Unsupported audio format")
UNDECODABLE = (422, "decode_failed", "Audio could not be decoded")
SILENT = (422, "no_speech", "No speech detected")
SHORT = (422, "too_short", "Audio too short")


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        pytest.param(lambda: b"I am no sound at all.\n" * 500, UNSUPPORTED, id="text named .wav"),
        pytest.param(lambda: transcode(tone(2), "webm")[:200], UNDECODABLE, id="WebM cut in its header"),
        pytest.param(
            lambda: (content := transcode(tone(2), "mp4"))[: len(content) // 2],
            UNDECODABLE,
            id="MP4 cut before its index",
        ),
        pytest.param(video_without_sound, UNDECODABLE, id="video without sound"),
        pytest.param(lambda: sound_file(tone(0.05)), SHORT, id="0.05 s"),
        pytest.param(lambda: sound_file(np.zeros(800)), SHORT, id="0.05 s of silence"),
        pytest.param(lambda: sound_file(np.zeros(3 * SAMPLE_RATE_HZ)), SILENT, id="silence"),
        pytest.param(lambda: sound_file(np.zeros((48_000, 2))), SILENT, id="stereo silence"),
        pytest.param(
            lambda: sound_file(1e-4 * np.random.default_rng(0).standard_normal(48_000)),
            SILENT,
            id="the hiss of an open microphone",
        ),
        pytest.param(
            lambda: sound_file(0.1 * np.random.default_rng(0).standard_normal(48_000)),
            SILENT,
            id="loud noise",
        ),
        pytest.param(lambda: sound_file(tone(3)), SILENT, id="a tone"),
        pytest.param(
            lambda: sound_file(np.full(48_000, np.nan, np.float32), subtype="FLOAT"),
            UNDECODABLE,
            id="NaN",
        ),
        pytest.param(
            lambda: sound_file(np.where(np.arange(48_000) == 7, np.inf, tone(3)), subtype="FLOAT"),
            UNDECODABLE,
            id="one Inf",
        ),
        pytest.param(lambda: b"RIFF" + struct.pack("<I", 36) + b"WAVE", UNDECODABLE, id="bare RIFF"),
    ],
)
def test_bad_content(make, expected: tuple[int, str, str], client: FlaskClient) -> None:
    assert_error(post(client, make()), *expected)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(None, id="no body"),
        pytest.param({}, id="an empty form"),
        pytest.param({"audio": (io.BytesIO(GOOD), "clip.webm")}, id="another field"),
        pytest.param({"file": "words"}, id="words instead of a file"),
        pytest.param({"file": (io.BytesIO(b""), "clip.webm")}, id="an empty file"),
        pytest.param({"file": (io.BytesIO(b""), "")}, id="an empty choice"),
    ],
)
def test_no_file(data, client: FlaskClient) -> None:
    assert_error(client.post("/predict", data=data), 400, "no_file", "No audio file provided")


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (GOOD, "audio/webm"),
        (b'{"file": "x"}', "application/json"),
        (b"--x\r\nbroken", "multipart/form-data; boundary=x"),
        (b"\xff\xfe", "multipart/form-data"),
    ],
)
def test_what_is_no_form_has_no_file(body: bytes, content_type: str, client: FlaskClient) -> None:
    response = client.post("/predict", data=body, content_type=content_type)
    assert_error(response, 400, "no_file", "No audio file provided")


@pytest.mark.parametrize("address", ["/predict", "/baseline", "/analyze"])
@pytest.mark.parametrize(
    "boundary", ["boundary*=utf-8''%E2%82%AC", "boundary*=utf-8''%ED%A0%80", "boundary*=utf-8''a%0D%0A"]
)
def test_a_boundary_is_ascii(boundary: str, address: str, client: FlaskClient) -> None:
    response = client.post(address, data=GOOD, content_type=f"multipart/form-data; {boundary}")
    assert_error(response, 400, "invalid_request", "Invalid request")
    assert "boundary" in response.json["detail"]


def test_ten_megabytes_are_taken_and_one_byte_more_is_not(client: FlaskClient) -> None:
    rate_hz, bytes_per_second = 44_100, 4 * 44_100
    header = sound_file(np.zeros((1, 2)), rate_hz=rate_hz)[:44]
    speech = np.zeros((10 * MEBIBYTE - 44) // 2, "<i2")
    content = bytearray(header + speech.tobytes())
    struct.pack_into("<I", content, 4, len(content) - 8)
    struct.pack_into("<I", content, 40, len(content) - 44)
    assert len(content) == 10 * MEBIBYTE
    assert len(content) / bytes_per_second < 300
    assert_error(post(client, bytes(content)), *SILENT)
    assert_error(post(client, bytes(content) + b"\0"), 413, "too_large", "Audio file too large")


def test_far_more_is_refused_unread(client: FlaskClient) -> None:
    response = post(client, bytes(30 * MEBIBYTE))
    assert_error(response, 413, "too_large", "Audio file too large")
    assert response.headers["Connection"] == "close"


@pytest.mark.parametrize("address", ["/predict", "/baseline"])
@pytest.mark.parametrize(
    ("head", "code"),
    [
        (b'--cut\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n' + bytes(11 * MEBIBYTE),
         "too_large"),
        (b'--cut\r\nContent-Disposition: form-data; name="x"\r\n\r\ny\r\n' * 100, "invalid_request"),
    ],
)  # fmt: skip
def test_a_body_in_chunks_is_bounded(address: str, head: bytes, code: str, client: FlaskClient) -> None:
    response = client.post(
        address,
        input_stream=io.BytesIO(head + b"\r\n--cut--\r\n"),
        content_type="multipart/form-data; boundary=cut",
        environ_overrides={"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"},
    )
    assert response.json["code"] == code
    assert response.status_code == (413 if code == "too_large" else 400)


@pytest.mark.slow
def test_ten_hours_in_nine_megabytes_are_refused_undecoded(client: FlaskClient) -> None:
    content = ten_hours_of_opus()
    assert MEBIBYTE < len(content) < 10 * MEBIBYTE
    started_s = process_time()
    response = post(client, content, "long.opus")
    # Of processor time. To decode them takes minutes.
    assert process_time() - started_s < 30
    assert_error(response, 413, "too_long", "Audio too long")


@pytest.mark.parametrize("rate_hz", [8_000, 96_000])
@pytest.mark.parametrize("channels", [1, 2, 8])
def test_other_rates_and_channels_are_fine(rate_hz: int, channels: int, client: FlaskClient, speech) -> None:
    import librosa

    y = librosa.resample(speech, orig_sr=SAMPLE_RATE_HZ, target_sr=rate_hz)
    content = sound_file(np.repeat(y[:, np.newaxis], channels, axis=1), rate_hz=rate_hz)
    assert post(client, content).status_code == 200


@pytest.mark.parametrize("name", ["../../etc/passwd", "..\\x.webm", "😀 ё.webm", "a" * 5000, "\0.webm", ".."])
def test_no_file_name_does_harm(name: str, client: FlaskClient) -> None:
    assert post(client, GOOD, name).status_code == 200


def test_half_a_webm_is_predicted_from_what_is_left(client: FlaskClient) -> None:
    assert post(client, GOOD[: len(GOOD) // 2]).status_code == 200


def test_clips_are_all_here() -> None:
    assert len(list(DATA.glob("*.webm"))) == 12
