"""The shapes of requests and answers, as the OpenAPI document shows them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from flask_openapi3 import FileStorage
from pydantic import BaseModel, BeforeValidator, ConfigDict, FailFast, Field, field_validator

from ser.analysis.live import HOP_S, MAX_HOP_S, MAX_WINDOW_S, MIN_HOP_S, MIN_WINDOW_S, WINDOW_S
from ser.api.forms import MAX_FILES, ChannelsField, SpeakersField
from ser.audio.containers import FORMATS
from ser.audio.pcm import MAX_RATE_HZ, MIN_RATE_HZ, Encoding
from ser.audio.peaks import MOST_PEAK, MOST_PEAKS
from ser.audio.waveform import SAMPLE_RATE_HZ
from ser.limits import MAX_TEXT_BYTES
from ser.models.affect import RATINGS, Sentiment
from ser.models.baseline import MIN_BASELINE_S
from ser.models.manifest import CorpusFacts, CrossValidated, Group, Scaling, Task
from ser.models.prior import LEAST, MOST

# More than any recording lasts, and few enough digits for every format of a timeline.
_MAX_TIME_S = 1e9
_MAX_LABELS = 100
_MAX_PRIOR = 10_000
_MAX_VOICES = 99

_LOW_INFORMATION = (
    "Whether to show it as uncertain: the speech is too short, or the confidence too low, or the network's "
    "most probable label is one that the model does not answer with, such as Neutral for a model of four "
    "emotions."
)


def _encodable(value: object) -> object:
    try:
        str(value).encode()
    except UnicodeEncodeError as error:
        raise ValueError("the text holds half a character (a lone surrogate)") from error
    return value


_PRIOR = (
    "How many times as frequent emotions are as in training, as `Neutral=3` or `Neutral=3,Angry=0.5` "
    f"({LEAST:g} to {MOST:g}; 1 for those that are not named). The probabilities are reweighted."
)


_DERIVED = (
    "Derived from `probabilities`, not measured. Null without probabilities, and for a model with a label "
    f"that is none of {', '.join(RATINGS)}. Models whose labels are no emotions do not have it."
)

SentimentOrNull = Annotated[
    Sentiment | None,
    Field(description=f"The most probable one; neutral where two are equally so. {_DERIVED}"),
]
ValenceOrNull = Annotated[
    float | None, Field(ge=-1, le=1, description=f"From -1 (unpleasant) to 1 (pleasant). {_DERIVED}")
]
ArousalOrNull = Annotated[
    float | None, Field(ge=-1, le=1, description=f"From -1 (calm) to 1 (excited). {_DERIVED}")
]
_INTENSITY = (
    "How strongly the emotion is expressed, 0-100 %: the rating that listeners would give on the mean, where "
    "no emotion counts as 0. Only from a model that tells (`tells_intensity` of GET /models)."
)
Intensity = Annotated[float | None, Field(ge=0, le=100, description=_INTENSITY)]
_VOICE_GENDER = (
    "Whether the answer also says if the voice sounds female or male. This is biometric categorisation: tell "
    "the people whose voices it is used on."
)

_CHANNELS = (
    "`mix` takes the mean of all channels. `split` analyses the two channels of a stereo recording apart, "
    "each normalised with its own statistics."
)
_SPEAKERS = (
    "`2` tells two speakers of a mixed recording apart, and normalises each with their own statistics. Not "
    "with `channels=split`."
)


def _few(labels: object) -> object:
    # Before the labels themselves are looked at: each of them may be a fault.
    if isinstance(labels, dict) and len(labels) > _MAX_LABELS:
        raise ValueError(f"there are {len(labels)} labels; at most {_MAX_LABELS} are taken")
    return labels


Label = Annotated[str, Field(max_length=200), BeforeValidator(_encodable)]
Time = Annotated[float, Field(ge=0, le=_MAX_TIME_S)]
Share = Annotated[float, Field(ge=0, le=1)]


class PredictForm(BaseModel):
    """What POST /predict takes."""

    file: FileStorage = Field(description=f"The audio: {FORMATS}.")
    model: str = Field("", description="A name of GET /models; the default one without it.")
    baseline: str = Field("", description="The speaker's baseline: the token that POST /baseline answered.")
    prior: str = Field("", description=_PRIOR)
    adapt: bool = Field(False, description="Whether the answer has the baseline updated with this clip.")
    voice_gender: bool = Field(False, description=_VOICE_GENDER)


class BaselineForm(BaseModel):
    """What POST /baseline takes."""

    file: list[FileStorage] = Field(
        max_length=MAX_FILES,
        description=f"{MIN_BASELINE_S:g} s or more of the speaker's ordinary speech, in one file or in up to "
        f"{MAX_FILES}: {FORMATS}.",
    )
    model: str = Field("", description="A name of GET /models; the default one without it.")
    baseline: str = Field("", description="A baseline of the same speaker, to update with these files.")


class BaselineBody(BaseModel):
    """A speaker's baseline: statistics of their ordinary speech."""

    baseline: str = Field(
        description="The token to send along with requests. It has a few kB of statistics, and nothing of "
        "what was said. It fits all models of the same `baseline_kind`."
    )
    speech_s: float = Field(
        description="How many seconds of speech it was made from. Silence at the start and the end does not "
        "count; pauses do."
    )


