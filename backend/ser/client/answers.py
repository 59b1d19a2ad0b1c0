"""The server's answers. docs/api.md and `/openapi.json` describe their fields.

A field that this client does not know is kept as an attribute, so a newer server does no harm. What a word
may be (a sentiment, a task) is left open for the same reason.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from ser.client.errors import UnexpectedAnswer

# The server sends UTC without a zone.
Timestamp = Annotated[datetime, AfterValidator(lambda at: at.replace(tzinfo=at.tzinfo or UTC))]


class Answer(BaseModel):
    """Base of everything that the server answers."""

    model_config = ConfigDict(frozen=True, extra="allow", populate_by_name=True)

    @classmethod
    def parsed(cls, body: bytes | str) -> Self:
        """Return what a body says.

        Args:
            body: JSON.

        Returns:
            It.

        Raises:
            UnexpectedAnswer: it is something else.
        """
        try:
            return cls.model_validate_json(body)
        except ValidationError as error:
            raise unexpected(error) from error

    @classmethod
    def read(cls, fields: dict[str, Any]) -> Self:
        """Return what the fields of a JSON object say.

        Args:
            fields: of it.

        Returns:
            It.

        Raises:
            UnexpectedAnswer: they are not those of this answer.
        """
        try:
            return cls.model_validate(fields)
        except ValidationError as error:
            raise unexpected(error) from error


def unexpected(error: ValidationError) -> UnexpectedAnswer:
    """Return the error of an answer that cannot be read.

    Args:
        error: what is wrong with it.

    Returns:
        The error; it does not repeat the answer.
    """
    fault = error.errors(include_input=False, include_url=False, include_context=False)[0]
    place = ".".join(map(str, fault["loc"]))
    said = f"{place}: {fault['msg']}" if place else fault["msg"]
    return UnexpectedAnswer(f"This is not an answer of the API: {said}. Is the address right?")


class Baseline(Answer):
    """Statistics of a speaker's own features, to send along with requests. It holds nothing of what was said.

    It fits all models of the same `baseline_kind`. The server keeps none: store `token`, which every option
    `baseline` takes, too.

    Attributes:
        token: what the server reads.
        speech_s: how many seconds of speech it was made from.
    """

    token: str
    speech_s: float


class WithBaseline(Answer):
    """An answer that may have an updated baseline.

    Attributes:
        baseline: only if it was asked for (`adapt`).
    """

    baseline: Baseline | None = None

    @model_validator(mode="before")
    @classmethod
    def _with_its_length(cls, fields: Any) -> Any:
        return _joined(fields, "baseline_speech_s")


class Learnt(Answer):
    """The answer of POST /baseline.

    Attributes:
        baseline: that was learnt.
    """

    baseline: Baseline

    @model_validator(mode="before")
    @classmethod
    def _with_its_length(cls, fields: Any) -> Any:
        return _joined(fields, "speech_s")


def _joined(fields: Any, length: str) -> Any:
    """Return the fields of an answer with a token and its length as one field."""
    if not isinstance(fields, dict) or not isinstance(fields.get("baseline"), str):
        return fields
    others = {name: value for name, value in fields.items() if name != length}
    return others | {"baseline": {"token": fields["baseline"], "speech_s": fields.get(length)}}


class Health(Answer):
    """Whether the server can predict.

    Attributes:
        status: `healthy`, or `unhealthy` while no model is loaded.
        model_loaded: whether one is.
        timestamp: of the answer.
    """

    status: str
    model_loaded: bool
    timestamp: Timestamp


class Affect(Answer):
    """What the probabilities amount to; derived from them, not measured.

    Attributes:
        sentiment: `negative`, `neutral` or `positive`; None where it is not known.
        valence: from -1 (unpleasant) to 1 (pleasant).
        arousal: from -1 (calm) to 1 (excited).
        intensity: how strongly the emotion is expressed, 0-100 %; None of a model that does not tell.
    """

    sentiment: str | None = None
    valence: float | None = None
    arousal: float | None = None
    intensity: float | None = None


class VoiceGender(Answer):
    """Whether a voice sounds female or male.

    Attributes:
        label: `Female` or `Male`.
        confidence: the probability of that label, 0-1.
        low_information: whether to show it as uncertain.
    """

    label: str
    confidence: float
    low_information: bool


class Prediction(WithBaseline, Affect):
    """The emotion of one clip.

    Attributes:
        emotion: the most probable one.
        confidence: its calibrated probability, 0-1.
        probabilities: one per emotion; they sum to 1.
        timestamp: when it was made.
        low_information: whether to show it as uncertain.
        voice_gender: only if it was asked for.
    """

    emotion: str
    confidence: float
    probabilities: dict[str, float]
    timestamp: Timestamp
    low_information: bool = False
    voice_gender: VoiceGender | None = None


class AnalysisStarted(Answer):
    """The analysis of a recording began.

    Attributes:
        model: its name.
        emotions: in the order of the probabilities.
        baseline: what was asked for: `recording`, `none` or `token`.
        passes: how many times the speech is read.
        duration_s: of the recording, where that is known.
    """

    model: str
    emotions: list[str]
    baseline: str
    passes: int
    duration_s: float | None = None


class Progress(Answer):
    """How far the analysis of a recording is.

    Attributes:
        number: of the pass, from 1.
        passes: how many there are.
        done_s: how much of the recording this pass has read.
        duration_s: of the recording, as far as it is known.
    """

    number: int = Field(alias="pass")
    passes: int
    done_s: float
    duration_s: float | None = None

    @property
    def share(self) -> float | None:
        """How much of the work of all passes is done, 0-1; None where the duration is not known."""
        if not self.duration_s:
            return None
        return (self.number - 1 + min(self.done_s / self.duration_s, 1)) / self.passes


class PeaksFound(Answer):
    """A recording is decoded, so its waveform can be drawn.

    Attributes:
        duration_s: of it.
        peaks: 0-255, each of as many seconds.
        channel_peaks: the same of each channel, with `channels="split"`.
    """

    duration_s: float
    peaks: list[int]
    channel_peaks: list[list[int]] | None = None


class FoundVoice(Answer):
    """One voice of a recording, before its windows are predicted.

    Attributes:
        id: from 1.
        channel: of the file, from 1; None where all channels are mixed.
        speech_s: about how much it speaks.
        baseline: what its features are normalised with: `recording`, `none` or `token`.
    """

    id: int
    channel: int | None = None
    speech_s: float
    baseline: str


class VoicesFound(Answer):
    """The voices of a recording are known; their windows follow.

    Attributes:
        voices: each of them.
    """

    voices: list[FoundVoice]


class Window(Answer):
    """The prediction for one window of speech in a recording; windows of one voice overlap.

    Attributes:
        start_s: where it begins.
        end_s: where it ends.
        emotion: the most probable one.
        confidence: its probability, 0-1.
        probabilities: one per emotion.
        low_information: whether to show it as uncertain.
        intensity: as of a prediction.
        voice: whose speech it is, with `channels="split"` or `speakers=2`.
    """

    start_s: float
    end_s: float
    emotion: str
    confidence: float
    probabilities: dict[str, float]
    low_information: bool
    intensity: float | None = None
    voice: int | None = None


class Segment(Affect, Window):
    """A run of speech with one emotion; segments of one voice do not overlap."""


class WindowVote(Answer):
    """What most windows vote for.

    Attributes:
        emotion: it.
        share: its share of the votes, 0-1.
    """

    emotion: str
    share: float


class RecordingVoiceGender(Answer):
    """Whether the voice of a recording sounds female or male, for one speaker in it.

    Attributes:
        label: `Female` or `Male`; None where nobody speaks.
        confidence: its mean probability, 0-1.
        share: of the windows in which it is the more probable one, 0-1.
        low_information: whether to show it as uncertain.
    """

    label: str | None
    confidence: float | None
    share: float | None
    low_information: bool


class _Whole(Affect):
    """What is said of a whole recording, and of one voice of it.

    Attributes:
        emotion: the one with most seconds of speech; None where nobody speaks.
        confidence: its share of the seconds of speech, 0-1.
        probabilities: the mean over the windows.
        low_information: whether to show it as uncertain.
        mixed: whether the second emotion has nearly as many seconds.
        speech_s: seconds of speech.
        baseline: what the features were normalised with: `recording`, `none` or `token`.
        distribution: seconds of speech of each emotion.
        segments: smoothed over time, in order.
        voice_gender: only if it was asked for.
    """

    emotion: str | None
    confidence: float | None
    probabilities: dict[str, float] | None
    low_information: bool
    mixed: bool
    speech_s: float
    baseline: str
    distribution: dict[str, float]
    segments: list[Segment]
    voice_gender: RecordingVoiceGender | None = None


class Voice(_Whole):
    """One voice of a recording: one channel of it, or one of two speakers. More fields: those of `Analysis`.

    Attributes:
        id: from 1.
        channel: of the file, from 1; None where all channels are mixed.
    """

    id: int
    channel: int | None = None


class Analysis(_Whole):
    """The emotions of a recording over time.

    Attributes:
        window_vote: what most windows vote for; None where nobody speaks.
        duration_s: of the recording.
        silence_s: seconds of everything but speech.
        truncated: whether the file is cut off.
        model: the name of the model that answered.
        windows: the predictions of the network, in order.
        timestamp: when it was made.
        voices: with `channels="split"` or `speakers=2`, each of them.
        same_channels: with `channels="split"`, whether both hold the same.
        peaks: with `peaks=True`, to draw the waveform.
        channel_peaks: the same of each channel, with `channels="split"`.
    """

    window_vote: WindowVote | None
    duration_s: float
    silence_s: float
    truncated: bool
    model: str
    windows: list[Window]
    timestamp: Timestamp
    voices: list[Voice] | None = None
    same_channels: bool | None = None
    peaks: list[int] | None = None
    channel_peaks: list[list[int]] | None = None


AnalysisLine = AnalysisStarted | Progress | PeaksFound | VoicesFound | Window | Analysis


class Model(Answer):
    """One model of the server; docs/api.md describes all fields.

    Attributes:
        name: of it, for the option `model`.
        description: of it.
        task: what it predicts: `emotion`, or something else.
        group: `recommended`, or `published`.
        emotions: its labels, in the order of the probabilities.
        corpus: what it was trained on.
        licence: of that corpus.
        weights_licence: of the model itself; empty where it is not stated.
        restricted: whether that licence forbids some uses.
        uar: mean recall on speakers that were not in training, 0-1.
        unseen_speakers: how many speakers that was measured on.
        parameters: how many it has.
        baseline_kind: a baseline fits all models of the same kind.
        takes_baseline: whether it takes one at all.
        min_baseline_s: how many seconds of speech make one.
        tells_intensity: whether its answers have an `intensity`.
    """

    name: str
    description: str
    task: str
    group: str
    emotions: list[str]
    corpus: str
    licence: str
    weights_licence: str
    restricted: bool
    uar: float | None = None
    unseen_speakers: int | None = None
    parameters: int
    baseline_kind: str
    takes_baseline: bool
    min_baseline_s: float
    tells_intensity: bool = False


class ModelDetails(Model):
    """What is known of one model; docs/api.md describes all fields, which are attributes, too.

    Attributes:
        network_labels: the labels of its network.
        architecture: of its network.
        features: what the network reads.
        created: the date, as 2026-11-22.
        onnx_url: where its file is.
        onnx_sha256: of that file.
    """

    network_labels: list[str]
    architecture: str
    features: str
    created: str
    onnx_url: str
    onnx_sha256: str | None = None


class Models(Answer):
    """The models of the server.

    Attributes:
        default: the one of requests that name none.
        models: each of them.
    """

    default: str
    models: list[Model]
