"""The contents of a report: `report.json`, the page, the plots and the model card are made from it."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import AliasChoices, BaseModel, ConfigDict, Field

from ser.evaluation.metrics import Bin, Estimate
from ser.evaluation.scores import Report
from ser.evaluation.words import WORDS, Words
from ser.models.manifest import Task
from ser.text import counted

# Gaps of UAR between groups of people above this are printed in bold, 0-1.
LARGE_GAP = 0.05
# Groups with fewer speakers are not compared.
MIN_GROUP_SPEAKERS = 5


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Condition(_Part):
    """The scores with one kind of baseline, or with none.

    Attributes:
        name: for machines.
        title: for people.
        draws: how many baselines were drawn; the figures are means over these.
        speech_s: mean length of the baselines, in seconds of speech.
        uar: unweighted average recall, 0-1.
        wa: share of right answers, 0-1.
        macro_f1: mean F1 of the emotions, 0-1.
        ece: expected calibration error of the answers, 0-1.
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
    """UAR with a baseline of at most `seconds`; `speech_s` is the mean length that speakers had."""

    kind: str
    seconds: float
    speech_s: float
    uar: Estimate


class Calibration(_Part):
    """Confidence against accuracy before (temperature 1) and after calibration, without a baseline.

    Of a model whose windows vote, that of the mean of the windows and that of the shares of the votes.
    """

    temperature: float
    ece_before: float
    ece_after: float
    before: list[Bin]
    after: list[Bin]
    voting: bool = False


class Abstaining(_Part):
    """Accuracy of the most confident answers, without a baseline.

    Attributes:
        coverage: shares of clips answered.
        accuracy: of those.
        area: mean share of wrong answers over all coverages (area under the risk-coverage curve).
        answered: share of clips that the model answers without the mark of low information.
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
        name: of the group.
        speakers: how many.
        clips: how many.
        interval: UAR without baseline, with its interval.
        uar: condition -> UAR, 0-1.
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
        gap: condition -> largest difference of UAR between groups of `MIN_GROUP_SPEAKERS` or more; None
            where there are not two such groups, or where the groups are not of people.
        chance_gap: condition -> the gap that 5 % of random groups of the same sizes exceed.
    """

    by: str
    groups: list[Group]
    gap: dict[str, float] | None
    chance_gap: dict[str, float] | None


class Robustness(_Part):
    """Scores on the same clips after a degradation of their sound, without a baseline."""

    name: str
    title: str
    uar: Estimate
    drop: Estimate
    refused: int


class Agreement(_Part):
    """How often `who` agrees with the intended emotion, with most listeners, and with one listener."""

    who: str
    intended: float
    intended_uar: float
    plurality: float | None
    one_listener: float


class People(_Part):
    """The model compared with listeners, who only heard the clips.

    Attributes:
        clips: those with votes for an emotion that is scored.
        votes: how many votes these clips have.
        agreement: rows for the listeners, and one for each condition of the model.
    """

    clips: int
    votes: int
    agreement: list[Agreement]


class Cost(_Part):
    """Time and size.

    Attributes:
        clip_s: length of the clip that was timed, in seconds.
        network_ms: features to answer, median.
        pipeline_ms: waveform to answer (features, voice activity, network), median.
        onnx_bytes: size of the ONNX file; None where it is not known.
        parameters: of the network.
    """

    clip_s: float
    network_ms: float
    pipeline_ms: float = Field(validation_alias=AliasChoices("pipeline_ms", "road_ms"))
    onnx_bytes: int | None
    parameters: int


class PlayedIntensity(_Part):
    """The clips that actors were to play in one intensity.

    Attributes:
        name: of the intensity, in the corpus' words.
        clips: how many.
        rated: mean of what listeners rated, 0-1.
        model: mean of what the model tells, 0-1.
    """

    name: str
    clips: int
    rated: float
    model: float


class IntensityReport(_Part):
    """How well a model tells how strongly an emotion is expressed, without a baseline.

    Attributes:
        clips: how many were rated by listeners.
        model: rank correlation of its intensities with the ratings.
        loudness: that of the clips' loudness alone.
        played: by the intensity in which the actors were to play, the weakest first.
    """

    clips: int
    model: Estimate
    loudness: Estimate
    played: list[PlayedIntensity]


