from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from clips import CLIPS, CONTAINERS, sound_file, transcode
from ser.analysis import timeline
from ser.api import streamed_form
from ser.api.schemas import AnalysisBody
from ser.audio.decode import decode
from ser.audio.waveform import Waveform

# Of an answer whose request asks for nothing more.
ASKED_FOR = {"voice_gender", "voices", "same_channels", "peaks", "channel_peaks"}
JSON_KEYS = set(AnalysisBody.model_fields) - ASKED_FOR
FORMATS = ["csv", "vtt", "audacity", "textgrid", "rttm"]


@pytest.fixture(scope="module")
def talk() -> Waveform:
    pause = np.zeros(16_000, np.float32)
    return np.concatenate([part for clip in CLIPS for part in (decode(clip.path), pause)])


@pytest.fixture(scope="module")
def recording(talk: Waveform) -> bytes:
    return transcode(talk, "webm")


def analyze(client: FlaskClient, content: bytes, query: str = "", **fields: Any) -> TestResponse:
    data = {"file": (io.BytesIO(content), "talk.bin"), **fields}
    return client.post(f"/analyze{query}", data=data, content_type="multipart/form-data")


def test_the_answer_is_the_documented_one(client: FlaskClient, recording: bytes) -> None:
    answer = analyze(client, recording)
    assert answer.status_code == 200
    assert set(answer.json) == JSON_KEYS
    found = AnalysisBody.model_validate(answer.json)
    assert found.emotion in found.distribution
    assert found.baseline == "recording"
    assert found.model == "cremad-4"
    assert not found.truncated
    assert len(found.segments) >= 8


@pytest.mark.parametrize("container", CONTAINERS)
def test_the_content_decides_not_the_name(container: str, client: FlaskClient, talk: Waveform) -> None:
    answer = analyze(client, transcode(talk[:160_000], container))
    assert answer.status_code == 200
    assert answer.json["duration_s"] == pytest.approx(10, abs=0.1)
    assert answer.json["emotion"]


def in_this_order(client: FlaskClient, query: str = "", **parts: bytes | str) -> TestResponse:
    """Send a form whose parts stand in the order given; the test client puts files last."""
    body = b""
    for name, content in parts.items():
        is_file = isinstance(content, bytes)
        filename = '; filename="x"' if is_file else ""
        body += f'--cut\r\nContent-Disposition: form-data; name="{name}"{filename}\r\n\r\n'.encode()
        body += (content if isinstance(content, bytes) else content.encode()) + b"\r\n"
    kind = "multipart/form-data; boundary=cut"
    return client.post(f"/analyze{query}", data=body + b"--cut--\r\n", content_type=kind)


def test_fields_may_stand_anywhere(client: FlaskClient, recording: bytes) -> None:
    fields = {"model": "cremad-6", "baseline": "none"}
    for answer in (
        in_this_order(client, "?model=cremad-6&baseline=none", file=recording),
        in_this_order(client, file=recording, **fields),
        in_this_order(client, **fields, file=recording),
    ):
        assert (answer.json["model"], answer.json["baseline"]) == ("cremad-6", "none")


def test_the_form_wins_over_the_query(client: FlaskClient, recording: bytes) -> None:
    answer = analyze(client, recording, "?model=nobody&baseline=none", model="cremad-6", baseline="recording")
    assert (answer.json["model"], answer.json["baseline"]) == ("cremad-6", "recording")


def test_a_prior_weighs_every_window(client: FlaskClient, recording: bytes) -> None:
    plain = analyze(client, recording, model="cremad-6", baseline="none").json
    for where in ({"prior": "Neutral=50"}, {}):
        query = "" if where else "?prior=Neutral%3D50"
        weighed = analyze(client, recording, query, model="cremad-6", baseline="none", **where).json
        for window, other in zip(plain["windows"], weighed["windows"], strict=True):
            p = window["probabilities"]["Neutral"]
            expected = 50 * p / (1 + 49 * p)
            assert other["probabilities"]["Neutral"] == pytest.approx(expected, abs=5e-3)
        assert weighed["distribution"]["Neutral"] > plain["distribution"]["Neutral"]


