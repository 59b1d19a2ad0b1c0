"""`model.json`: what a model says of itself."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from ser.errors import WrongTask
from ser.models.aggregate import Method

MANIFEST = "model.json"
KERAS_FILE = "final_ser_model.keras"
SCALER_FILE = "scaler.skops"
PICKLED_SCALER_FILE = "scaler.pkl"
ONNX_FILE = "model.onnx"
CARD_FILE = "MODEL_CARD.md"
# What a model is run from; `weights_of` names another model that has them.
NETWORK_FILES = (KERAS_FILE, SCALER_FILE, PICKLED_SCALER_FILE, ONNX_FILE)
DEFAULT_OUTPUT = "probabilities"

# More faults of one manifest are only counted, and their places are cut.
_MOST_FAULTS = 100
_LONGEST_PLACE = 100


def _file_name(name: str) -> str:
    if name in ("", ".", "..") or set(name) & set("/\\\0"):
        raise ValueError("it must be the name of a file or folder, not a path")
    return name


_FileName = Annotated[str, AfterValidator(_file_name)]
_Finite = Annotated[float, Field(allow_inf_nan=False)]
_Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
_Frozen = ConfigDict(extra="forbid", frozen=True)

Task = Literal["emotion", "voice_gender"]
VOICE_GENDER: Task = "voice_gender"
Group = Literal["recommended", "published"]
# What `split` says of its method where each speaker was left out of one model, and scored by it.
LEAVE_ONE_OUT = "leave-one-speaker-out"
# What `metrics` calls the figures of a cross-validation (`ser.training.cross_validation`).
CROSS_VALIDATION = "cross_validation"
# Manifests of older versions hold only the parameters: the feature set by their `kind`.
_OLDER_FEATURES = {"mfcc+delta+delta2": "mfcc-delta", "mfcc+delta+delta2+pitch": "mfcc-delta-pitch"}


class CorpusFacts(BaseModel):
    """What a model was trained on."""

    model_config = _Frozen

    title: str
    description: str
    licence: str
    licence_url: str
    source: str
    url: str


class AlsoTrainedOn(BaseModel):
    """A further corpus that a model was trained on.

    Attributes:
        corpus: what it is.
        clips: how many of its clips were trained on; None where that is not recorded.
        speakers: the corpus' names of their speakers; empty where they are not known.
    """

    model_config = _Frozen

    corpus: CorpusFacts
    clips: int | None = None
    speakers: list[str] = []


class Scaling(BaseModel):
    """The mean and the deviation of all training speakers' frames, one number per feature."""

    model_config = _Frozen

    mean: list[_Finite]
    scale: list[_Positive]


class Reference(BaseModel):
    """What a model answers for speakers of its training, to compare the answers of a server with.

    Attributes:
        of: which recordings these are, in words.
        clips: how many.
        emotions: share of the answers with each label.
        confidence: the mean over the answers, 0-1.
        low_information: share of the answers.
    """

    model_config = _Frozen

    of: str
    clips: int = Field(ge=1)
    emotions: dict[str, Annotated[float, Field(ge=0, le=1)]]
    confidence: float = Field(ge=0, le=1)
    low_information: float = Field(ge=0, le=1)


class FeaturesRead(BaseModel):
    """The feature set that a model reads: its name, its version and its parameters."""

    model_config = _Frozen

    name: str
    version: int = 1
    parameters: dict[str, int | float | str]


class Window(BaseModel):
    """The window that a model reads, and how a clip's windows become one answer.

    Attributes:
        length_frames: a longer clip is covered by several windows.
        hop_frames: from window to window.
        aggregate: `mean` of the windows' probabilities, or their `vote`.
    """

    model_config = _Frozen

    length_frames: int = Field(400, ge=1)
    hop_frames: int = Field(200, ge=1)
    aggregate: Method = "mean"


class CrossValidated(BaseModel):
    """UAR over all speakers of a corpus, each scored by a model that was not trained on them.

    Attributes:
        uar: with nothing known of the speaker, 0-1.
        low: lower end of its 95 % interval over speakers.
        high: upper end.
        speakers: how many.
    """

    model_config = ConfigDict(frozen=True)

    uar: float = Field(ge=0, le=1)
    low: float | None = Field(ge=0, le=1)
    high: float | None = Field(ge=0, le=1)
    speakers: int = Field(ge=2)


