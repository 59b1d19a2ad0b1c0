"""POST /analyze of calls: `channels=split`, `speakers=2`, and the peaks of the waveform."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from clips import CLIPS, SEX, sound_file
from ser.analysis.exports import FORMATS
from ser.api import streamed_form
from ser.api.schemas import AnalysisBody
from ser.audio.decode import decode
from ser.audio.waveform import Waveform

WAYS = [{"channels": "split"}, {"speakers": "2"}]


@pytest.fixture(scope="module")
def stereo() -> Waveform:
    """Women in the first channel, men in the second, by turns [shape=(n, 2)]."""
    parts = []
    for clip in sorted(CLIPS, key=lambda clip: clip.path.name)[:10]:
        y = np.concatenate([decode(clip.path), np.zeros(8_000, np.float32)])
        both = np.zeros((len(y), 2), np.float32)
        both[:, 0 if SEX[clip.speaker] == "Female" else 1] = y
        parts.append(both)
    return np.concatenate(parts)


@pytest.fixture(scope="module")
def call(stereo: Waveform) -> bytes:
    return sound_file(stereo)


def analyze(client: FlaskClient, content: bytes, query: str = "", **fields: Any) -> TestResponse:
    return client.post(f"/analyze{query}", data={"file": (io.BytesIO(content), "call"), **fields})


def assert_invalid(answer: TestResponse, *told: str) -> None:
    assert (answer.status_code, answer.json["code"]) == (400, "invalid_request")
    for each in told:
        assert each in answer.json["detail"]


@pytest.mark.parametrize("fields", WAYS)
def test_the_answer_is_the_documented_one(fields: dict[str, str], client: FlaskClient, call: bytes) -> None:
    answer = analyze(client, call, **fields)
    assert answer.status_code == 200
    found = AnalysisBody.model_validate(answer.json)
    assert found.voices is not None
    assert [voice.id for voice in found.voices] == [1, 2]
    assert [voice.channel for voice in found.voices] == ([1, 2] if "channels" in fields else [None, None])
    assert {segment.voice for segment in found.segments} == {1, 2}
    assert {window.voice for window in found.windows} == {1, 2}
    assert ("same_channels" in answer.json) == ("channels" in fields)
    for voice in answer.json["voices"]:
        assert voice["sentiment"] in ("negative", "neutral", "positive")
        assert 0 <= voice["intensity"] <= 100
        assert "voice_gender" not in voice


def test_without_the_fields_nothing_is_new(client: FlaskClient, call: bytes) -> None:
    plain = analyze(client, call).json
    asked = analyze(client, call, channels="mix", speakers="1", peaks="false").json
    for each in (plain, asked):
        each.pop("timestamp")
        assert not {"voices", "peaks", "channel_peaks", "same_channels"} & set(each)
        assert all("voice" not in line for line in each["segments"] + each["windows"])
    assert plain == asked


@pytest.mark.parametrize("fields", WAYS)
def test_lines_say_whose_they_are(fields: dict[str, str], client: FlaskClient, call: bytes) -> None:
    text = analyze(client, call, "?format=ndjson", peaks="true", **fields).text
    lines = [json.loads(line) for line in text.splitlines()]
    kinds = [line["type"] for line in lines]
    assert (kinds[0], kinds[-1]) == ("start", "result")
    assert kinds.index("peaks") < kinds.index("voices") < kinds.index("window")
    voices = lines[kinds.index("voices")]["voices"]
    assert [set(voice) for voice in voices] == [{"id", "channel", "speech_s", "baseline"}] * 2
    assert {line["voice"] for line in lines if line["type"] == "window"} == {1, 2}


@pytest.mark.parametrize("query", ["?channels=split", "?speakers=2", "?peaks=true"])
def test_the_query_asks_too_and_the_form_wins(query: str, client: FlaskClient, call: bytes) -> None:
    name = query[1:].partition("=")[0]
    key = "peaks" if name == "peaks" else "voices"
    assert key in analyze(client, call, query).json
    default = {"channels": "mix", "speakers": "1", "peaks": "false"}[name]
    assert key not in analyze(client, call, query, **{name: default}).json
    assert key in analyze(client, call, query, **{name: ""}).json


HOSTILE = ["SPLIT", "true", "3", "0", "-1", "1.0", "\x00", "split\x00", "'; --", "\u0662", "x" * 10_000]


@pytest.mark.parametrize("value", HOSTILE)
@pytest.mark.parametrize("name", ["channels", "speakers"])
def test_only_the_documented_words_are_taken(name: str, value: str, client: FlaskClient, call: bytes) -> None:
    assert_invalid(analyze(client, call, **{name: value}), name, " or ")
    assert_invalid(analyze(client, call, "?format=ndjson", **{name: value}), name)


@pytest.mark.parametrize(
    "query", ["?channels=both", "?speakers=two", "?peaks=1", "?speakers=%FF", "?channels=%00"]
)
def test_so_it_is_in_the_query(query: str, client: FlaskClient, call: bytes) -> None:
    assert_invalid(analyze(client, call, query), query[1:].partition("=")[0])


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"\x80split", b"1\xc0"])
@pytest.mark.parametrize("name", ["channels", "speakers", "peaks"])
def test_bytes_that_are_no_text_are_refused(
    name: str, content: bytes, client: FlaskClient, call: bytes
) -> None:
    body = b'--cut\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n' + call
    body += b'\r\n--cut\r\nContent-Disposition: form-data; name="%s"\r\n\r\n' % name.encode() + content
    kind = "multipart/form-data; boundary=cut"
    assert_invalid(client.post("/analyze", data=body + b"\r\n--cut--\r\n", content_type=kind), name)


@pytest.mark.parametrize("name", ["channels", "speakers", "peaks"])
def test_a_file_is_no_text(name: str, client: FlaskClient, call: bytes) -> None:
    assert_invalid(analyze(client, call, **{name: (io.BytesIO(b"2"), "x")}), name, "as text")


def test_two_ways_at_once_contradict(client: FlaskClient, call: bytes) -> None:
    assert_invalid(analyze(client, call, channels="split", speakers="2"), "channels=split", "speakers=2")
    assert_invalid(analyze(client, call, "?channels=split", speakers="2"), "speakers=2")


@pytest.mark.parametrize("count", [1, 6])
@pytest.mark.parametrize("query", ["", "?format=ndjson", "?format=csv"])
def test_only_stereo_can_be_split(count: int, query: str, client: FlaskClient, stereo: Waveform) -> None:
    content = sound_file(np.repeat(stereo[:32_000, :1], count, axis=1))
    answer = analyze(client, content, query, channels="split")
    assert (answer.status_code, answer.json["code"]) == (422, "not_stereo")
    assert f"has {count} channel" in answer.json["detail"]


@pytest.mark.parametrize("fields", WAYS)
def test_a_token_is_of_one_speaker(fields: dict[str, str], client: FlaskClient, call: bytes) -> None:
    data = {"file": [(io.BytesIO(clip.path.read_bytes()), "x") for clip in CLIPS[:4]]}
    token = client.post("/baseline", data=data).json["baseline"]
    answer = analyze(client, call, baseline=token, **fields)
    assert (answer.status_code, answer.json["code"]) == (422, "bad_baseline")
    assert "one speaker" in answer.json["detail"]
    assert analyze(client, call, baseline="none", **fields).json["baseline"] == "none"


def test_a_model_of_whole_clips_is_refused(client: FlaskClient, call: bytes) -> None:
    assert_invalid(analyze(client, call, model="cnn-lstm-42", speakers="2"), "whole clips")


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("fields", WAYS)
def test_exports_have_the_voice_from_either_side(
    fields: dict[str, str], name: str, client: FlaskClient, call: bytes
) -> None:
    answer = analyze(client, call, **fields).json
    sent_back = client.post(f"/timeline?format={name}", json=answer)
    at_once = analyze(client, call, f"?format={name}", **fields)
    assert at_once.status_code == sent_back.status_code == 200
    assert at_once.data == sent_back.data
    told = {
        "csv": ",voice\n",
        "vtt": "<v Voice 2>",
        "audacity": "voice 2: ",
        "textgrid": "emotion of voice 2",
        "rttm": "SPEAKER recording 2 ",
    }
    assert told[name] in at_once.text


@pytest.mark.parametrize("name", FORMATS)
def test_peaks_have_no_place_in_other_formats(name: str, client: FlaskClient, call: bytes) -> None:
    assert_invalid(analyze(client, call, f"?format={name}", peaks="true"), "peaks")


@pytest.mark.parametrize(
    ("voices", "fits"), [((1, 2), True), ((1, 1), False), ((None, None), False), ((None, 1), True)]
)
def test_only_segments_of_different_voices_may_overlap(
    voices: tuple[int | None, int | None], fits: bool, client: FlaskClient
) -> None:
    usual = {"emotion": "Sad", "confidence": 0.5, "probabilities": {"Sad": 0.5}, "low_information": False}
    times = ({"start_s": 0.0, "end_s": 2.0}, {"start_s": 1.0, "end_s": 3.0})
    segments = [usual | at | {"voice": voice} for at, voice in zip(times, voices, strict=True)]
    body = {"duration_s": 3.0, "distribution": {"Sad": 4.0}, "segments": segments}
    assert client.post("/timeline?format=csv", json=body).status_code == (200 if fits else 400)
    assert client.post("/timeline?format=csv", json=body | {"segments": segments[::-1]}).status_code == 400


@pytest.mark.parametrize("voice", [0, -1, 100, 1.5, "x", 10**30])
def test_a_voice_is_a_small_number(voice: object, client: FlaskClient) -> None:
    segment = {
        "start_s": 0.0,
        "end_s": 1.0,
        "emotion": "Sad",
        "confidence": 0.5,
        "probabilities": {},
        "low_information": False,
        "voice": voice,
    }
    body = {"duration_s": 3.0, "distribution": {}, "segments": [segment]}
    assert_invalid(client.post("/timeline?format=textgrid", json=body), "voice")


def test_each_voice_sounds_female_or_male(client: FlaskClient, call: bytes) -> None:
    answer = analyze(client, call, channels="split", voice_gender="true").json
    assert "voice_gender" not in answer
    assert [voice["voice_gender"]["label"] for voice in answer["voices"]] == ["Female", "Male"]


def test_fields_behind_a_large_file_are_refused(
    client: FlaskClient, call: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streamed_form, "READ_AHEAD_BYTES", 1)
    body = b'--cut\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n' + call
    body += b'\r\n--cut\r\nContent-Disposition: form-data; name="speakers"\r\n\r\n2\r\n--cut--\r\n'
    answer = client.post("/analyze", data=body, content_type="multipart/form-data; boundary=cut")
    assert_invalid(answer, "before it, or in the query", "'speakers'")
    assert "voices" in analyze(client, call, "?speakers=2").json


def test_the_duration_is_limited_as_ever(make_client: Callable[..., FlaskClient], call: bytes) -> None:
    answer = analyze(make_client(max_analyze_s=5), call, channels="split")
    assert (answer.status_code, answer.json["code"]) == (413, "too_long")
