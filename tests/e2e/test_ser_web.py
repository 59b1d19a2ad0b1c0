"""The package that answers in the browser, in a real one: as the server does, and nothing is sent."""

from __future__ import annotations

import base64
import io
import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import pytest
import soxr
from playwright.sync_api import Browser, Page, expect

from clips import CLIPS, MODEL, NEUTRAL_CLIP, sound_file
from ser.analysis.live import Session
from ser.analysis.timeline import analyze
from ser.app import create_app
from ser.audio.decode import decode
from ser.audio.stream import AudioStream
from ser.audio.waveform import SAMPLE_RATE_HZ, Waveform
from ser.config import Settings
from ser.models.baseline import Baseline
from ser.models.predictor import EmotionPredictor

PACKAGE = Path(__file__).parents[2] / "frontend" / "packages" / "ser-web"
DETECTOR = "silero_vad.onnx"
SIX = MODEL.with_name("cremad-6")
SOUNDS = [decode(path) for path in (*(clip.path for clip in CLIPS), NEUTRAL_CLIP)]


class _Silent(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Keep the output of the tests readable."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """A folder of files alone, as anybody can put it on the web, and its address."""
    folder = tmp_path_factory.mktemp("site")
    build = ["npx", "vite", "build", "--logLevel", "error", "--outDir", str(folder)]
    subprocess.run(build, cwd=PACKAGE, check=True)
    for file in (PACKAGE / "example" / "index.html", PACKAGE / DETECTOR, SIX / "model.onnx"):
        shutil.copy(file, folder)
    client = create_app(Settings()).test_client()
    for name in ("cremad-6", "cremad-4", "dense-105"):
        (folder / f"{name}.json").write_bytes(client.get(f"/models/{name}").data)
    shutil.copy(folder / "cremad-6.json", folder / "description.json")
    shutil.copy(MODEL.with_name("dense-105") / "model.onnx", folder / "dense.onnx")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Silent, directory=str(folder))) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield folder, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def opened(browser: Browser, site: tuple[Path, str]) -> Iterator[tuple[Page, list[tuple[str, str]]]]:
    """The page, which is opened once, and method and address of each of its requests."""
    sent: list[tuple[str, str]] = []
    with browser.new_context() as context:
        page = context.new_page()
        page.on("request", lambda request: sent.append((request.method, request.url)))
        page.add_init_script(SAMPLES_OF)
        page.goto(site[1])
        yield page, sent


@pytest.fixture
def page(opened: tuple[Page, list[tuple[str, str]]]) -> Page:
    return opened[0]


@pytest.fixture
def sent(opened: tuple[Page, list[tuple[str, str]]]) -> list[tuple[str, str]]:
    """Method and address of each request of the page, since it was opened."""
    return opened[1]


# JSON has no NaN, and takes seconds for half a minute of numbers.
SAMPLES_OF = """window.samplesOf = (text) =>
  new Float32Array(Uint8Array.from(atob(text), (each) => each.charCodeAt(0)).buffer);"""
LOAD = """async ([name, network]) => {
  const { load } = await import('/ser-web.js');
  window.model = await load(`/${name}.json`, { network, speechDetector: '/silero_vad.onnx' });
  window.loaded = name;
}"""
PREDICT = """async ([samples, options]) => {
  try {
    return await window.model.predict(samplesOf(samples), options);
  } catch (error) {
    return { code: error.code, error: error.message };
  }
}"""


@pytest.fixture
def predict(page: Page) -> Callable[..., dict[str, Any]]:
    """Ask the page for the answer of `cremad-6`, or of the model that was loaded since."""
    if page.evaluate("window.loaded") != "cremad-6":
        page.evaluate(LOAD, ["cremad-6", "/model.onnx"])

    def ask(y: Waveform, **options: object) -> dict[str, Any]:
        found: dict[str, Any] = page.evaluate(PREDICT, [as_text(y), options])
        return found

    return ask


def as_text(y: Waveform) -> str:
    return base64.b64encode(y.astype("<f4").tobytes()).decode()


def compare(found: dict[str, Any], expected: dict[str, Any]) -> None:
    """Hold an answer of the page to that of the server."""
    assert found["probabilities"] == pytest.approx(expected["probabilities"], abs=1e-3)
    numbers = ("confidence", "valence", "arousal")
    assert [found[name] for name in numbers] == pytest.approx([expected[name] for name in numbers], abs=2e-3)
    assert [found[name] for name in ("emotion", "low_information", "sentiment")] == [
        expected[name] for name in ("emotion", "low_information", "sentiment")
    ]
    assert found.get("intensity") == pytest.approx(expected.get("intensity"), abs=0.11)
    assert expected.keys() - found.keys() == {"timestamp"}


@pytest.mark.parametrize("name", ["cremad-6", "cremad-4"])
def test_the_answers_are_those_of_the_server(
    name: str, predict: Callable[..., dict[str, Any]], page: Page, sent: list[tuple[str, str]]
) -> None:
    page.evaluate(LOAD, [name, "/model.onnx"])
    before = len(sent)
    predictor = EmotionPredictor.load(MODEL.with_name(name))
    for y in SOUNDS:
        compare(predict(y), predictor.predict_waveform(y).as_dict())
    assert len(sent) == before, "something was sent"


def test_a_learned_voice_is_the_server_s(predict: Callable[..., dict[str, Any]]) -> None:
    predictor = EmotionPredictor.load(SIX)
    first, second, third = SOUNDS[:3]
    learned = predict(first, adapt=True)
    baseline = Baseline.from_token(learned["baseline"], predictor.feature_set)
    compare(
        predict(second, baseline=learned["baseline"]), predictor.predict_waveform(second, baseline).as_dict()
    )
    more = predict(second, baseline=learned["baseline"], adapt=True)
    both = Baseline.from_token(more["baseline"], predictor.feature_set)
    added = baseline + Baseline.of(predictor.feature_set.extract(second))
    assert both.count == added.count
    np.testing.assert_allclose(both.sum, added.sum, rtol=1e-4, atol=0.2)
    assert more["baseline_speech_s"] == pytest.approx(both.speech_s, abs=0.006)
    # And the other way round.
    compare(
        predict(third, baseline=both.token(predictor.feature_set)),
        predictor.predict_waveform(third, both).as_dict(),
    )


def test_a_voice_is_learnt_from_ordinary_speech_and_not_from_pauses(
    page: Page, predict: Callable[..., dict[str, Any]]
) -> None:
    learn = PREDICT.replace("predict(", "learn(")
    features = EmotionPredictor.load(SIX).feature_set
    speech, pause = np.concatenate(SOUNDS[:3]), np.full(6 * SAMPLE_RATE_HZ, 1e-4, np.float32)
    found = page.evaluate(learn, [as_text(speech), {}])
    expected = Baseline.of(features.extract(speech))
    assert found["speech_s"] == pytest.approx(expected.speech_s, abs=0.006)
    learnt = Baseline.from_token(found["baseline"], features)
    np.testing.assert_allclose(learnt.sum, expected.sum, rtol=1e-4, atol=0.3)
    begin, end = SOUNDS[0][8_000:16_000], SOUNDS[0][16_000:24_000]
    for y, says in ((SOUNDS[0], "are needed"), (np.concatenate([begin, pause, end]), "pauses")):
        found = page.evaluate(learn, [as_text(y), {}])
        assert (found["code"], says in found["error"]) == ("baseline_too_short", True)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda token: "nonsense", "begins with"),
        (lambda token: token[:-9], "damaged"),
        (lambda token: token[:100] + "." + token[101:], "damaged"),
        (lambda token: token[:200] + ("A" if token[200] != "A" else "B") + token[201:], "damaged"),
        (lambda token: "ser-baseline-1.", "damaged"),
    ],
)
def test_a_bad_baseline_is_refused(
    change: Callable[[str], str], says: str, predict: Callable[..., dict[str, Any]]
) -> None:
    token = predict(SOUNDS[0], adapt=True)["baseline"]
    found = predict(SOUNDS[0], baseline=change(token))
    assert (found["code"], says in found["error"]) == ("bad_baseline", True)


def test_a_baseline_that_no_frames_of_the_model_have_is_refused(
    predict: Callable[..., dict[str, Any]],
) -> None:
    other = EmotionPredictor.load(MODEL.with_name("bilstm-cremad"))
    token = Baseline.of(other.feature_set.extract(SOUNDS[0])).token(other.feature_set)
    assert "other features" in predict(SOUNDS[0], baseline=token)["error"]
    features = EmotionPredictor.load(SIX).feature_set
    for impossible in (np.full(features.width, np.nan), np.full(features.width, -5.0)):
        token = Baseline(9, np.zeros(features.width), impossible).token(features)
        assert "No frames" in predict(SOUNDS[0], baseline=token)["error"]


def test_what_is_no_voice_is_refused_and_nothing_becomes_nan(predict: Callable[..., dict[str, Any]]) -> None:
    noise = np.random.default_rng(0).standard_normal(2 * SAMPLE_RATE_HZ).astype(np.float32)
    refused = {
        "too_short": [SOUNDS[0][:800], SOUNDS[0][:0]],
        "no_speech": [np.zeros(SAMPLE_RATE_HZ, np.float32), 0.1 * noise, np.full(SAMPLE_RATE_HZ, np.nan)],
    }
    for code, sounds in refused.items():
        assert [predict(y).get("code") for y in sounds] == [code] * len(sounds)
    spoilt = SOUNDS[0].copy()
    spoilt[5_000:5_010] = np.nan
    clean = np.nan_to_num(spoilt)
    compare(predict(spoilt), EmotionPredictor.load(SIX).predict_waveform(clean).as_dict())


def test_a_model_that_cannot_be_used_is_a_sentence(page: Page, site: tuple[Path, str]) -> None:
    folder, _ = site
    (folder / "cut.onnx").write_bytes((folder / "model.onnx").read_bytes()[:100_000])
    described = json.loads((folder / "cremad-6.json").read_text())
    (folder / "old.json").write_text(json.dumps({"name": "old", "emotions": described["emotions"]}))
    (folder / "unhashed.json").write_text(json.dumps(described | {"onnx_sha256": None}))
    for name, network, says in (
        ("cremad-6", "/cut.onnx", "cut off"),
        ("unhashed", "/cut.onnx", "ONNX Runtime cannot load"),
        ("cremad-6", "/none.onnx", "404"),
        ("none", "/model.onnx", "404"),
        ("old", "/model.onnx", "describes no model"),
        ("dense-105", "/dense.onnx", "takes no waveform"),
    ):
        found = page.evaluate(
            f"(given) => ({LOAD})(given).then(() => 'loaded', (error) => [error.code, error.message])",
            [name, network],
        )
        assert found[0] == "model_unavailable"
        assert says in found[1]


def test_the_example_answers_from_files_alone(
    page: Page, site: tuple[Path, str], sent: list[tuple[str, str]], tmp_path: Path
) -> None:
    clip = tmp_path / "clip.wav"
    clip.write_bytes(sound_file(SOUNDS[0]))
    expected = EmotionPredictor.load(SIX).predict_waveform(SOUNDS[0]).as_dict()
    page.locator("input").set_input_files(clip)
    expect(page.locator("pre")).to_contain_text(expected["emotion"])
    shown = json.loads(page.locator("pre").inner_text().partition("\n")[2])
    # The browser's decoder has its own rounding.
    assert shown == pytest.approx(expected["probabilities"], abs=2e-3)
    assert {method for method, _ in sent} == {"GET"}
    assert all(url.startswith(site[1]) for _, url in sent)


ANALYZE = """async ([samples, options]) => {
  const lines = [];
  const onProgress = (line) => lines.push(line);
  const result = await window.model.analyze(samplesOf(samples), { ...options, onProgress });
  return [...lines, { type: 'result', ...result }];
}"""
STREAM = """async ([samples, options, pieceLength]) => {
  const numbers = samplesOf(samples);
  const session = await window.model.stream(options);
  const lines = [];
  for (let at = 0; at < numbers.length; at += pieceLength) {
    lines.push(...await session.feed(numbers.slice(at, at + pieceLength)));
  }
  return [...lines, ...await session.finish()];
}"""
# With pauses at first, and 15 s without one then.
TALK = np.concatenate(
    [part for i, y in enumerate(SOUNDS) for part in (y, np.zeros(12_000 if i in (1, 3, 5) else 0))]
).astype(np.float32)


def compare_lines(found: list[dict[str, Any]], expected: list[dict[str, Any]]) -> None:
    """Hold lines of the page to those of the server, with numbers that are rounded in another way."""
    assert [each["type"] for each in found] == [each["type"] for each in expected]
    for one, other in zip(found, expected, strict=True):
        compare_values(one, other)


def compare_values(found: Any, expected: Any, name: str = "") -> None:
    if isinstance(expected, dict):
        assert expected.keys() - found.keys() <= {"timestamp"}
        for key, value in found.items():
            compare_values(value, expected[key], key)
    elif isinstance(expected, list | tuple):
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            compare_values(one, other, name)
    elif name == "intensity":
        assert found == pytest.approx(expected, abs=0.3)
    elif isinstance(expected, float):
        assert found == pytest.approx(expected, abs=3e-3), name
    elif name != "baseline":
        assert found == expected, name


@pytest.mark.parametrize(
    ("name", "baseline"),
    [("cremad-6", "recording"), ("cremad-6", "none"), ("cremad-6", "token"), ("cremad-4", "recording")],
)
def test_a_timeline_is_that_of_the_server(
    name: str,
    baseline: str,
    page: Page,
    predict: Callable[..., dict[str, Any]],
    sent: list[tuple[str, str]],
) -> None:
    page.evaluate(LOAD, [name, "/model.onnx"])
    before = len(sent)
    predictor = EmotionPredictor.load(MODEL.with_name(name))
    known = Baseline.of(predictor.feature_set.extract(SOUNDS[0])) if baseline == "token" else None
    # Float samples, so that a file and JSON hold the same.
    recording = AudioStream(io.BytesIO(sound_file(TALK, subtype="FLOAT")), max_duration_s=900)
    how = {"recording": "recording", "none": None, "token": known}[baseline]
    expected = [line.as_dict() for line in analyze(recording, predictor, baseline=how)]
    asked = known.token(predictor.feature_set) if known else baseline
    found = page.evaluate(ANALYZE, [as_text(TALK), {"baseline": asked}])
    # How often progress is told depends on the time that it takes.
    told = [[line for line in lines if line["type"] != "progress"] for lines in (found, expected)]
    compare_lines(*told)
    assert found[-1]["baseline"] == expected[-1]["baseline"] == baseline
    assert len(found[-1]["segments"]) > 5
    assert {line["pass"] for line in found if line["type"] == "progress"} == {
        line["pass"] for line in expected if line["type"] == "progress"
    }
    assert len(sent) == before, "something was sent"


def test_a_recording_without_speech_and_one_with_little(
    predict: Callable[..., dict[str, Any]], page: Page
) -> None:
    predictor = EmotionPredictor.load(SIX)
    for y in (np.zeros(0, np.float32), np.zeros(SAMPLE_RATE_HZ, np.float32), SOUNDS[0]):
        result = page.evaluate(ANALYZE, [as_text(y), {}])[-1]
        assert result["baseline"] == "none"
        if not y.any():
            assert (result["emotion"], result["segments"], result["speech_s"]) == (None, [], 0)
    expected = predictor.predict_waveform(SOUNDS[0])
    assert result["emotion"] == expected.emotion


def test_an_analysis_can_be_given_up(predict: Callable[..., dict[str, Any]], page: Page) -> None:
    found = page.evaluate(
        """async (samples) => {
          const controller = new AbortController();
          const onProgress = ({ type }) => { if (type === 'progress') controller.abort(); };
          const options = { signal: controller.signal, onProgress };
          return window.model.analyze(samplesOf(samples), options)
            .then(() => 'done', (error) => error.name);
        }""",
        as_text(TALK),
    )
    assert found == "AbortError"


@pytest.mark.parametrize("piece_length", [1_600, 10_000])
def test_a_stream_is_that_of_the_server(
    piece_length: int,
    page: Page,
    predict: Callable[..., dict[str, Any]],
) -> None:
    session = Session(EmotionPredictor.load(SIX), encoding="f32le")
    pieces = np.split(TALK, range(piece_length, len(TALK), piece_length))
    lines = [line for piece in pieces for line in session.feed(piece.tobytes())] + session.finish()
    found = page.evaluate(STREAM, [as_text(TALK), {"adapt": True}, piece_length])
    compare_lines(found, [line.as_dict() for line in lines])
    assert session.baseline is not None
    learnt = Baseline.from_token(found[-1]["baseline"], EmotionPredictor.load(SIX).feature_set)
    np.testing.assert_allclose(learnt.sum, session.baseline.sum, rtol=1e-3, atol=1)


def test_a_microphone_of_another_rate_gives_the_same_results(
    page: Page, predict: Callable[..., dict[str, Any]]
) -> None:
    y = TALK[: 20 * SAMPLE_RATE_HZ]
    faster = soxr.resample(y, SAMPLE_RATE_HZ, 44_100)
    found, expected = (
        page.evaluate(STREAM, [as_text(sound), {"sampleRateHz": rate_hz}, rate_hz // 10])
        for sound, rate_hz in ((faster, 44_100), (y, SAMPLE_RATE_HZ))
    )
    ended = [[each for each in lines if each["type"] == "speech_ended"] for lines in (found, expected)]
    assert [each["emotion"] for each in ended[0]] == [each["emotion"] for each in ended[1]]
    for one, other in zip(*ended, strict=True):
        assert one["end_ms"] == pytest.approx(other["end_ms"], abs=64)
        # What is above 7 kHz is weaker than it was.
        assert one["probabilities"] == pytest.approx(other["probabilities"], abs=0.08)


def test_a_hurried_stream_leaves_results_out(page: Page, predict: Callable[..., dict[str, Any]]) -> None:
    hurried = STREAM.replace("pieceLength)));", "pieceLength), at < 0.9 * numbers.length));")
    results = [
        [line for line in page.evaluate(script, [as_text(SOUNDS[1]), {}, 1_600]) if line["type"] == "result"]
        for script in (STREAM, hurried)
    ]
    assert 0 < len(results[1]) < len(results[0])
