"""What a report holds. `report.json`, the page, the plots and the model card are all made from it."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from ser.evaluation.metrics import Bin, Estimate
from ser.evaluation.scores import Report

# A gap between groups of people that is to be seen by everybody, 0-1.
LARGE_GAP = 0.05
# Fewer than these are single voices, not a group.
MIN_GROUP_SPEAKERS = 5


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Condition(_Part):
    """How well the model hears when so much is known of the speaker.

    Attributes:
        name: for machines.
        title: for people.
        draws: how often the baseline was drawn anew; the figures are means over these.
        speech_s: mean length of the baselines, in seconds of speech.
        uar: unweighted average recall.
        wa: share of clips that are right.
        macro_f1: mean F1.
        ece: expected calibration error of what was answered, 0-1.
    """

    name: str
    title: str
    draws: int
    speech_s: float
    uar: Estimate
    wa: Estimate
    macro_f1: Estimate
    ece: float


class CurvePoint(_Part):
    """UAR with so many seconds of baseline; `speech_s` is what speakers had on average of `seconds`."""

    kind: str
    seconds: float
    speech_s: float
    uar: Estimate


class Calibration(_Part):
    """Confidence against accuracy, before (temperature 1) and after calibration; no baseline."""

    temperature: float
    ece_before: float
    ece_after: float
    before: list[Bin]
    after: list[Bin]


class Abstaining(_Part):
    """How accurate the surest answers are; no baseline.

    Attributes:
        coverage: shares of clips answered.
        accuracy: of those.
        area: mean share of wrong answers over all coverages (area under the risk-coverage curve).
        answered: share of clips that the model as it is calls certain.
        accuracy_answered: of these; None where there are none.
    """

    coverage: list[float]
    accuracy: list[float]
    area: float
    answered: float
    accuracy_answered: float | None


class Group(_Part):
    """Scores on some clips.

    Attributes:
        name: whose or which.
        speakers: how many.
        clips: how many.
        interval: of UAR without baseline.
        uar: condition -> UAR.
        people: UAR of a single listener who only heard the clips; None where there are no votes.
    """

    name: str
    speakers: int
    clips: int
    interval: Estimate
    uar: dict[str, float]
    people: float | None


class Grouping(_Part):
    """Scores by one property.

    Attributes:
        by: the property.
        groups: one for each value.
        gap: condition -> largest difference between groups of `MIN_GROUP_SPEAKERS` or more; None where
            there are not two such groups, or where the groups are not of people.
        chance_gap: condition -> what 5 % of random groups of the same sizes exceed.
    """

    by: str
    groups: list[Group]
    gap: dict[str, float] | None
    chance_gap: dict[str, float] | None


class Robustness(_Part):
    """Scores on the same clips after something happened to their sound; no baseline."""

    name: str
    title: str
    uar: Estimate
    drop: Estimate
    refused: int


class Agreement(_Part):
    """How often somebody agrees with the intended emotion, with most listeners, with one listener."""

    who: str
    intended: float
    intended_uar: float
    plurality: float | None
    one_listener: float


class People(_Part):
    """Model and listeners, who only heard the clips, side by side.

    Attributes:
        clips: those with votes for an emotion that is scored.
        votes: how many of these.
        agreement: one row for each who listens.
    """

    clips: int
    votes: int
    agreement: list[Agreement]


class Cost(_Part):
    """What an answer costs.

    Attributes:
        clip_s: length of the clip that was timed, in seconds.
        network_ms: frames to answer, median.
        road_ms: waveform to answer (features, voice activity, network), median.
        onnx_bytes: size of the ONNX file; None where it is not known.
        parameters: of the network.
    """

    clip_s: float
    network_ms: float
    road_ms: float
    onnx_bytes: int | None
    parameters: int


class FullReport(Report):
    """Everything measured of a model on some speakers.

    What it has of `Report` is without a baseline.

    Attributes:
        model: its name.
        corpus: title of the corpus.
        corpus_licence: of the corpus.
        split: whose clips: a part of the corpus' split, or all.
        split_by: what a split keeps together: speaker, or clip where nobody says who speaks; each clip is
            then one of `speakers`.
        heard_in_training: those of `speakers` whom the model was trained or stopped on.
        emotions: those that are scored: the model's that the corpus has.
        left_out: the corpus' emotions that the model does not know -> how many clips.
        conditions: by what is known of the speaker; "none" is the first.
        curve: UAR against seconds of baseline.
        calibration: confidence against accuracy.
        abstaining: accuracy against coverage.
        speaker_uar: speaker -> condition -> UAR.
        groups: by sex, age, race, ethnicity, intensity, as far as they are known.
        robustness: after codecs, bands, noise and the like.
        people: agreement with listeners; None where there are no votes.
        cost: time and size.
        random_split: figures on a random split, which leaks the speakers; None where not measured.
        seed: of everything random.
    """

    # A manifest may hold more beside it.
    model_config = ConfigDict(extra="ignore", frozen=True)

    model: str
    corpus: str
    corpus_licence: str
    split: str
    split_by: Literal["speaker", "clip"] = "speaker"
    heard_in_training: list[str]
    emotions: list[str]
    left_out: dict[str, int]
    conditions: list[Condition]
    curve: list[CurvePoint]
    calibration: Calibration
    abstaining: Abstaining
    speaker_uar: dict[str, dict[str, float]]
    groups: list[Grouping]
    robustness: list[Robustness]
    people: People | None
    cost: Cost
    random_split: dict[str, Any] | None
    seed: int

    @property
    def whose(self) -> str:
        """Whose clips these are, in words."""
        part = "" if self.split == "all" else f"{self.split} "
        return f"{len(self.speakers)} {part}{self.split_by}s of {self.corpus}"

    @property
    def unseen(self) -> str:
        """Whether the model knows them, in words."""
        if not self.heard_in_training:
            if self.split_by == "clip":
                return "their VOICES may be HEARD IN TRAINING"
            return "none heard in training"
        return f"{len(self.heard_in_training)} of them HEARD IN TRAINING"

    @property
    def chance(self) -> float:
        """UAR of guessing."""
        return 1 / len(self.emotions)
