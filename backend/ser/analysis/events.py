"""The lines that an analysis consists of, of a file and of a live stream, as clients get them.

Times of files are seconds from the beginning, those of live streams milliseconds from the first sample.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from ser.audio.peaks import Peaks, loudest
from ser.models.affect import Affect, affect_fields
from ser.models.baseline import Baseline
from ser.models.predictor import Prediction, intensity_field
from ser.models.rounding import all_rounded, rounded

# What the features were normalised with.
BaselineKind = Literal["recording", "none", "token"]


class Line:
    """One line of the answer to a file, or one message of a live stream."""

    type: ClassVar[str]

    def body(self) -> dict[str, Any]:
        """Return the fields as clients get them, without the type."""
        return dict(vars(self))

    def as_dict(self) -> dict[str, Any]:
        """Return the type and the fields as clients get them."""
        return {"type": self.type, **self.body()}


@dataclass(frozen=True)
class AnalysisStarted(Line):
    """The analysis of a file began.

    Attributes:
        model: its name.
        emotions: in the order of the probabilities.
        baseline: what was asked for; the result tells what was used.
        passes: how many times the speech is read.
        duration_s: of the file, where that is known.
    """

    type = "start"

    model: str
    emotions: Sequence[str]
    baseline: BaselineKind
    passes: int
    duration_s: float | None


@dataclass(frozen=True)
class Progress(Line):
    """How far the analysis of a file is.

    Attributes:
        number: of the pass, from 1.
        passes: how many there are.
        done_s: how much of the recording this pass has read.
        duration_s: of the recording, as far as it is known.
    """

    type = "progress"

    number: int
    passes: int
    done_s: float
    duration_s: float | None

    @property
    def share(self) -> float | None:
        """How much of the work of all passes is done, 0-1; None where the duration is unknown."""
        if not self.duration_s:
            return None
        return (self.number - 1 + min(self.done_s / self.duration_s, 1)) / self.passes

    def body(self) -> dict[str, Any]:
        """Return the fields as clients get them, without the type."""
        return {
            "pass": self.number,
            "passes": self.passes,
            "done_s": self.done_s,
            "duration_s": self.duration_s,
        }


@dataclass(frozen=True)
class FoundVoice:
    """One voice of a file, as it is known before its windows are predicted.

    Attributes:
        id: from 1.
        channel: of the file, from 1; None where all channels are mixed.
        speech_s: about how much it speaks.
        baseline: what its features are normalised with.
    """

    id: int
    channel: int | None
    speech_s: float
    baseline: BaselineKind


@dataclass(frozen=True)
class VoicesFound(Line):
    """The voices of a file are known; their windows follow."""

    type = "voices"

    voices: Sequence[FoundVoice]

    def body(self) -> dict[str, Any]:
        """Return the fields as clients get them, without the type."""
        return {"voices": [dict(vars(voice)) for voice in self.voices]}


@dataclass(frozen=True)
class Waveforms:
    """The peaks of a file, to draw its waveform.

    Attributes:
        peaks: 0-255, each of as many seconds.
        of_channels: the same of each channel, where these are analysed apart.
    """

    peaks: Sequence[int]
    of_channels: Sequence[Sequence[int]] | None = None

    @classmethod
    def of(cls, peaks: Peaks) -> Waveforms:
        """Return those of a file that was read to its end."""
        channels = peaks.values()
        return cls(loudest(channels), channels if len(channels) > 1 else None)

    def body(self) -> dict[str, Any]:
        """Return the fields as clients get them."""
        apart = {} if self.of_channels is None else {"channel_peaks": self.of_channels}
        return {"peaks": self.peaks, **apart}


@dataclass(frozen=True)
class PeaksFound(Line):
    """A file is decoded, so its waveform can be drawn."""

    type = "peaks"

    duration_s: float
    waveforms: Waveforms

    def body(self) -> dict[str, Any]:
        """Return the fields as clients get them, without the type."""
        return {"duration_s": self.duration_s, **self.waveforms.body()}


@dataclass(frozen=True)
class Window(Line):
    """The prediction for one window of speech in a file; windows of one voice overlap.

    Attributes:
        start_s: where it begins.
        end_s: where it ends.
        emotion: the most probable one.
        confidence: its probability.
        probabilities: one per emotion.
        low_information: whether it should be shown as uncertain.
        intensity: see `Prediction`.
        voice: whose speech it is; None where voices are not told apart.
    """

    type = "window"

    start_s: float
    end_s: float
    emotion: str
    confidence: float
    probabilities: Mapping[str, float]
    low_information: bool
    intensity: float | None
    voice: int | None = field(default=None, kw_only=True)

    def body(self) -> dict[str, Any]:
        """Return the fields as clients get them, without the type."""
        body = super().body()
        voice = body.pop("voice")
        return _with_intensity(body) | ({} if voice is None else {"voice": voice})


@dataclass(frozen=True)
class Segment(Window):
    """A run of speech with one emotion, and no line of its own; segments of one voice do not overlap.

    Attributes:
        affect: see `EmotionPredictor.affect`. Windows have none: there is one a second, so that 4 h of speech
            would take 0.8 MB more, and clients can derive it from the probabilities.
    """

    affect: Affect | None

    def body(self) -> dict[str, Any]:
        """Return the fields as clients get them, without the type."""
        return _with_affect(super().body())


@dataclass(frozen=True)
class WindowVote:
    """Which emotion most windows of a file vote for, and its share of the votes, 0-1."""

    emotion: str
    share: float


@dataclass(frozen=True)
class RecordingVoiceGender:
    """Whether the voice of a recording sounds female or male, for one speaker in it.

    Attributes:
        label: the more probable one on the mean over the windows; None where nobody speaks.
        confidence: its mean probability, 0-1.
        share: of the windows in which it is the more probable one, 0-1.
        low_information: whether it should be shown as uncertain.
    """

    label: str | None
    confidence: float | None
    share: float | None
    low_information: bool


@dataclass(frozen=True)
class Voice:
    """What one voice of a file sounds like; `VoiceBody` of the API describes the fields."""

    id: int
    channel: int | None
    baseline: BaselineKind
    speech_s: float
    emotion: str | None
    confidence: float | None
    probabilities: Mapping[str, float] | None
    low_information: bool
    mixed: bool
    distribution: Mapping[str, float]
    segments: Sequence[Segment]
    affect: Affect | None
    intensity: float | None
    voice_gender: RecordingVoiceGender | None

    def body(self) -> dict[str, Any]:
        """Return the fields as clients get them."""
        return _of_whole(dict(vars(self)))


@dataclass(frozen=True)
class Analysis(Line):
    """What a whole file sounds like: its last line, and the answer of POST /analyze.

    `AnalysisBody` of the API describes the fields. The last ones are None where nobody asked for them.

    Attributes:
        statistics: of the frames of all speech, which clients do not get; None where they were not needed.
    """

    type = "result"

    emotion: str | None
    confidence: float | None
    probabilities: Mapping[str, float] | None
    low_information: bool
    mixed: bool
    window_vote: WindowVote | None
    duration_s: float
    speech_s: float
    silence_s: float
    truncated: bool
    distribution: Mapping[str, float]
    segments: Sequence[Segment]
    windows: Sequence[Window]
    baseline: BaselineKind
    model: str
    timestamp: str
    affect: Affect | None
    intensity: float | None = None
    voice_gender: RecordingVoiceGender | None = None
    voices: Sequence[Voice] | None = None
    same_channels: bool | None = None
    waveforms: Waveforms | None = None
    statistics: Baseline | None = field(default=None, repr=False, compare=False)

    def body(self) -> dict[str, Any]:
        """Return the fields as clients get them, without the type."""
        body = _of_whole(super().body()) | {
            "window_vote": self.window_vote and dict(vars(self.window_vote)),
            "windows": [window.body() for window in self.windows],
        }
        for name in ("voices", "same_channels", "waveforms", "statistics"):
            del body[name]
        if self.voices is not None:
            body["voices"] = [voice.body() for voice in self.voices]
        if self.same_channels is not None:
            body["same_channels"] = self.same_channels
        return body | (self.waveforms.body() if self.waveforms else {})


FileLine = AnalysisStarted | Progress | PeaksFound | VoicesFound | Window | Analysis


@dataclass(frozen=True)
class SpeechStarted(Line):
    """Somebody began to speak in a live stream."""

    type = "speech_started"

    start_ms: int


@dataclass(frozen=True)
class Result(Line):
    """The prediction for one window of a live stream.

    Attributes:
        start_ms: where it begins.
        end_ms: where it ends.
        prediction: of this window alone.
        smoothed: the probabilities, averaged with those before.
        smoothed_affect: of these; see `EmotionPredictor.affect`.
    """

    type = "result"

    start_ms: int
    end_ms: int
    prediction: Prediction
    smoothed: Mapping[str, float]
    smoothed_affect: Affect | None

    def body(self) -> dict[str, Any]:
        """Return the fields as clients get them, without the type."""
        prediction = self.prediction.as_dict()
        return {
            "start_ms": self.start_ms,
            "end_ms": self.end_ms,
            "emotion": prediction["emotion"],
            "confidence": prediction["confidence"],
            "probabilities": prediction["probabilities"],
            "smoothed": all_rounded(self.smoothed),
            "low_information": prediction["low_information"],
            **affect_fields(self.prediction.affect),
            **intensity_field(self.prediction.intensity),
            **{f"smoothed_{name}": value for name, value in affect_fields(self.smoothed_affect).items()},
        }


@dataclass(frozen=True)
class Verdict:
    """What the windows of an utterance vote for together.

    Attributes:
        emotion: the one with most votes.
        confidence: its share of the votes, 0-1.
        probabilities: the mean over the windows.
        votes: how many windows each emotion won.
        low_information: whether it should be shown as uncertain.
        intensity: the mean over the windows; see `Prediction`.
    """

    emotion: str
    confidence: float
    probabilities: Mapping[str, float]
    votes: Mapping[str, int]
    low_information: bool
    intensity: float | None = None


@dataclass(frozen=True)
class SpeechEnded(Line):
    """An utterance of a live stream is over.

    Attributes:
        start_ms: where it began.
        end_ms: where it ended.
        verdict: None where there was too little sound for a single window.
        affect: of the verdict; see `EmotionPredictor.affect`.
        baseline: the token that includes the utterance; None unless the session adapts.
        baseline_speech_s: how much speech that baseline was made from.
    """

    type = "speech_ended"

    start_ms: int
    end_ms: int
    verdict: Verdict | None
    affect: Affect | None
    baseline: str | None = None
    baseline_speech_s: float = 0.0

    def body(self) -> dict[str, Any]:
        """Return the fields as clients get them, without the type."""
        verdict = self.verdict
        body: dict[str, Any] = {
            "start_ms": self.start_ms,
            "end_ms": self.end_ms,
            "emotion": verdict and verdict.emotion,
            "confidence": verdict and rounded(verdict.confidence),
            "probabilities": verdict and all_rounded(verdict.probabilities),
            "votes": dict(verdict.votes) if verdict else {},
            "low_information": verdict is None or verdict.low_information,
            **affect_fields(self.affect),
            **intensity_field(verdict.intensity if verdict else None),
        }
        if self.baseline is not None:
            body["baseline"] = self.baseline
            body["baseline_speech_s"] = round(self.baseline_speech_s, 2)
        return body


def _of_whole(body: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a whole file, or of one voice of it, as clients get them."""
    body = _with_affect(_with_intensity(body))
    body["segments"] = [segment.body() for segment in body["segments"]]
    if voice_gender := body.pop("voice_gender"):
        body["voice_gender"] = dict(vars(voice_gender))
    return body


def _with_affect(body: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a line with those of its affect in place of it, at the end."""
    affect = body.pop("affect")
    return body | affect_fields(affect)


def _with_intensity(body: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a line without an intensity that the model does not tell."""
    intensity = body.pop("intensity")
    return body | intensity_field(intensity)


LiveLine = SpeechStarted | Result | SpeechEnded
