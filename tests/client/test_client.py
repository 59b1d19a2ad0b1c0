"""Both clients against a server as a user starts it, with real clips."""

from __future__ import annotations

import io
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from clips import CLIPS, DATA, sound_file
from live import pcm
from ser.audio.decode import decode
from ser.audio.waveform import SAMPLE_RATE_HZ
from ser.client import (
    Analysis,
    AnalysisStarted,
    ApiError,
    AudioRefused,
    Baseline,
    BaselineRefused,
    ConnectionFailed,
    ModelRefused,
    NoSpeech,
    PeaksFound,
    Prediction,
    Progress,
    RequestRefused,
    Result,
    SpeechEnded,
    SpeechStarted,
    StreamRefused,
    TimedOut,
    VoicesFound,
    Window,
)
from server import Server
from waiting import DEADLINE_S

CLIP = CLIPS[0]
SILENCE = sound_file(np.zeros(SAMPLE_RATE_HZ))

Connect = Callable[..., Any]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The server."""
    server = Server(tmp_path_factory.mktemp("server") / "log", SER_STREAM_IDLE_S="600")
    yield server
    assert server.stop() == 0


@pytest.fixture
def client(connect: Connect, server: Server) -> Any:
    """A client of it, of each kind."""
    return connect(server.url)


@pytest.fixture(scope="module")
def call() -> bytes:
    """A stereo recording of two people who take turns."""
    left, right = (np.concatenate([decode(clip.path) for clip in CLIPS[i : i + 3]]) for i in (0, 6))
    y = np.zeros((len(left) + len(right), 2), np.float32)
    y[: len(left), 0], y[len(left) :, 1] = left, right
    return sound_file(y)


@pytest.fixture(scope="module")
def speech() -> bytes:
    """A sentence and a pause, as a live stream takes them."""
    return pcm(np.concatenate([decode(CLIP.path), np.zeros(SAMPLE_RATE_HZ, np.float32)]))


def pipe(content: bytes) -> Any:
    read, write = os.pipe()

    def fill() -> None:
        with os.fdopen(write, "wb") as target:
            target.write(content)

    threading.Thread(target=fill, daemon=True).start()
    return os.fdopen(read, "rb")


def without_time(answer: Prediction) -> dict[str, object]:
    return answer.model_dump(exclude={"timestamp"})


@pytest.mark.parametrize(
    "given",
    [
        str,
        Path,
        Path.read_bytes,
        lambda path: bytearray(path.read_bytes()),
        lambda path: path.open("rb"),
        lambda path: io.BytesIO(path.read_bytes()),
        lambda path: pipe(path.read_bytes()),
    ],
    ids=["text", "path", "bytes", "bytearray", "file", "BytesIO", "pipe"],
)
def test_every_way_to_give_a_file_gets_the_same(given: Callable[[Path], Any], client, server: Server) -> None:
    with CLIP.path.open("rb") as file:
        said = httpx.post(f"{server.url}/predict", files={"file": file}).json()
    prediction = client.predict(given(CLIP.path))
    assert prediction.emotion == CLIP.emotion
    assert prediction.timestamp.utcoffset() is not None
    del said["timestamp"]
    assert prediction.model_dump(exclude={"timestamp"}, exclude_unset=True) == said


def test_a_file_of_the_callers_is_sent_from_its_beginning_and_stays_open(client) -> None:
    with CLIP.path.open("rb") as file:
        file.seek(99)
        first = client.predict(file)
        assert without_time(client.predict(file)) == without_time(first)
        assert not file.closed


def test_the_options_of_a_prediction(client) -> None:
    plain = client.predict(CLIP.path)
    six = client.predict(CLIP.path, model="cremad-6")
    assert len(six.probabilities) == 6
    by_mapping = client.predict(CLIP.path, prior={"Sad": 3, "Angry": 0.1})
    assert by_mapping.probabilities["Sad"] > plain.probabilities["Sad"]
    assert without_time(by_mapping) == without_time(client.predict(CLIP.path, prior="Sad=3,Angry=0.1"))
    assert plain.voice_gender is None
    assert client.predict(CLIP.path, voice_gender=True).voice_gender.label == "Female"
    assert plain.baseline is None
    nothing = dict.fromkeys(("model", "baseline", "prior")) | {"adapt": False, "voice_gender": False}
    assert without_time(client.predict(CLIP.path, **nothing)) == without_time(plain)


def test_a_baseline_is_learnt_used_and_grows(client) -> None:
    paths = [clip.path for clip in CLIPS[:4]]
    baseline = client.learn(*paths[:3])
    assert baseline.speech_s > 5
    used = client.predict(paths[3], baseline=baseline, adapt=True)
    assert without_time(used) == without_time(client.predict(paths[3], baseline=baseline.token, adapt=True))
    assert used.probabilities != client.predict(paths[3]).probabilities
    assert used.baseline.speech_s > baseline.speech_s
    assert client.learn(paths[3], baseline=baseline, model="cremad-4").speech_s > baseline.speech_s
    assert Baseline.model_validate_json(baseline.model_dump_json()) == baseline
    assert Prediction.model_validate_json(used.model_dump_json()) == used


def test_the_lines_of_an_analysis_come_in_their_order(client, call: bytes) -> None:
    lines = list(client.analyze_lines(call, peaks=True))
    assert isinstance(lines[0], AnalysisStarted)
    assert lines[0].passes == 2
    progress = [line for line in lines if isinstance(line, Progress)]
    assert progress[0].number == 1
    shares = [line.share for line in progress]
    assert shares == sorted(shares)
    assert shares[-1] <= 1
    assert [line.peaks for line in lines if isinstance(line, PeaksFound)] == [lines[-1].peaks]
    assert [line for line in lines if isinstance(line, Window)] == lines[-1].windows
    assert [line for line in lines if isinstance(line, Analysis)] == [lines[-1]]


def test_an_analysis_is_what_the_server_says(client, server: Server, call: bytes) -> None:
    said = httpx.post(f"{server.url}/analyze", files={"file": call}, timeout=DEADLINE_S).json()
    analysis = client.analyze(call)
    del said["timestamp"]
    assert analysis.model_dump(exclude={"timestamp"}, exclude_unset=True) == said
    for format_ in ("csv", "textgrid"):
        url = f"{server.url}/analyze?format={format_}"
        direct = httpx.post(url, files={"file": call}, timeout=DEADLINE_S).text
        assert client.timeline(analysis, format_) == direct


def test_two_voices(client, call: bytes) -> None:
    lines = list(client.analyze_lines(call, channels="split", voice_gender=True, model="cremad-6"))
    (found,) = (line for line in lines if isinstance(line, VoicesFound))
    analysis = lines[-1]
    assert [voice.channel for voice in found.voices] == [voice.channel for voice in analysis.voices] == [1, 2]
    assert all(voice.voice_gender.label in ("Female", "Male") for voice in analysis.voices)
    assert {segment.voice for segment in analysis.segments} == {1, 2}
    assert analysis.model == "cremad-6"
    of_two = client.analyze(call, speakers=2, baseline="none")
    assert [voice.channel for voice in of_two.voices] == [None, None]
    assert of_two.baseline == "none"


def test_a_recording_without_speech_is_no_error(client) -> None:
    analysis = client.analyze(SILENCE)
    assert (analysis.emotion, analysis.segments, analysis.window_vote) == (None, [], None)


def test_an_analysis_can_be_left_early(client, call: bytes) -> None:
    lines = client.analyze_lines(call)
    assert isinstance(next(lines), AnalysisStarted)
    lines.close()
    assert client.health().status == "healthy"


def test_what_the_server_is(client) -> None:
    known = client.models()
    assert known.default == "cremad-4"
    assert {"cremad-4", "cremad-6", "voice-gender"} <= {model.name for model in known.models}
    one = client.model("cremad-6")
    assert len(one.emotions) == 6
    # Fields without a type of their own are there, too.
    assert one.split["by"] == "speaker"
    health = client.health()
    assert (health.status, health.model_loaded) == ("healthy", True)


SYLLABLE = sound_file(0.5 * np.ones(800))
DAMAGED = CLIP.path.read_bytes()[:200] + bytes(range(256)) * 40


@pytest.mark.parametrize(
    ("ask", "error", "code", "status"),
    [
        (lambda client: client.predict(b"no sound"), AudioRefused, "unsupported_format", 400),
        (lambda client: client.predict(b""), AudioRefused, "no_file", 400),
        (lambda client: client.predict(bytes(11 * 1024**2)), AudioRefused, "too_large", 413),
        (lambda client: client.predict(SYLLABLE), AudioRefused, "too_short", 422),
        (lambda client: client.predict(DAMAGED), AudioRefused, "decode_failed", 422),
        (lambda client: client.predict(CLIP.path, model="none"), ModelRefused, "unknown_model", 404),
        (lambda client: client.predict(CLIP.path, model="voice-gender"), ModelRefused, "wrong_task", 422),
        (lambda client: client.predict(CLIP.path, baseline="none"), BaselineRefused, "bad_baseline", 422),
        (lambda client: client.predict(CLIP.path, prior={"Joy": 2}), RequestRefused, "bad_prior", 400),
        (lambda client: client.learn(CLIP.path), AudioRefused, "baseline_too_short", 422),
        (lambda client: client.learn(*[CLIP.path] * 65), RequestRefused, "invalid_request", 400),
        (lambda client: client.analyze(b"no sound"), AudioRefused, "unsupported_format", 400),
        (lambda client: client.analyze(b""), AudioRefused, "no_file", 400),
        (lambda client: client.analyze(CLIP.path, channels="split"), AudioRefused, "not_stereo", 422),
        (lambda client: client.analyze(CLIP.path, speakers=3), RequestRefused, "invalid_request", 400),
        (lambda client: client.analyze(CLIP.path, model="x"), ModelRefused, "unknown_model", 404),
        (lambda client: client.model("../health"), ApiError, "not_found", 404),
        (lambda client: list(client.stream(b"", model="none")), ModelRefused, "unknown_model", None),
        (lambda client: list(client.stream(b"", baseline="none")), BaselineRefused, "bad_baseline", None),
        (lambda client: list(client.stream(b"", hop_s=99)), StreamRefused, "bad_config", None),
    ],
)  # fmt: skip
def test_what_cannot_be_answered_is_an_error_with_a_name(
    ask: Callable[[Any], object], error: type[ApiError], code: str, status: int | None, client
) -> None:
    with pytest.raises(error) as raised:
        ask(client)
    assert (raised.value.code, raised.value.status) == (code, status)
    assert raised.value.detail
    assert f"{raised.value.sentence} ({code}): {raised.value.detail}" == str(raised.value)
    assert client.health().model_loaded


def test_silence_is_an_error_of_its_own(client) -> None:
    hum = 0.1 * np.sin(np.arange(3 * SAMPLE_RATE_HZ) / 30)
    with pytest.raises(NoSpeech):
        client.predict(sound_file(hum))


@pytest.mark.parametrize(
    ("ask", "error"),
    [
        (lambda client: client.predict(CLIP.path, modle="x"), TypeError),
        (lambda client: client.analyze_lines(CLIP.path, adapt=True), TypeError),
        (lambda client: list(client.stream(b"", peaks=True)), TypeError),
        (lambda client: client.predict(7), TypeError),
        (lambda client: client.predict(io.StringIO("text")), TypeError),
        (lambda client: client.predict(DATA / "nowhere.wav"), FileNotFoundError),
        (lambda client: client.learn(CLIP.path, DATA), IsADirectoryError),
    ],
)
def test_wrong_use_is_no_request(ask: Callable[[Any], object], error: type[Exception], client) -> None:
    with pytest.raises(error):
        ask(client)


@pytest.mark.parametrize(
    "chunks",
    [lambda sound: sound, lambda sound: (sound[i : i + 999] for i in range(0, len(sound), 999))],
    ids=["whole", "odd pieces"],
)
def test_a_stream_yields_what_is_said(chunks: Callable[[bytes], Any], client, speech: bytes) -> None:
    first, *results, last = client.stream(chunks(speech), hop_s=0.25)
    assert isinstance(first, SpeechStarted)
    # Which results there are depends on how fast the machine is: late ones are left out.
    assert all(isinstance(result, Result) for result in results)
    assert isinstance(last, SpeechEnded)
    assert last.start_ms == first.start_ms
    assert last.baseline.token
    again = list(client.stream(speech, baseline=last.baseline, model="cremad-6", adapt=False))
    assert again[-1].baseline is None


def test_sound_can_be_of_another_rate_and_encoding(client) -> None:
    y = decode(CLIP.path)
    twice = np.repeat(y, 3)
    sound = np.concatenate([twice, np.zeros(48_000, np.float32)]).astype("<f4").tobytes()
    events = list(client.stream(sound, sample_rate_hz=48_000, encoding="f32le"))
    assert isinstance(events[-1], SpeechEnded)
    assert events[-1].end_ms <= 1000 * (len(y) / SAMPLE_RATE_HZ + 1)


def test_a_stream_can_be_sent_and_received_step_by_step(client, speech: bytes) -> None:
    events: list[Any] = []
    with client.open_stream(hop_s=0.25) as stream:
        assert stream.ready.model == "cremad-4"
        assert stream.ready.hop_s == 0.25
        for i in range(0, len(speech), 3200):
            stream.send(speech[i : i + 3200])
            # Is refused, and changes nothing: its answer shows that the piece before it was worked on.
            stream.send(b"odd")
            with pytest.raises(StreamRefused, match="bad_frame"):
                events.extend(iter(lambda: stream.receive(DEADLINE_S), None))
        with pytest.raises(TimedOut):
            stream.receive(0)
        stream.end()
        events += list(stream)
        assert stream.receive() is None
    started, *results, ended = events
    assert [type(event) for event in (started, ended)] == [SpeechStarted, SpeechEnded]
    assert results
    assert ended.votes == {
        emotion: len([result for result in results if result.emotion == emotion]) for emotion in ended.votes
    }
    assert ended.emotion == CLIP.emotion


def test_sound_that_fails_ends_the_stream(client, speech: bytes) -> None:
    def microphone() -> Iterator[bytes]:
        yield speech[:3200]
        raise RuntimeError("unplugged")

    with pytest.raises(RuntimeError, match="unplugged"):
        list(client.stream(microphone()))
    assert client.health().model_loaded


def test_a_server_that_is_killed_ends_a_stream(connect: Connect, tmp_path: Path, speech: bytes) -> None:
    own = Server(tmp_path / "log", SER_WORKERS="1")

    def microphone() -> Iterator[bytes]:
        yield speech[:32000]
        own.kill()
        while True:
            yield bytes(3200)

    client = connect(own.url)
    try:
        with pytest.raises(ConnectionFailed):
            list(client.stream(microphone()))
    finally:
        if own.process.poll() is None:
            own.kill()
    with pytest.raises(ConnectionFailed):
        client.health()