def test_a_token_is_taken(client: FlaskClient, recording: bytes) -> None:
    data = {"file": [(io.BytesIO(clip.path.read_bytes()), "x") for clip in CLIPS[:4]]}
    token = client.post("/baseline", data=data).json["baseline"]
    answer = analyze(client, recording, baseline=token)
    assert answer.json["baseline"] == "token"
    assert answer.json["windows"] != analyze(client, recording).json["windows"]
    assert analyze(client, recording, baseline=token[:-2]).json["code"] == "bad_baseline"


def test_the_setting_bounds_the_decoding(make_client: Callable[..., FlaskClient], recording: bytes) -> None:
    answer = analyze(make_client(max_decoding_s=1e-4), recording)
    assert answer.status_code == 422
    assert answer.json["code"] == "decode_failed"
    assert "too long to decode" in answer.json["detail"]


@pytest.mark.parametrize(
    ("query", "accept", "streams"),
    [
        ("?format=ndjson", None, True),
        ("", "application/x-ndjson", True),
        ("", "application/json", False),
        ("", "*/*", False),
        ("?format=json", "application/x-ndjson", False),
    ],
)
def test_who_asks_for_lines_gets_lines(
    query: str, accept: str | None, streams: bool, client: FlaskClient, recording: bytes
) -> None:
    answer = client.post(
        f"/analyze{query}",
        data={"file": (io.BytesIO(recording), "x")},
        headers={"Accept": accept} if accept else {},
    )
    assert answer.mimetype == ("application/x-ndjson" if streams else "application/json")
    if streams:
        answers = [json.loads(line) for line in answer.text.splitlines()]
        assert [answers[0]["type"], answers[-1]["type"]] == ["start", "result"]
        assert set(answers[-1]) == JSON_KEYS | {"type"}
        windows = [line for line in answers if line["type"] == "window"]
        assert [{"type": "window", **window} for window in answers[-1]["windows"]] == windows


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_is_the_same_from_either_side(name: str, client: FlaskClient, recording: bytes) -> None:
    finished = analyze(client, recording).json
    sent_back = client.post(f"/timeline?format={name}", json=finished)
    at_once = analyze(client, recording, f"?format={name}")
    assert at_once.data == sent_back.data
    assert finished["segments"][0]["emotion"] in at_once.text
    assert at_once.mimetype == sent_back.mimetype
    assert at_once.headers["Content-Disposition"].startswith('attachment; filename="timeline.')


def changed(**change: object) -> dict[str, Any]:
    segment = {
        "start_s": 1.0,
        "end_s": 2.0,
        "emotion": "Sad",
        "confidence": 0.5,
        "probabilities": {"Sad": 0.5},
        "low_information": False,
    }
    usual = {"duration_s": 3.0, "distribution": {"Sad": 1.0}, "segments": [segment]}
    return usual | {"segments": [segment | change]}


@pytest.mark.parametrize(
    "body",
    [
        "nonsense",
        "[]",
        "null",
        "[" * 100_000,
        json.dumps({"segments": 5}),
        json.dumps(changed(start_s=2.5)),
        json.dumps(changed(start_s=float("nan"))),
        json.dumps(changed(end_s=float("inf"))),
        json.dumps(changed(confidence=7)),
        json.dumps(changed() | {"duration_s": float("inf")}),
    ],
)
def test_what_is_no_timeline_is_refused(body: str, client: FlaskClient) -> None:
    answer = client.post("/timeline?format=csv", data=body, content_type="application/json")
    assert (answer.status_code, answer.json["code"]) == (400, "invalid_request")


@pytest.mark.parametrize("body", ["{", "[]", "5", "nonsense", "null", ""])
def test_a_body_that_is_no_object_gets_a_sentence(body: str, client: FlaskClient) -> None:
    answer = client.post("/timeline?format=csv", data=body, content_type="application/json")
    assert answer.json["detail"] == "The body must be a JSON object, sent as application/json."


@pytest.mark.parametrize("query", ["", "?format=exe"])
def test_a_timeline_needs_a_known_format(query: str, client: FlaskClient) -> None:
    answer = client.post(f"/timeline{query}", json=changed())
    assert (answer.status_code, answer.json["code"]) == (400, "invalid_request")
    assert "format" in answer.json["detail"]