class VoiceGenderBody(BaseModel):
    """Whether a voice sounds female or male."""

    label: Literal["Female", "Male"]
    confidence: float = Field(ge=0, le=1, description="The probability of that label.")
    low_information: bool = Field(
        description="Whether to show it as uncertain: the speech is too short, or the confidence too low."
    )


class PredictionBody(BaseModel):
    """The emotion of one clip."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "emotion": "Happy",
                "confidence": 0.8423,
                "probabilities": {
                    "Angry": 0.0512,
                    "Happy": 0.8423,
                    "Sad": 0.0601,
                    "Disgust": 0.0464,
                },
                "timestamp": "2026-02-17T15:45:00.000000",
                "low_information": False,
                "sentiment": "positive",
                "valence": 0.5904,
                "arousal": 0.4598,
            }
        }
    )

    emotion: str = Field(description="The most probable emotion.")
    confidence: float = Field(ge=0, le=1, description="The probability of that emotion.")
    probabilities: dict[str, float] = Field(description="One per emotion; they sum to 1.")
    timestamp: str = Field(description="When it was made: ISO 8601, UTC, without a zone.")
    low_information: bool = Field(description=_LOW_INFORMATION)
    sentiment: SentimentOrNull = None
    valence: ValenceOrNull = None
    arousal: ArousalOrNull = None
    intensity: Intensity = None
    baseline: str | None = Field(
        None,
        description="Only with `adapt`: the baseline updated with this clip, or a first one.",
    )
    baseline_speech_s: float | None = Field(
        None, description="Only with `adapt`: how many seconds of speech it was made from."
    )
    voice_gender: VoiceGenderBody | None = Field(None, description="Only with `voice_gender`.")


class AnalyzeForm(BaseModel):
    """What POST /analyze takes. With files over 32 MB, text fields come before the file."""

    file: FileStorage = Field(description=f"The recording: {FORMATS}.")
    model: str = Field("", description="A name of GET /models; the default one without it.")
    baseline: str = Field(
        "recording",
        description="Which speaker statistics the features are normalised with: `recording`, those of this "
        "file; `none`, those of all training speakers; or a token of POST /baseline.",
    )
    prior: str = Field("", description=_PRIOR)
    voice_gender: bool = Field(False, description=f"{_VOICE_GENDER} As `json` and `ndjson` only.")
    channels: ChannelsField = Field("mix", description=_CHANNELS)
    speakers: SpeakersField = Field("1", description=_SPEAKERS)
    peaks: bool = Field(
        False, description="Whether the answer has the peaks of the waveform. As `json` and `ndjson` only."
    )


class AnalyzeQuery(BaseModel):
    """How POST /analyze answers."""

    format: Literal["json", "ndjson", "csv", "vtt", "audacity", "textgrid", "rttm"] = Field(
        "json",
        description="`ndjson` sends progress and windows while it works, one JSON object a line; the last "
        "line is the result. `Accept: application/x-ndjson` asks for it, too.",
    )
    model: str = Field("", description="As in the form. If both are there, the form's counts.")
    baseline: str = Field("", description="As in the form. If both are there, the form's counts.")
    prior: str = Field("", description="As in the form. If both are there, the form's counts.")
    voice_gender: Literal["true", "false"] = Field(
        "false", description="As in the form. If both are there, the form's counts."
    )
    channels: ChannelsField = Field(
        "mix", description="As in the form. If both are there, the form's counts."
    )
    speakers: SpeakersField = Field("1", description="As in the form. If both are there, the form's counts.")
    peaks: Literal["true", "false"] = Field(
        "false", description="As in the form. If both are there, the form's counts."
    )


class WindowBody(BaseModel):
    """The emotion of one window of speech."""

    model_config = ConfigDict(allow_inf_nan=False, strict=True)

    start_s: Time
    end_s: Time
    emotion: Label
    confidence: Share = Field(description="The probability of that emotion.")
    probabilities: Annotated[dict[Label, Share], BeforeValidator(_few)] = Field(
        max_length=_MAX_LABELS, description="One per emotion; they sum to 1."
    )
    low_information: bool = Field(description=_LOW_INFORMATION)
    intensity: Intensity = None
    voice: int | None = Field(
        None,
        ge=1,
        le=_MAX_VOICES,
        description="Whose speech it is: an `id` of `voices`. Only with `channels=split` or `speakers=2`.",
    )


class SegmentBody(WindowBody):
    """A run of speech with one emotion."""

    sentiment: SentimentOrNull = None
    valence: ValenceOrNull = None
    arousal: ArousalOrNull = None


class WindowVoteBody(BaseModel):
    """What most windows vote for; each votes for its most probable emotion."""

    emotion: str
    share: float = Field(ge=0, le=1, description="Its share of the votes.")


class RecordingVoiceGenderBody(BaseModel):
    """Whether the voice of a recording sounds female or male. It is one answer, for one speaker."""

    label: Literal["Female", "Male"] | None = Field(
        description="The more probable one, on the mean over the windows; null where nobody speaks."
    )
    confidence: float | None = Field(ge=0, le=1, description="The mean of its probability over the windows.")
    share: float | None = Field(
        ge=0,
        le=1,
        description="The share of the windows in which it is the more probable one. Where it is far from 1, "
        "several people may speak.",
    )
    low_information: bool = Field(
        description="Whether to show it as uncertain: there is too little speech, or too little confidence."
    )


class VoiceBody(BaseModel):
    """One voice of a recording: one channel of it, or one of two speakers."""

    id: int = Field(ge=1, description="From 1. Of two speakers, 1 is who speaks first.")
    channel: int | None = Field(
        ge=1,
        description="The channel of the file, from 1 (left); null with `speakers=2`, and where both channels "
        "hold the same.",
    )
    baseline: Literal["recording", "none"] = Field(
        description="Which statistics the voice's features were normalised with: its own, or those of the "
        f"training speakers; also `none` with less than {MIN_BASELINE_S:g} s of its speech."
    )
    speech_s: float = Field(ge=0, description="Seconds of its speech.")
    emotion: str | None = Field(
        description="The one with most seconds in `distribution`; null where the voice does not speak."
    )
    confidence: float | None = Field(ge=0, le=1, description="Its share of the seconds of speech.")
    probabilities: dict[str, float] | None = Field(description="Calibrated, the mean over the windows.")
    low_information: bool = Field(description="As of the recording.")
    mixed: bool = Field(description="As of the recording.")
    distribution: dict[str, float] = Field(description="Seconds of speech of each emotion.")
    segments: list[SegmentBody] = Field(description="In order, none over another.")
    sentiment: SentimentOrNull = None
    valence: ValenceOrNull = None
    arousal: ArousalOrNull = None
    intensity: Intensity = None
    voice_gender: RecordingVoiceGenderBody | None = Field(None, description="Only with `voice_gender`.")


_Peaks = Annotated[list[Annotated[int, Field(ge=0, le=MOST_PEAK)]], Field(max_length=MOST_PEAKS)]


class AnalysisBody(BaseModel):
    """The emotions of a long recording over time."""

    emotion: str | None = Field(
        description="The one with most seconds of speech in `distribution`; null where nobody speaks."
    )
    confidence: float | None = Field(ge=0, le=1, description="Its share of the seconds of speech.")
    probabilities: dict[str, float] | None = Field(description="Calibrated, the mean over the windows.")
    low_information: bool = Field(
        description="Whether to show it as uncertain: there is too little speech, or `emotion` is too "
        "improbable on the mean, or the network's most probable label on the mean is one that the model does "
        "not answer with."
    )
    mixed: bool = Field(
        description="Whether the second emotion of `distribution` has 90 % or more of the first's seconds."
    )
    window_vote: WindowVoteBody | None = Field(
        description="What most windows vote for. They overlap, so this may be another emotion; null where "
        "nobody speaks."
    )
    duration_s: float = Field(ge=0)
    speech_s: float = Field(
        ge=0, description="Seconds of speech. Where two voices speak at once, they count twice."
    )
    silence_s: float = Field(ge=0, description="Seconds of everything else: silence, noise, music.")
    truncated: bool = Field(description="Whether the file is cut off.")
    baseline: Literal["recording", "none", "token"] = Field(
        description="Which speaker statistics the features were normalised with."
    )
    model: str
    distribution: dict[str, float] = Field(description="Seconds of speech of each emotion.")
    segments: list[SegmentBody] = Field(
        description="Smoothed over time, in order, none over another of the same voice."
    )
    windows: list[WindowBody] = Field(
        description="The predictions of the network, in order; the windows overlap."
    )
    timestamp: str = Field(description="When it was made: ISO 8601, UTC, without a zone.")
    sentiment: SentimentOrNull = None
    valence: ValenceOrNull = None
    arousal: ArousalOrNull = None
    intensity: Intensity = None
    voice_gender: RecordingVoiceGenderBody | None = Field(
        None, description="Only with `voice_gender`; of a call, each of `voices` has its own."
    )
    voices: list[VoiceBody] | None = Field(
        None,
        description="Only with `channels=split` or `speakers=2`: each voice, also one that does not speak.",
    )
    same_channels: bool | None = Field(
        None,
        description="Only with `channels=split`: whether both hold the same; then they are one voice.",
    )
    peaks: _Peaks | None = Field(
        None,
        description=f"Only with `peaks`: the loudest sample of each of {MOST_PEAKS} equal parts of the "
        f"recording, 0-{MOST_PEAK}; of each 10 ms where these are fewer.",
    )
    channel_peaks: list[_Peaks] | None = Field(
        None, description="Only with `peaks` and `channels=split`: the same of each channel."
    )


class TimelineBody(BaseModel):
    """An answer of POST /analyze. Only these fields are needed."""

    model_config = ConfigDict(allow_inf_nan=False, strict=True)

    duration_s: Time
    distribution: Annotated[dict[Label, Time], BeforeValidator(_few)] = Field(max_length=_MAX_LABELS)
    # One fault is enough: to list those of a million segments takes gigabytes.
    segments: Annotated[list[SegmentBody], FailFast()]

    @field_validator("segments")
    @classmethod
    def _follow(cls, segments: list[SegmentBody]) -> list[SegmentBody]:
        started_s = 0.0
        ended_s: dict[int | None, float] = {}
        for segment in segments:
            at_s = max(started_s, ended_s.get(segment.voice, 0.0))
            if not at_s <= segment.start_s <= segment.end_s:
                raise ValueError("segments must be in order, none over another of the same voice")
            started_s, ended_s[segment.voice] = segment.start_s, segment.end_s
        return segments


class TimelineQuery(BaseModel):
    """The format of a timeline."""

    format: Literal["csv", "vtt", "audacity", "textgrid", "rttm"]


class StreamConfig(BaseModel):
    """The first message of WS /stream."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

    type: Literal["config"]
    sample_rate_hz: int = Field(SAMPLE_RATE_HZ, ge=MIN_RATE_HZ, le=MAX_RATE_HZ)
    encoding: Encoding = "s16le"
    model: str | None = Field(None, max_length=200)
    hop_s: float = Field(HOP_S, ge=MIN_HOP_S, le=MAX_HOP_S)
    window_s: float = Field(WINDOW_S, ge=MIN_WINDOW_S, le=MAX_WINDOW_S)
    baseline: str | None = Field(None, max_length=MAX_TEXT_BYTES)
    prior: str | None = Field(None, max_length=_MAX_PRIOR)
    adapt: bool = True


