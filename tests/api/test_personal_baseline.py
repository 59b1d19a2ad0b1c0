from __future__ import annotations

import io
import re
from collections.abc import Callable

import numpy as np
import pytest
from flask.testing import FlaskClient

from clips import CLIPS, MODEL, sound_file, transcode
from ser.audio.decode import decode
from ser.features.mfcc import MFCC, MFCC_PITCH
from ser.models.baseline import MIN_BASELINE_S, MIN_CONFIDENCE_UNKNOWN, PREFIX, Baseline
from ser.models.predictor import EmotionPredictor

GOOD = CLIPS[0].path.read_bytes()
LONG = transcode(np.tile(decode(CLIPS[0].path), 4), "wav")
RECORDINGS = [clip.path.read_bytes() for clip in CLIPS[:6]]

WIDTH = MFCC_PITCH.width


def files(*contents: bytes) -> list[tuple[io.BytesIO, str]]:
    return [(io.BytesIO(content), "x.webm") for content in contents]


def learn(client: FlaskClient, *contents: bytes, **fields: object):
    return client.post("/baseline", data={"file": files(*contents), **fields})


def post(client: FlaskClient, content: bytes = GOOD, **fields: object):
    return client.post("/predict", data={"file": files(content), **fields})


def read(response) -> Baseline:
    assert response.status_code == 200, response.text
    return Baseline.from_token(response.json["baseline"], MFCC_PITCH)


def assert_error(response, status: int, code: str, sentence: str, detail: str = "") -> None:
    assert response.status_code == status, response.text
    assert response.json["code"] == code
    assert response.json["error"] == sentence
    assert re.search(detail, response.json.get("detail", ""))


BAD = (422, "bad_baseline", "Baseline not usable")
SHORT = (422, "baseline_too_short", "Too little speech for a baseline")
INVALID = (400, "invalid_request", "Invalid request")


def test_a_voice_is_learnt(client: FlaskClient, predictor: EmotionPredictor) -> None:
    response = learn(client, LONG)
    assert set(response.json) == {"baseline", "speech_s"}
    assert len(response.json["baseline"]) < 4000
    learnt = read(response)
    assert response.json["speech_s"] == pytest.approx(learnt.speech_s, abs=0.01)
    expected = Baseline.of(predictor.speech_features(decode(LONG)))
    assert learnt.count == expected.count
    np.testing.assert_allclose(learnt.sum, expected.sum)


def test_several_files_are_one_voice(client: FlaskClient) -> None:
    whole = read(learn(client, *RECORDINGS))
    first = learn(client, *RECORDINGS[:5]).json["baseline"]
    grown = learn(client, RECORDINGS[5], baseline=first)
    assert read(grown).count == whole.count
    np.testing.assert_allclose(read(grown).sum_squares, whole.sum_squares)
    assert grown.json["speech_s"] == pytest.approx(whole.speech_s, abs=0.01)


def test_a_baseline_changes_the_prediction(client: FlaskClient, predictor: EmotionPredictor) -> None:
    token = learn(client, LONG).json["baseline"]
    plain = post(client).json
    with_baseline = post(client, baseline=token).json
    expected = predictor.predict(GOOD, Baseline.from_token(token, MFCC_PITCH))
    assert with_baseline["probabilities"] == pytest.approx(dict(expected.probabilities), abs=1e-4)
    assert with_baseline["probabilities"] != pytest.approx(plain["probabilities"], abs=1e-3)
    assert set(with_baseline) == set(plain)
    assert post(client, baseline=f"\n{token}\n").json["probabilities"] == with_baseline["probabilities"]


def test_nothing_is_remembered(client: FlaskClient, make_client: Callable[..., FlaskClient]) -> None:
    before = post(client).json["probabilities"]
    token = learn(client, LONG).json["baseline"]
    with_token = post(client, baseline=token, adapt="true").json["probabilities"]
    assert post(client).json["probabilities"] == before
    # Neither is it known here only: another server does the same with it.
    other = make_client()
    assert post(other, baseline=token).json["probabilities"] == with_token
    assert post(other).json["probabilities"] == before
    assert learn(other, LONG).json["baseline"] == token