class OrdinaryCondition(_Part):
    """The answers on ordinary speech under one condition; shares are of the clips that were answered.

    Attributes:
        name: `none`, or `own_12` for a baseline of other clips of the speaker.
        title: the condition, for people.
        draws: how often baselines were drawn.
        speech_s: mean length of the baselines, in seconds.
        false_emotion: share with a certain answer other than Neutral.
        uncertain: share of low information.
        neutral: share answered Neutral, certain or not; None for a model without Neutral.
        ece: of the confidence, against the answer Neutral; None for a model without Neutral.
        answers: emotion -> share of the clips.
    """

    name: str
    title: str
    draws: int
    speech_s: float
    false_emotion: Estimate
    uncertain: Estimate
    neutral: Estimate | None
    ece: float | None
    answers: dict[str, float]


class OrdinaryReport(_Part):
    """What a model answers on ordinary speech.

    Attributes:
        model: its name.
        corpus: the corpus' title.
        split: which part of it the clips are.
        clips: how many clips.
        refused: how many of them were refused (too short, or no speech detected).
        speakers: how many speakers are known by name; 0 where nobody says who speaks.
        conditions: without a baseline, and with one where speakers are known.
    """

    model: str
    corpus: str
    split: str
    clips: int
    refused: int
    speakers: int
    conditions: list[OrdinaryCondition]


class FullReport(Report):
    """Everything that is measured of a model on some speakers.

    The fields of `Report` are without a baseline.

    Attributes:
        model: its name.
        task: what its labels are.
        corpus: title of the corpus.
        corpus_licence: of the corpus.
        split: which part of the corpus' split, or all.
        split_by: what a split keeps together: speaker, or clip where the speakers are not known; each clip
            is then one of `speakers`.
        same_corpus: whether the model was trained on recordings of this corpus.
        trained_on: those of `speakers` that the model was trained or stopped on.
        left_out_speakers: for how many of `speakers` a model of their own answered, which was trained without
            them alone; 0 where one model answered for all.
        emotions: those that are scored: the model's labels that the corpus has.
        left_out: the corpus' emotions that are no label of the model -> how many clips.
        conditions: scores by kind of baseline; "none" is the first.
        curve: UAR against seconds of baseline.
        calibration: confidence against accuracy.
        abstaining: accuracy against coverage.
        speaker_uar: speaker -> condition -> UAR.
        groups: by sex, age, race, ethnicity, intensity, as far as they are known.
        robustness: after codecs, bands, noise and the like.
        people: comparison with listeners; None where there are no votes.
        cost: time and size.
        random_split: figures on a random split, which leaks the speakers; None where not measured.
        intensity: how well the intensity is told; None where there are no ratings, or no intensities.
        ordinary: answers on the ordinary speech of other people; None where not measured.
        seed: of everything random.
    """

    # A manifest may hold more beside it.
    model_config = ConfigDict(extra="ignore", frozen=True)

    model: str
    task: Task = "emotion"
    corpus: str
    corpus_licence: str
    split: str
    split_by: Literal["speaker", "clip"] = "speaker"
    same_corpus: bool = True
    trained_on: list[str] = Field(validation_alias=AliasChoices("trained_on", "heard_in_training"))
    left_out_speakers: int = 0
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
    intensity: IntensityReport | None = None
    ordinary: OrdinaryReport | None = None
    seed: int

    @property
    def words(self) -> Words:
        """What the labels are called."""
        return WORDS[self.task]

    @property
    def whose(self) -> str:
        """The speakers, in words."""
        part = "" if self.split == "all" else f"{self.split} "
        return f"{counted(len(self.speakers), f'{part}{self.split_by}')} of {self.corpus}"

    @property
    def unseen(self) -> str:
        """Whether the model was trained on these speakers, in words."""
        if self.left_out_speakers and not self.trained_on:
            return f"each scored by one of {self.left_out_speakers} models, which was trained without them"
        if self.trained_on:
            return f"{len(self.trained_on)} of them IN TRAINING"
        if self.same_corpus and self.split_by == "clip":
            return "their SPEAKERS may be IN TRAINING"
        return "none of them in training"

    @property
    def expectation(self) -> str | None:
        """What to expect of a new voice, where only few were there to learn from."""
        if not self.left_out_speakers:
            return None
        found = [of_speaker[self.conditions[0].name] for of_speaker in self.speaker_uar.values()]
        return (
            f"With {counted(len(found), 'speaker')} to learn from, expect a new voice to score anything "
            f"between the lowest and the highest of these (UAR {min(found):.2f} to {max(found):.2f}), and "
            "less on another microphone."
        )

    @property
    def chance(self) -> float:
        """UAR of guessing."""
        return 1 / len(self.emotions)
