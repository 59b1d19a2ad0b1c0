"""The lines of a streamed analysis, and the messages of a live stream.

docs/long-audio.md and docs/asyncapi.yaml describe them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from ser.client.answers import (
    Affect,
    Analysis,
    AnalysisLine,
    AnalysisStarted,
    Answer,
    PeaksFound,
    Progress,
    VoicesFound,
    Window,
    WithBaseline,
)
from ser.client.errors import UnexpectedAnswer, error_in

END = json.dumps({"type": "end"})


class Ready(Answer):
    """The server takes sound.

    Attributes:
        model: its name.
        emotions: in the order of the probabilities.
        sample_rate_hz: of the sound.
        hop_s: from result to result.
        window_s: how much speech one result is made from.
        min_confidence: a result with less has `low_information`.
    """

    model: str
    emotions: list[str]
    sample_rate_hz: int
    hop_s: float
    window_s: float
    min_confidence: float


class SpeechStarted(Answer):
    """Somebody began to speak.

    Attributes:
        start_ms: when, from the first sample on.
    """

    start_ms: int


class Result(Affect):
    """The prediction for the last seconds of the utterance.

    Attributes:
        start_ms: where its window begins, from the first sample on.
        end_ms: where it ends.
        emotion: the most probable one of this window.
        confidence: its probability, 0-1.
        probabilities: one per emotion.
        smoothed: the same, averaged with the earlier results of the utterance.
        low_information: whether to show it as uncertain.
        smoothed_sentiment: derived from `smoothed`, as `sentiment` is from `probabilities`.
        smoothed_valence: likewise.
        smoothed_arousal: likewise.
    """

    start_ms: int
    end_ms: int
    emotion: str
    confidence: float
    probabilities: dict[str, float]
    smoothed: dict[str, float]
    low_information: bool
    smoothed_sentiment: str | None = None
    smoothed_valence: float | None = None
    smoothed_arousal: float | None = None


class SpeechEnded(WithBaseline, Affect):
    """An utterance is over, and its windows have voted.

    Attributes:
        start_ms: where it began, from the first sample on.
        end_ms: where it ended.
        emotion: the one that most windows vote for; None where there was too little sound for one.
        confidence: its share of the votes, 0-1.
        probabilities: the mean over the windows.
        votes: how many windows each emotion won.
        low_information: whether to show it as uncertain.
        baseline: with `adapt`, the one that includes this utterance: send it with the next stream.
    """

    start_ms: int
    end_ms: int
    emotion: str | None
    confidence: float | None
    probabilities: dict[str, float] | None
    votes: dict[str, int]
    low_information: bool


StreamEvent = SpeechStarted | Result | SpeechEnded

_LINES: dict[str, type[AnalysisLine]] = {
    "start": AnalysisStarted,
    "progress": Progress,
    "peaks": PeaksFound,
    "voices": VoicesFound,
    "window": Window,
    "result": Analysis,
}
_MESSAGES: dict[str, type[Ready | StreamEvent]] = {
    "ready": Ready,
    "speech_started": SpeechStarted,
    "result": Result,
    "speech_ended": SpeechEnded,
}
_T = TypeVar("_T", bound=Answer)


class LineReader:
    """Cuts the body of a streamed analysis into its lines."""

    def __init__(self) -> None:
        self._result: Analysis | None = None
        self._begun: list[bytes] = []

    def feed(self, body: bytes) -> Iterator[AnalysisLine]:
        """Yield the lines that are whole now.

        Args:
            body: the next bytes of it.

        Yields:
            Each; one of a type that this client does not know is left out.

        Raises:
            ApiError: the line is an error.
            UnexpectedAnswer: it is no line of an analysis.
        """
        *ends, begun = body.split(b"\n")
        for end in ends:
            text = b"".join([*self._begun, end])
            self._begun = []
            if not text.strip() or (line := _read(text, _LINES)) is None:
                continue
            if isinstance(line, Analysis):
                self._result = line
            yield line
        self._begun.append(begun)

    def end(self) -> Iterator[AnalysisLine]:
        """Yield what is left, once the body is over.

        Yields:
            The last line, if nothing ended it.

        Raises:
            ApiError: the line is an error.
            UnexpectedAnswer: it is no line of an analysis, or there was no result.
        """
        yield from self.feed(b"\n")
        if self._result is None:
            raise UnexpectedAnswer("The answer ended before the result of the analysis.")

    @property
    def result(self) -> Analysis:
        """The last line, which `end` has made sure of."""
        assert self._result is not None  # noqa: S101
        return self._result


def message_of(text: str | bytes) -> Ready | StreamEvent | None:
    """Return what a message of a live stream says.

    Args:
        text: JSON.

    Returns:
        It; None for one of a type that this client does not know.

    Raises:
        ApiError: it is an error.
        UnexpectedAnswer: it is something else.
    """
    return _read(text, _MESSAGES)


def _read(text: str | bytes, kinds: Mapping[str, type[_T]]) -> _T | None:
    try:
        fields: Any = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UnexpectedAnswer("A line of the answer is not JSON.") from error
    if not isinstance(fields, dict):
        raise UnexpectedAnswer("A line of the answer is no JSON object.")
    kind = fields.pop("type", None)
    if kind == "error":
        raise error_in(fields)
    return kinds[kind].read(fields) if isinstance(kind, str) and kind in kinds else None