def test_adapting_grows_the_baseline(client: FlaskClient, predictor: EmotionPredictor) -> None:
    first = post(client, RECORDINGS[0], adapt="true")
    assert list(first.json)[-2:] == ["baseline", "baseline_speech_s"]
    own = predictor.predict(RECORDINGS[0])
    assert read(first).count == own.statistics.count
    assert first.json["baseline_speech_s"] == pytest.approx(own.statistics.speech_s, abs=0.01)
    # A clip counts from the next one on.
    assert first.json["probabilities"] == pytest.approx(dict(own.probabilities), abs=1e-4)
    second = post(client, RECORDINGS[1], baseline=first.json["baseline"], adapt="true")
    both = own.statistics + predictor.predict(RECORDINGS[1]).statistics
    assert read(second).count == both.count
    np.testing.assert_allclose(read(second).sum, both.sum)
    assert second.json["baseline_speech_s"] == pytest.approx(both.speech_s, abs=0.01)
    expected = predictor.predict(RECORDINGS[1], own.statistics)
    assert second.json["probabilities"] == pytest.approx(dict(expected.probabilities), abs=1e-4)


def test_without_adapting_there_is_no_baseline_in_the_answer(client: FlaskClient) -> None:
    for adapt in ("false", ""):
        answer = post(client, adapt=adapt, baseline="")
        assert answer.status_code == 200
        assert not {"baseline", "baseline_speech_s"} & set(answer.json)


@pytest.mark.parametrize("adapt", ["maybe", "1", "TRUE", "null", "[" * 100_000, "😀"])
def test_a_wrong_adapt_is_refused(adapt: str, client: FlaskClient) -> None:
    assert_error(post(client, adapt=adapt), *INVALID, "'adapt'")
    assert post(client).status_code == 200


@pytest.mark.parametrize(
    "token",
    [
        "null",
        "{}",
        "[" * 100_000,
        "a" * 400_000,
        PREFIX,
        PREFIX + "A" * 2600,
        "😀",
        "../../etc/passwd",
        Baseline.of(np.ones((9, 120), np.float32)).token(MFCC),
        Baseline(9, np.full(WIDTH, np.nan), np.ones(WIDTH)).token(MFCC_PITCH),
        Baseline(9, np.full(WIDTH, 1e9), np.ones(WIDTH)).token(MFCC_PITCH),
        Baseline(2**40, np.zeros(WIDTH), np.ones(WIDTH)).token(MFCC_PITCH),
    ],
    ids=lambda token: token[:20],
)
def test_a_wrong_baseline_is_refused(token: str, client: FlaskClient) -> None:
    assert_error(post(client, baseline=token), *BAD, ".")
    assert_error(post(client, baseline=token, adapt="true"), *BAD, ".")
    assert_error(learn(client, LONG, baseline=token), *BAD, ".")
    assert post(client).status_code == 200


def test_a_baseline_of_half_a_megabyte_is_an_invalid_request(client: FlaskClient) -> None:
    assert_error(post(client, baseline="a" * 600_000), *INVALID)


def test_a_baseline_sent_as_a_file_is_not_overlooked(client: FlaskClient) -> None:
    token = learn(client, LONG).json["baseline"].encode()
    assert_error(post(client, baseline=(io.BytesIO(token), "token.txt")), *INVALID, "as text")
    assert_error(learn(client, LONG, baseline=(io.BytesIO(token), "token.txt")), *INVALID, "as text")


def test_the_largest_allowed_baseline_can_grow(client: FlaskClient) -> None:
    token = Baseline(10**9, np.zeros(WIDTH), np.full(WIDTH, 1e12)).token(MFCC_PITCH)
    for _ in range(3):
        answer = post(client, baseline=token, adapt="true")
        assert answer.status_code == 200
        token = answer.json["baseline"]
    assert read(learn(client, LONG, baseline=token)).count == 10**9


def test_five_seconds_are_needed(client: FlaskClient) -> None:
    assert_error(learn(client, GOOD), *SHORT, r"1\.0 s of speech were found; at least 5 s")
    little = post(client, adapt="true").json["baseline"]
    assert_error(learn(client, GOOD, baseline=little), *SHORT, r"2\.1 s")
    assert learn(client, LONG, baseline=little).status_code == 200


