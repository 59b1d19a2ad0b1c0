"""What is sent for each question to the server, and how its answer is read; nothing here sends."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, TypeVar
from urllib.parse import quote

from ser.client.answers import (
    Analysis,
    Baseline,
    Health,
    Learnt,
    ModelDetails,
    Models,
    Prediction,
)
from ser.client.errors import UnexpectedAnswer, error_of
from ser.client.files import Audio, Part
from ser.client.options import AnalyzeOptions, LearnOptions, PredictOptions, form_of

TimelineFormat = Literal["csv", "vtt", "audacity", "textgrid", "rttm"]

_JSON = "application/json"
_NDJSON = "application/x-ndjson"
_TIMELINE_FIELDS = {"duration_s", "distribution", "segments"}

T = TypeVar("T")


@dataclass(frozen=True)
class Call(Generic[T]):
    """One request, and how to read its answer.

    Attributes:
        method: of HTTP.
        path: below the server's address.
        parse: reads the body of the answer.
        fields: of the form.
        files: of the form.
        json: the body, in place of a form.
        query: of the address.
        accept: which kind of answer to ask for.
        also: statuses of answers that are no errors, beside 2xx.
    """

    method: str
    path: str
    parse: Callable[[bytes], T]
    fields: Mapping[str, str] = field(default_factory=dict)
    files: Sequence[Audio] = ()
    json: str | None = None
    query: Mapping[str, str] = field(default_factory=dict)
    accept: str = _JSON
    also: frozenset[int] = frozenset()

    def request(self, parts: Sequence[Part]) -> dict[str, Any]:
        """Return what httpx builds the request from.

        Args:
            parts: the files of the form, open.

        Returns:
            Its arguments.
        """
        built: dict[str, Any] = {
            "method": self.method,
            "url": self.path,
            "params": dict(self.query),
            "headers": {"Accept": self.accept},
        }
        if self.json is not None:
            built["content"] = self.json.encode()
            built["headers"]["Content-Type"] = _JSON
        elif parts:
            # httpx sends the fields first, as /analyze needs it for large files.
            built |= {"data": dict(self.fields), "files": list(parts)}
        return built

    def takes(self, status: int) -> bool:
        """Return whether an answer of this status is no error.

        Args:
            status: of the answer.
        """
        return 200 <= status < 300 or status in self.also

    def result(self, status: int, body: bytes, headers: Mapping[str, str]) -> T:
        """Return what an answer says.

        Args:
            status: one that `takes` holds for.
            body: of the answer.
            headers: of the answer.

        Returns:
            It.

        Raises:
            ApiError: it is an error after all.
            UnexpectedAnswer: it is something else.
        """
        try:
            return self.parse(body)
        except UnexpectedAnswer:
            if 200 <= status < 300:
                raise
            raise error_of(status, body, headers) from None


def predict(file: Audio, options: PredictOptions) -> Call[Prediction]:
    """Return the call for the emotion of a clip.

    Args:
        file: of the clip.
        options: see there.
    """
    fields = form_of(PredictOptions, options)
    return Call("POST", "predict", Prediction.parsed, fields, [file])


def learn(files: Sequence[Audio], options: LearnOptions) -> Call[Baseline]:
    """Return the call for the baseline of a speaker.

    Args:
        files: of the speaker.
        options: see there.
    """
    fields = form_of(LearnOptions, options)
    return Call("POST", "baseline", lambda body: Learnt.parsed(body).baseline, fields, files)


def analyze(file: Audio, options: AnalyzeOptions) -> Call[None]:
    """Return the call for the emotions of a recording; its answer comes in lines.

    Args:
        file: of the recording.
        options: see there.
    """
    fields = form_of(AnalyzeOptions, options)
    return Call("POST", "analyze", lambda _: None, fields, [file], accept=_NDJSON)


def timeline(analysis: Analysis, format: TimelineFormat) -> Call[str]:
    """Return the call for an analysis as a file for another program.

    Args:
        analysis: it.
        format: of the file.
    """
    known = analysis.model_dump(mode="json", by_alias=True, include=_TIMELINE_FIELDS, exclude_unset=True)
    return Call(
        "POST", "timeline", bytes.decode, json=json.dumps(known), query={"format": format}, accept="*/*"
    )


def models() -> Call[Models]:
    """Return the call for the models of the server."""
    return Call("GET", "models", Models.parsed)


def model(name: str) -> Call[ModelDetails]:
    """Return the call for what is known of one model.

    Args:
        name: of it.
    """
    return Call("GET", f"models/{quote(name, safe='')}", ModelDetails.parsed)


def health() -> Call[Health]:
    """Return the call for whether the server can predict."""
    return Call("GET", "health", Health.parsed, also=frozenset({503}))