class ErrorBody(BaseModel):
    """What went wrong."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "error": "Audio too short",
                "code": "too_short",
                "detail": "0.05 s of sound are left after trimming silence; at least 0.1 s are needed.",
            }
        }
    )

    error: str = Field(description="A sentence for people.")
    code: str = Field(description="A word for machines.")
    detail: str | None = Field(None, description="What came, what was expected and what to do.")


# What the routes that take recordings may answer.
UPLOAD_ERRORS: dict[str | int, type[BaseModel] | dict[Any, Any] | None] = dict.fromkeys(
    (400, 403, 404, 408, 413, 422, 500, 503), ErrorBody
)
# What every route may answer: the library would document a list of them.
INVALID_REQUEST: dict[str | int, type[BaseModel] | dict[Any, Any] | None] = {400: ErrorBody}
# What the routes that need a key may answer, where SER_API_KEYS or limits are set.
ACCESS_ERRORS: dict[str | int, type[BaseModel] | dict[Any, Any] | None] = {
    **INVALID_REQUEST,
    **dict.fromkeys((401, 429), ErrorBody),
}
# The security scheme of the OpenAPI document.
KEY_SCHEME = {
    "key": {
        "type": "http",
        "scheme": "bearer",
        "description": "A key of the server, if it has any (SER_API_KEYS). `ser keys add` makes one.",
    }
}


class LiveBody(BaseModel):
    """The answer of GET /health/live."""

    status: Literal["alive"]


class ReadyBody(BaseModel):
    """The answer of GET /health/ready."""

    status: Literal["ready", "draining", "no_model"] = Field(
        description="`no_model` while the default model is not loaded; `draining` once the server is to stop."
    )


class HealthBody(BaseModel):
    """Whether the server can predict."""

    status: str = Field(description="`healthy`, or `unhealthy` while no model is loaded.")
    model_loaded: bool
    timestamp: str


class FurtherCorpusBody(BaseModel):
    """A further corpus that a model was trained on."""

    corpus: str
    licence: str
    licence_url: str
    source: str = Field(description="Who made it, as its licence asks for.")


class ModelBody(BaseModel):
    """One model of the server."""

    name: str
    description: str
    task: Task = Field(
        description="What it predicts. Requests for an emotion take only models of the task `emotion`."
    )
    group: Group = Field(
        description="`recommended`, or the network of a `published` system, to compare it with."
    )
    emotions: list[str] = Field(description="Its classes, in the order of the probabilities.")
    corpus: str = Field(description="What it was trained on.")
    licence: str = Field(description="The licence of that corpus.")
    licence_url: str
    weights_licence: str = Field(description="The licence of the model itself; empty where it is not stated.")
    restricted: bool = Field(description="Whether that licence forbids some uses, such as commercial ones.")
    also_trained_on: list[FurtherCorpusBody]
    uar: float | None = Field(
        description="Mean recall of the emotions (UAR) on speakers that are not in the training data, 0-1."
    )
    unseen_speakers: int | None = Field(description="How many speakers that was measured on.")
    cross_validated: CrossValidated | None = Field(
        description="UAR over all speakers of the corpus, each scored by a model that was trained in the "
        "same way, but not on this speaker; null where there was no cross-validation."
    )
    parameters: int
    card_url: str = Field(description="The address of its model card.")
    baseline_kind: str = Field(description="A baseline fits all models of the same kind.")
    takes_baseline: bool = Field(
        description="Whether features can be normalised with a baseline; other models refuse one."
    )
    abstains_below: float = Field(
        description="A prediction below this confidence has `low_information`, 0-1."
    )
    abstains_below_unknown: float = Field(
        description="The same while less than `min_baseline_s` of the speaker are known, 0-1; for emotions "
        "other than Neutral. The dashboard does so. `low_information` does not: the server does not know "
        "what the client knows."
    )
    min_baseline_s: float = Field(description="How many seconds of speech make a baseline.")
    tells_intensity: bool = Field(description="Whether its answers have an `intensity`.")


class ScoresBody(BaseModel):
    """How good a model is on speakers that are not in the training data."""

    uar: float | None = Field(description="Unweighted average recall: the mean recall of the labels, 0-1.")
    wa: float | None = Field(description="Weighted accuracy: the share of right answers, 0-1.")
    macro_f1: float | None = Field(description="The mean F1 of the labels, 0-1.")


class SplitBody(BaseModel):
    """How the clips of the corpus were divided."""

    by: str = Field(
        description="What has no clips in two parts: `speaker`, or `clip` where speakers are not known."
    )
    sizes: dict[str, int] = Field(
        description="How many of them are in each part: `fit` trained the network, `stop` decided when to "
        "stop, `calibrate` (some of the others) calibrated it, `dev` scored it."
    )


class RatingBody(BaseModel):
    """Sentiment, valence and arousal of an emotion."""

    sentiment: Sentiment
    valence: float = Field(description="From -1 (unpleasant) to 1 (pleasant).")
    arousal: float = Field(description="From -1 (calm) to 1 (excited).")


class WindowsBody(BaseModel):
    """Of how much speech each answer is, and how far apart they are."""

    window_s: float
    hop_s: float


class ModelDetailsBody(ModelBody):
    """What is known of one model."""

    network_labels: list[str] = Field(
        description="The labels of its network. An answer has `low_information` where the most probable one "
        "is none of `emotions`."
    )
    architecture: str
    features: str = Field(description="What the network reads.")
    corpora: list[CorpusFacts] = Field(description="All corpora that it was trained on.")
    split: SplitBody
    scores: ScoresBody
    onnx_url: str = Field(description="Where `model.onnx` is.")
    onnx_output: str = Field(description="The output of `model.onnx` that has the model's labels.")
    onnx_sha256: str | None = Field(description="SHA-256 of `model.onnx`; null where the manifest has none.")
    min_speech_s: float = Field(description="An answer on less speech has `low_information`.")
    scaling: Scaling | None = Field(
        description="Mean and deviation of the training speakers' features; null where none are scaled."
    )
    prior_frames: float = Field(
        description="How many frames these count for, where a speaker's own are known."
    )
    ratings: dict[str, RatingBody] = Field(
        description="Sentiment, valence and arousal of each emotion, of which those of an answer are means; "
        "empty where they are not known of an emotion."
    )
    file_windows: WindowsBody = Field(description="The windows of POST /analyze.")
    live_windows: WindowsBody = Field(
        description="The windows of WS /stream, unless its configuration says otherwise."
    )
    created: str = Field(description="The date, as 2026-11-22.")


class ModelsBody(BaseModel):
    """The models of the server."""

    default: str = Field(description="The model of requests that name none.")
    models: list[ModelBody]


class ModelPath(BaseModel):
    """Which model."""

    name: str = Field(description="A name of GET /models.")