@pytest.mark.parametrize("query", ["", "?format=csv", "?format=ndjson"])
def test_silence_has_no_emotion(query: str, client: FlaskClient) -> None:
    answer = analyze(client, sound_file(np.zeros(320_000)), query)
    assert answer.status_code == 200
    if query == "":
        assert answer.json["emotion"] is None
        assert answer.json["segments"] == answer.json["windows"] == []
    if query == "?format=csv":
        assert len(answer.text.splitlines()) == 1


def test_a_file_cut_in_the_middle_is_analysed_so_far(client: FlaskClient, recording: bytes) -> None:
    answer = analyze(client, recording[: len(recording) // 2])
    assert answer.status_code == 200
    assert answer.json["truncated"] is True
    assert answer.json["emotion"]
    assert 10 < answer.json["duration_s"] < 30


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        pytest.param(b"", 400, "no_file", id="nothing"),
        pytest.param(b"%PDF-1.7" * 100, 400, "unsupported_format", id="another format"),
        pytest.param(b"RIFF\x00\x00\x00\x00WAVE", 422, "decode_failed", id="a head only"),
        pytest.param(sound_file(np.full(9000, np.nan), subtype="FLOAT"), 422, "decode_failed", id="NaN"),
    ],
)
@pytest.mark.parametrize("query", ["", "?format=ndjson"])
def test_bad_files_have_their_status(
    content: bytes, status: int, code: str, query: str, client: FlaskClient
) -> None:
    answer = analyze(client, content, query)
    assert (answer.status_code, answer.json["code"]) == (status, code)


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"model": "nobody"}, 404, "unknown_model"),
        ({"baseline": "nonsense"}, 422, "bad_baseline"),
        ({"prior": "Neutral"}, 400, "bad_prior"),
        ({"prior": "Boredom=2"}, 400, "bad_prior"),
        ({"baseline": (io.BytesIO(b"x"), "token")}, 400, "invalid_request"),
        ({"more": "x" * 100_000}, 400, "invalid_request"),
        ({f"f{number}": "x" for number in range(30)}, 400, "invalid_request"),
    ],
)
def test_bad_fields_are_refused(
    fields: dict[str, Any], status: int, code: str, client: FlaskClient, recording: bytes
) -> None:
    answer = analyze(client, recording, **fields)
    assert (answer.status_code, answer.json["code"]) == (status, code)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        pytest.param(b"", "no_file", id="nothing"),
        pytest.param(b"--cut\r\n", "invalid_request", id="no end"),
        pytest.param(b"--cut--\r\n", "no_file", id="no part"),
        pytest.param(b"--cut\r\nX: y\r\n\r\nz\r\n--cut--\r\n", "invalid_request", id="a part without a name"),
        pytest.param(
            b"--cut\r\nContent-Disposition: form-data\r\n\r\nz\r\n--cut--\r\n", "no_file", id="no name at all"
        ),
        pytest.param(b"--cut\r\nX: " + b"y" * 300_000, "invalid_request", id="an endless header"),
        pytest.param(b"\x00" * 300_000, "invalid_request", id="no boundary"),
    ],
)
def test_malformed_forms_are_refused(body: bytes, code: str, client: FlaskClient) -> None:
    answer = client.post("/analyze", data=body, content_type="multipart/form-data; boundary=cut")
    assert (answer.status_code, answer.json["code"]) == (400, code)


@pytest.mark.parametrize("content_type", ["application/json", "multipart/form-data", ""])
def test_another_body_is_no_file(content_type: str, client: FlaskClient) -> None:
    answer = client.post("/analyze", data=b"{}", content_type=content_type)
    assert (answer.status_code, answer.json["code"]) == (400, "no_file")


def test_a_recording_over_the_limit_is_too_long(
    make_client: Callable[..., FlaskClient], recording: bytes
) -> None:
    client = make_client(max_analyze_s=20)
    answer = analyze(client, recording)
    assert (answer.status_code, answer.json["code"]) == (413, "too_long")
    # If lines were sent already, the last one says so.
    last = json.loads(analyze(client, recording, "?format=ndjson").text.splitlines()[-1])
    assert last["code"] == "too_long"