class FileList(BaseModel):
    """What `model.json` says of the files; all of it that is needed to read them.

    Attributes:
        sha256: name of a file -> its SHA-256, in hexadecimal digits.
        weights_of: the name of the model beside this one whose network files it uses; None for its own.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    sha256: dict[_FileName, str]
    weights_of: _FileName | None = None


class Manifest(FileList):
    """What `model.json` says of a model.

    Attributes:
        task: what the labels are.
        group: `recommended`, or the network of a `published` system, to compare it with.
        labels: what it answers with, in this order.
        network_labels: what its network answers with; `labels` where it is not given. Where the network's
            most probable label is none of `labels`, the answer is of low information.
        output: the name of the ONNX graph's output that gives `labels`.
        window: of frames; of no effect where the features are not over time.
        temperature: the network's logits are divided by it.
        min_confidence: an answer of lower confidence is of low information, 0-1.
        min_speech_s: so is an answer on less speech.
        prior_frames: the weight of `scaling` against the frames of a baseline.
        scaling: what frames are scaled with when there is no baseline; without it, the model takes none.
        reference: what it answers for speakers of its training; None where nobody has measured it.
        licence: of the weights.
        restricted: whether that licence forbids some uses, such as commercial ones.
        also_trained_on: further corpora, beside `corpus`; also those of the model whose network was trained
            further.
    """

    model_config = _Frozen

    name: str
    description: str
    task: Task = "emotion"
    group: Group = "recommended"
    labels: list[str] = Field(min_length=2)
    network_labels: list[str] | None = None
    output: str = DEFAULT_OUTPUT
    window: Window = Window()
    temperature: _Positive = 1.0
    min_confidence: float = Field(0.0, ge=0, le=1)
    min_speech_s: float = Field(0.0, ge=0, allow_inf_nan=False)
    prior_frames: float = Field(0.0, ge=0, allow_inf_nan=False)
    scaling: Scaling | None = None
    reference: Reference | None = None
    architecture: str
    parameters: int
    features: FeaturesRead
    licence: str = ""
    restricted: bool = False
    corpus: CorpusFacts
    also_trained_on: list[AlsoTrainedOn] = []
    split: dict[str, Any]
    training: dict[str, Any]
    metrics: dict[str, Any]
    versions: dict[str, str]
    created: str

    @field_validator("features", mode="before")
    @classmethod
    def _named(cls, features: object) -> object:
        kind = features.get("kind") if isinstance(features, dict) else None
        if isinstance(kind, str) and kind in _OLDER_FEATURES:
            return {"name": _OLDER_FEATURES[kind], "parameters": features}
        return features

    @field_validator("labels", "network_labels")
    @classmethod
    def _differ(cls, labels: list[str] | None) -> list[str] | None:
        if labels is not None and len(set(labels)) < len(labels):
            raise ValueError("two labels are the same")
        return labels

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if unknown := set(self.labels) - set(self.network_labels or self.labels):
            raise ValueError(f"labels that the network does not know: {', '.join(sorted(unknown))}")
        if self.scaling and len(self.scaling.mean) != len(self.scaling.scale):
            raise ValueError("scaling has not as many deviations as means")
        return self

    @property
    def trained_on(self) -> frozenset[str]:
        """The titles of all corpora that the model was trained on."""
        return frozenset({self.corpus.title, *(each.corpus.title for each in self.also_trained_on)})

    @property
    def label_indices(self) -> list[int]:
        """Which of the network's outputs are those of `labels`."""
        known = self.network_labels or self.labels
        return [known.index(label) for label in self.labels]

    @property
    def other_label_indices(self) -> list[int]:
        """Which of the network's outputs are labels that the model does not answer with."""
        known = self.network_labels or self.labels
        return [index for index, label in enumerate(known) if label not in self.labels]

    def require_emotions(self) -> None:
        """Refuse a model that predicts something else.

        Raises:
            WrongTask: its labels are no emotions.
        """
        if self.task != "emotion":
            raise WrongTask(f"The task of '{self.name}' is '{self.task}', not 'emotion'; choose another.")

    @property
    def tells_intensity(self) -> bool:
        """Whether its answers say how strongly an emotion is expressed."""
        return "intensity" in self.training

    def unseen_score(self, name: str) -> float | None:
        """Return a score on speakers that the model was not trained on, 0-1; None where it was not measured.

        A split by clip has the same speakers in training and test, so it measures nothing of the kind.

        Args:
            name: `uar`, `wa` (accuracy) or `macro_f1`.
        """
        dev = self.metrics.get("dev")
        score = dev.get(name) if isinstance(dev, dict) else None
        if not isinstance(score, int | float) or not math.isfinite(score):
            return None
        return float(score) if self.split.get("by") != "clip" else None

    @property
    def cross_validated(self) -> CrossValidated | None:
        """What a cross-validation of how it was trained found; None where there was none."""
        found = self.metrics.get(CROSS_VALIDATION)
        try:
            uar = next(each["uar"] for each in found["scores"] if each["baseline"] == "none")  # type: ignore[index]
            ends = {end: uar[end] for end in ("low", "high")}
            return CrossValidated(uar=uar["value"], **ends, speakers=found["speakers"])  # type: ignore[index]
        except (LookupError, TypeError, StopIteration, ValidationError):
            return None

    @property
    def unseen_uar(self) -> float | None:
        """UAR on speakers that the model was not trained on; see `unseen_score`."""
        return self.unseen_score("uar")

    @property
    def unseen_speakers(self) -> list[str]:
        """The speakers that `unseen_uar` was measured on; none where it was not measured."""
        speakers = [] if self.unseen_uar is None else self.metrics["dev"].get("speakers")
        return list(speakers) if isinstance(speakers, list) else []


def faults_of(error: ValidationError) -> list[str]:
    """Return what is wrong with a manifest, a sentence each."""
    if error.error_count() > _MOST_FAULTS:
        return [f"{error.error_count():,} of its values cannot be used."]
    return [
        f"{'.'.join(map(str, each['loc']))[:_LONGEST_PLACE] or 'it'}: {each['msg']}."
        for each in error.errors(include_input=False, include_url=False, include_context=False)
    ]
