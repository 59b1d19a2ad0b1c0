"""The package that answers in the browser, in a real one: as the server does, and nothing is sent."""

from __future__ import annotations

import json
import math
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
from playwright.sync_api import Browser, Page, expect

from clips import CLIPS, MODEL, NEUTRAL_CLIP, sound_file
from ser.app import create_app
from ser.audio.decode import decode
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


@pytest.fixture
def sent() -> list[tuple[str, str]]:
    """Method and address of each request of the page."""
    return []


@pytest.fixture
def page(browser: Browser, site: tuple[Path, str], sent: list[tuple[str, str]]) -> Iterator[Page]:
    with browser.new_context() as context:
        page = context.new_page()
        page.on("request", lambda request: sent.append((request.method, request.url)))
        page.goto(site[1])
        yield page


LOAD = """async ([name, network]) => {
  const { load } = await import('/ser-web.js');
  window.model = await load(`/${name}.json`, { network, speechDetector: '/silero_vad.onnx' });
}"""
PREDICT = """async ([numbers, options]) => {
  try {
    return await window.model.predict(Float32Array.from(numbers, (each) => each ?? NaN), options);
  } catch (error) {
    return { code: error.code, error: error.message };
  }
}"""


@pytest.fixture
def predict(page: Page) -> Callable[..., dict[str, Any]]:
    """Ask the page for the answer of `cremad-6`, or of the model that was loaded since."""
    page.evaluate(LOAD, ["cremad-6", "/model.onnx"])

    def ask(y: Waveform, **options: object) -> dict[str, Any]:
        # JSON has no NaN.
        numbers = [None if math.isnan(value) else value for value in y.tolist()]
        found: dict[str, Any] = page.evaluate(PREDICT, [numbers, options])
        return found

    return ask


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
    found = page.evaluate(learn, [speech.tolist(), {}])
    expected = Baseline.of(features.extract(speech))
    assert found["speech_s"] == pytest.approx(expected.speech_s, abs=0.006)
    learnt = Baseline.from_token(found["baseline"], features)
    np.testing.assert_allclose(learnt.sum, expected.sum, rtol=1e-4, atol=0.3)
    begin, end = SOUNDS[0][8_000:16_000], SOUNDS[0][16_000:24_000]
    for y, says in ((SOUNDS[0], "are needed"), (np.concatenate([begin, pause, end]), "pauses")):
        found = page.evaluate(learn, [y.tolist(), {}])
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