@pytest.mark.parametrize("megabytes", [1.01, 1.5])
def test_a_file_over_the_limit_is_too_large(
    megabytes: float, make_client: Callable[..., FlaskClient], talk: Waveform
) -> None:
    client = make_client(max_analyze_mb=1)
    wav = sound_file(np.tile(talk, 2))[: int(megabytes * 1024**2)]
    answer = analyze(client, wav)
    assert (answer.status_code, answer.json["code"]) == (413, "too_large")


def test_analyze_takes_more_than_predict(make_client: Callable[..., FlaskClient], talk: Waveform) -> None:
    client = make_client(max_upload_mb=1)
    wav = sound_file(talk)
    assert len(wav) > 1.2 * 1024**2
    assert analyze(client, wav).status_code == 200
    assert client.post("/predict", data={"file": (io.BytesIO(wav), "x")}).status_code == 413


@pytest.fixture
def _nothing_read_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streamed_form, "READ_AHEAD_BYTES", 1)


@pytest.mark.usefixtures("_nothing_read_ahead")
@pytest.mark.parametrize("container", ["wav", "mp4"])
def test_large_files_are_decoded_as_they_arrive(container: str, client: FlaskClient, talk: Waveform) -> None:
    answer = analyze(client, transcode(talk, container), "?model=cremad-6")
    assert answer.json["duration_s"] == pytest.approx(len(talk) / 16_000, abs=0.1)
    last = json.loads(analyze(client, transcode(talk, container), "?format=ndjson").text.splitlines()[-1])
    assert last["type"] == "result"


@pytest.mark.usefixtures("_nothing_read_ahead")
@pytest.mark.parametrize("late", [{"model": "cremad-6"}, {"baseline": "none"}])
def test_fields_behind_a_large_file_are_refused(
    late: dict[str, str], client: FlaskClient, talk: Waveform
) -> None:
    answer = in_this_order(client, file=sound_file(talk), **late)
    assert (answer.status_code, answer.json["code"]) == (400, "invalid_request")
    assert "before it, or in the query" in answer.json["detail"]


def test_too_many_at_once_hear_that_the_server_is_busy(client: FlaskClient, recording: bytes) -> None:
    held = [timeline.slot() for _ in range(timeline.MAX_AT_ONCE)]
    for each in held:
        each.__enter__()
    try:
        answer = analyze(client, recording)
        assert (answer.status_code, answer.json["code"]) == (503, "busy")
        clip = {"file": (io.BytesIO(CLIPS[0].path.read_bytes()), "x")}
        assert client.post("/predict", data=clip).status_code == 200
    finally:
        for each in held:
            each.__exit__(None, None, None)
    assert analyze(client, recording).status_code == 200


def test_too_little_memory_is_said_as_such_in_the_lines_too(
    client: FlaskClient, recording: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr(timeline, "summarize", fail)
    answer = analyze(client, recording, "?format=ndjson")
    assert json.loads(answer.text.splitlines()[-1])["code"] == "busy"
    refused = analyze(client, recording)
    assert (refused.status_code, refused.json["code"]) == (503, "busy")
    assert refused.headers["Retry-After"]


def test_a_fault_of_ours_ends_the_lines_without_a_word_of_the_inside(
    client: FlaskClient, recording: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("secret path")

    monkeypatch.setattr(timeline, "summarize", fail)
    answer = analyze(client, recording, "?format=ndjson")
    last = json.loads(answer.text.splitlines()[-1])
    assert last == {"type": "error", "error": "Internal server error", "code": "internal_error"}
    assert analyze(client, recording).status_code == 500
    monkeypatch.undo()
    assert analyze(client, recording).status_code == 200


def test_the_document_describes_both(client: FlaskClient) -> None:
    document = client.get("/openapi.json").json
    operation = document["paths"]["/analyze"]["post"]
    shape = operation["responses"]["200"]["content"]["application/json"]["schema"]["$ref"]
    assert shape.endswith("/AnalysisBody")
    names = {each["name"] for each in operation["parameters"]}
    fields = {"model", "baseline", "prior", "voice_gender", "channels", "speakers", "peaks"}
    assert names == {"format"} | fields
    assert "multipart/form-data" in operation["requestBody"]["content"]
    assert "TimelineBody" in json.dumps(document["paths"]["/timeline"])