@pytest.mark.parametrize(
    ("contents", "expected"),
    [
        ([b"I am no sound"], (400, "unsupported_format", "Unsupported audio format")),
        ([LONG, b"I am no sound"], (400, "unsupported_format", "Unsupported audio format")),
        ([LONG, b""], (400, "no_file", "No audio file provided")),
        ([], (400, "no_file", "No audio file provided")),
        ([LONG, sound_file(np.zeros(96_000))], (422, "no_speech", "No speech detected")),
        ([LONG, sound_file(np.zeros(100))], (422, "too_short", "Audio too short")),
        ([LONG[:40]], (422, "decode_failed", "Audio could not be decoded")),
        ([GOOD] * 65, INVALID),
        ([GOOD] * 100, INVALID),
        ([bytes(4 * 1024**2)] * 3, (413, "too_large", "Audio file too large")),
        ([bytes(11 * 1024**2)], (413, "too_large", "Audio file too large")),
    ],
    ids=[
        "text",
        "one of two is text",
        "one of two is empty",
        "no file",
        "one of two is silent",
        "one of two is short",
        "cut",
        "65 files",
        "a hundred files",
        "12 MB in three files",
        "11 MB",
    ],
)
def test_bad_recordings(contents: list[bytes], expected: tuple[int, str, str], client: FlaskClient) -> None:
    assert_error(learn(client, *contents), *expected)
    assert learn(client, LONG).status_code == 200


@pytest.mark.parametrize("data", [None, {"file": "words"}, {"baseline": "x"}])
def test_no_recording(data: dict[str, str] | None, client: FlaskClient) -> None:
    assert_error(client.post("/baseline", data=data), 400, "no_file", "No audio file provided")


def test_a_forms_other_shapes_have_no_file(client: FlaskClient) -> None:
    response = client.post("/baseline", data=b'{"file": "x"}', content_type="application/json")
    assert_error(response, 400, "no_file", "No audio file provided")


@pytest.mark.parametrize("count", [15, 16, 20, 64])
def test_many_files_are_learnt_from(count: int, client: FlaskClient) -> None:
    contents = (RECORDINGS * count)[:count]
    answer = learn(client, *contents, model="cremad-6", baseline=learn(client, LONG).json["baseline"])
    assert answer.status_code == 200, answer.text
    assert answer.json["speech_s"] > count


@pytest.mark.parametrize("count", [65, 80, 81, 500])
def test_the_limit_of_files_is_told(count: int, client: FlaskClient) -> None:
    answer = learn(client, *[b"x"] * count)
    assert_error(answer, *INVALID, "64 .*files|64 files")
    document = client.get("/openapi.json").json["paths"]["/baseline"]["post"]["requestBody"]["content"]
    assert document["multipart/form-data"]["schema"]["properties"]["file"]["maxItems"] == 64


def test_the_length_counts_all_files_together(make_client: Callable[..., FlaskClient]) -> None:
    client = make_client(max_audio_s=12)
    assert learn(client, LONG).status_code == 200
    assert_error(learn(client, LONG, LONG), 413, "too_long", "Audio too long", "At most 12 s .* together")


def test_a_baseline_is_learnt_for_a_model(client: FlaskClient) -> None:
    named = learn(client, LONG, model=MODEL.name).json["baseline"]
    assert named == learn(client, LONG).json["baseline"]
    assert_error(learn(client, LONG, model="none"), 404, "unknown_model", "Unknown model")


def test_models_say_which_baselines_fit_and_when_they_abstain(
    client: FlaskClient, predictor: EmotionPredictor
) -> None:
    models = {model["name"]: model for model in client.get("/models").json["models"]}
    model = models[predictor.manifest.name]
    assert model["baseline_kind"] == models["cremad-6"]["baseline_kind"] == MFCC_PITCH.kind
    assert models["bilstm-cremad"]["baseline_kind"] == MFCC.kind
    assert model["abstains_below"] == predictor.manifest.min_confidence
    assert model["abstains_below_unknown"] == MIN_CONFIDENCE_UNKNOWN > model["abstains_below"]
    assert model["min_baseline_s"] == MIN_BASELINE_S


def test_without_a_model_no_voice_is_learnt(make_client: Callable[..., FlaskClient], tmp_path) -> None:
    response = learn(make_client(model_dir=tmp_path), LONG)
    assert_error(response, 503, "model_unavailable", "Model not available")
