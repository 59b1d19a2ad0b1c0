"""POST /timeline: what is no timeline is refused with a sentence that says why."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from ser.analysis.exports import FORMATS

SEGMENT: dict[str, Any] = {
    "start_s": 0.5,
    "end_s": 2.0,
    "emotion": "Sad",
    "confidence": 0.5,
    "probabilities": {"Sad": 0.5, "Happy": 0.5},
    "low_information": False,
}
ANALYSIS: dict[str, Any] = {
    "duration_s": 3.0,
    "distribution": {"Sad": 1.5, "Happy": 0.0},
    "segments": [SEGMENT],
}


def segment(**changes: object) -> dict[str, Any]:
    return ANALYSIS | {"segments": [SEGMENT | changes]}


@pytest.mark.parametrize("name", FORMATS)
def test_a_timeline_becomes_a_file(name: str, client: FlaskClient) -> None:
    answer = client.post(f"/timeline?format={name}", json=ANALYSIS)
    assert answer.status_code == 200
    assert "Sad" in answer.text
    assert answer.headers["Content-Disposition"].startswith("attachment")


BAD = {
    "too late an end": (segment(end_s=1.7e308), "end_s"),
    "too late a start": (segment(start_s=1.7e308, end_s=1.7e308), "start_s"),
    "too long": (ANALYSIS | {"duration_s": 1.7e308}, "duration_s"),
    "NaN": (segment(start_s=float("nan")), "start_s"),
    "infinite": (segment(end_s=float("inf")), "end_s"),
    "negative": (segment(start_s=-1.0), "start_s"),
    "the end before the start": (segment(start_s=2.0, end_s=1.0), "in order"),
    "one over the other": (ANALYSIS | {"segments": [SEGMENT, SEGMENT]}, "in order"),
    "half a character as emotion": (segment(emotion="\ud800"), "emotion.*surrogate"),
    "half a character as label": (ANALYSIS | {"distribution": {"\ud800": 1.0}}, "surrogate"),
    "half a character as class": (segment(probabilities={"\udfff": 1.0}), "surrogate"),
    "a long emotion": (segment(emotion="x" * 10_000), "emotion"),
    "a confidence over 1": (segment(confidence=1.5), "confidence"),
    "a probability over 1": (segment(probabilities={"Sad": 1e300}), "probabilities"),
    "negative seconds": (ANALYSIS | {"distribution": {"Sad": -1.0}}, "distribution"),
    # Each segment would get a cell for each of them.
    "many labels": (ANALYSIS | {"distribution": {f"{i}": 0.0 for i in range(100_000)}}, "distribution"),
    "many classes": (segment(probabilities={f"{i}": 0.0 for i in range(101)}), "probabilities"),
    "a number without end": (ANALYSIS | {"duration_s": 10**400}, "duration_s"),
}


@pytest.mark.parametrize("name", ["csv", "vtt"])
@pytest.mark.parametrize(("body", "detail"), BAD.values(), ids=BAD)
def test_what_is_no_timeline_is_refused(body: object, detail: str, name: str, client: FlaskClient) -> None:
    answer = client.post(f"/timeline?format={name}", data=json.dumps(body), content_type="application/json")
    assert answer.status_code == 400
    assert answer.json["code"] == "invalid_request"
    assert re.search(detail, answer.json["detail"])
