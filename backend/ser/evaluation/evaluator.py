"""A model's scores on clips under several conditions: with and without baselines, and degraded."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import repeat
from pathlib import Path
from types import MappingProxyType

import numpy as np

from ser.conditions.mixes import NoiseMixer
from ser.corpora.base import NEUTRAL, Annotations, Clip
from ser.errors import CorpusError
from ser.evaluation import metrics, predictions
from ser.evaluation.baselines import (
    NEUTRAL_CLIPS,
    NEUTRAL_TITLE,
    NOTHING_KNOWN,
    SESSION_CLIPS,
    SESSION_TITLE,
    SpeakerClips,
    by_speaker,
)
from ser.evaluation.contents import Abstaining, Calibration, Condition, CurvePoint, Robustness
from ser.evaluation.degradations import DEGRADATIONS
from ser.evaluation.metrics import Bootstrap, Estimate, Floats, Indices, Mask, uar
from ser.evaluation.predictions import Probabilities, Task
from ser.evaluation.scores import REFUSED
from ser.features.registry import Frames
from ser.models.baseline import Baseline
from ser.models.predictor import EmotionPredictor, Prediction

DRAWS = 5
CURVE_DRAWS = 2
CURVE_SECONDS = (2, 5, 10, 20, 60)
# A point of the curve is left out where speakers have less than this share of its seconds.
_ENOUGH = 0.75
_CURVE_POINTS = 200


@dataclass(frozen=True)
class Answers:
    """The model's answers under one condition.

    Attributes:
        title: of the condition, for people.
        probabilities: for each draw and scored clip [shape=(draws, n, C)], NaN where refused.
        counts: confusion matrices [shape=(draws, speakers, C, C + 1)].
        speech_s: mean length of the baselines, in seconds.
        certain: whether an answer is not of low information [shape=(draws * n,)].
        intensity: in the first draw [shape=(n,)], 0-1; NaN where refused, or where the model does not tell.
    """

    title: str
    probabilities: Probabilities
    counts: Floats
    speech_s: float
    certain: Mask
    intensity: Floats


@dataclass(frozen=True)
class _Recipe:
    """How the baseline of a scored clip is made from its speaker's shuffled clips."""

    title: str
    draws: int
    speakers: Mapping[str, SpeakerClips]
    take: partial[Baseline | None]


class Evaluator:
    """Predicts clips under several conditions and scores the answers; features are extracted once.

    Args:
        predictor: the model.
        clips: all of them; those with an emotion that the model has no label for only serve as baseline.
        annotations: what the corpus says beside its clips.
        seed: of everything random.
        of_speakers: speaker -> the model that answers instead of `predictor`; it differs in nothing but what
            it was trained on.

    Attributes:
        scored: the clips with an emotion that is a label of the model.
        indices: which of `clips` these are.
        speakers: of the scored clips, sorted.
        speaker_of: index of each scored clip's speaker [shape=(n,)].
        intended: class of each scored clip [shape=(n,)].

    Raises:
        CorpusError: nothing can be scored.
    """

    def __init__(
        self,
        predictor: EmotionPredictor,
        clips: Sequence[Clip],
        annotations: Annotations,
        seed: int,
        of_speakers: Mapping[str, EmotionPredictor] = MappingProxyType({}),
    ) -> None:
        self.predictor = predictor
        self.labels = predictor.manifest.labels
        self.clips = clips
        self.annotations = annotations
        self.seed = seed
        self.indices = [i for i, clip in enumerate(clips) if clip.emotion in self.labels]
        if not self.indices:
            raise CorpusError(f"No clip has an emotion that the model knows: {', '.join(self.labels)}.")
        self.scored = [clips[i] for i in self.indices]
        self._predictors = [of_speakers.get(clip.speaker, predictor) for clip in self.scored]
        self.speakers = sorted({clip.speaker for clip in self.scored})
        self._of_speaker = {speaker: i for i, speaker in enumerate(self.speakers)}
        self.speaker_of = np.array([self._of_speaker[clip.speaker] for clip in self.scored])
        self.intended = np.array([self.labels.index(clip.emotion) for clip in self.scored])
        self.bootstrap = Bootstrap(len(self.speakers), seed=seed)
        for each in (predictor, *of_speakers.values()):
            each.warm_up()
        self.frames = predictions.clip_frames(clips, predictor.feature_set)
        if all(each is None for each in self.scored_frames()):
            raise CorpusError("Each of the clips was refused: too short, or no speech, or no audio.")
        self._pools: dict[str, dict[str, SpeakerClips]] = {}
        if predictor.takes_baseline:
            neutral = by_speaker(clips, self.frames, wanted=lambda clip: clip.emotion == NEUTRAL)
            self._pools = {"neutral": neutral, "mixed": by_speaker(clips, self.frames, wanted=lambda _: True)}

    def scored_frames(self) -> list[Frames | None]:
        """Return the frames of each scored clip."""
        return [self.frames[i] for i in self.indices]

    def conditions(self) -> dict[str, Answers]:
        """Predict the scored clips without a baseline, and with each kind of baseline."""
        answers = {"none": self._predict_plain(NOTHING_KNOWN)}
        if not self.predictor.takes_baseline:
            return answers
        neutral, mixed = self._pools["neutral"], self._pools["mixed"]
        recipes = {
            "neutral_3": _Recipe(
                NEUTRAL_TITLE,
                DRAWS,
                neutral,
                partial(SpeakerClips.baseline_of_clips, count=NEUTRAL_CLIPS),
            ),
            "own_20": _Recipe(
                SESSION_TITLE,
                DRAWS,
                mixed,
                partial(SpeakerClips.baseline_of_clips, count=SESSION_CLIPS),
            ),
            "own_all": _Recipe(
                "all other own clips, emotions unknown",
                1,
                mixed,
                partial(SpeakerClips.baseline_of_clips, count=len(self.clips)),
            ),
        }
        found = {name: self._predict_with(recipe) for name, recipe in recipes.items()}
        return answers | {name: each for name, each in found.items() if each.speech_s > 0}

    def curve(self, none: Answers) -> list[CurvePoint]:
        """Score the clips with baselines of more and more seconds."""
        if not self.predictor.takes_baseline:
            return []
        points = []
        for kind, speakers in self._pools.items():
            points.append(CurvePoint(kind=kind, seconds=0, speech_s=0, uar=self.uar(none)))
            for seconds in CURVE_SECONDS:
                take = partial(SpeakerClips.baseline_of_seconds, seconds=seconds)
                recipe = _Recipe(f"{seconds} s {kind}", CURVE_DRAWS, speakers, take)
                if self._length_s(recipe) < _ENOUGH * seconds:
                    break
                answers = self._predict_with(recipe)
                points.append(
                    CurvePoint(kind=kind, seconds=seconds, speech_s=answers.speech_s, uar=self.uar(answers))
                )
        return points if len(points) > len(self._pools) else []

    def _baselines(self, recipe: _Recipe, draw: int) -> list[Baseline | None]:
        orders = {
            speaker: clips.shuffled(np.random.default_rng([self.seed, draw, self._of_speaker[speaker]]))
            for speaker, clips in recipe.speakers.items()
            if speaker in self._of_speaker
        }
        return [
            recipe.take(recipe.speakers[clip.speaker], orders[clip.speaker], scored=index)
            for clip, index in zip(self.scored, self.indices, strict=True)
        ]

    def _length_s(self, recipe: _Recipe) -> float:
        return float(np.mean([each.speech_s if each else 0.0 for each in self._baselines(recipe, 0)]))

    def _predict_with(self, recipe: _Recipe) -> Answers:
        drawn = [self._baselines(recipe, draw) for draw in range(recipe.draws)]
        lengths = [each.speech_s if each else 0.0 for baselines in drawn for each in baselines]
        frames = self.scored_frames()
        tasks = (
            task for baselines in drawn for task in zip(self._predictors, frames, baselines, strict=True)
        )
        return self._predict(tasks, recipe.draws, recipe.title, float(np.mean(lengths)))

    def _predict_plain(self, title: str) -> Answers:
        tasks = zip(self._predictors, self.scored_frames(), repeat(None), strict=False)
        return self._predict(tasks, 1, title, 0.0)

    def _predict(self, tasks: Iterator[Task], draws: int, title: str, speech_s: float) -> Answers:
        total = draws * len(self.scored)
        found = list(predictions.predict(tasks, total=total, title=title))
        probabilities = predictions.as_array(found, self.labels).reshape(draws, -1, len(self.labels))
        certain = np.array([each is not None and not each.low_information for each in found])
        intensity = np.array([_intensity(each) for each in found[: len(self.scored)]])
        return Answers(title, probabilities, self.counts(probabilities), speech_s, certain, intensity)

    def classes(self, probabilities: Probabilities) -> Indices:
        """Return the class of each answer [shape=(draws, n) or (n,)], int64; C if refused."""
        refused = np.isnan(probabilities).any(axis=-1)
        return np.where(refused, len(self.labels), np.nan_to_num(probabilities).argmax(axis=-1))

    def names(self, answers: Answers) -> list[str]:
        """Return the emotion predicted for each clip in the first draw, or `REFUSED`."""
        return [[*self.labels, REFUSED][answer] for answer in self.classes(answers.probabilities[0])]

    def counts(self, probabilities: Probabilities, clips: Mask | None = None) -> Floats:
        """Return confusion matrices [shape=(draws, speakers, C, C + 1)]; of some clips only if given."""
        chosen = np.ones(len(self.scored), bool) if clips is None else clips
        counts = np.zeros((len(probabilities), len(self.speakers), len(self.labels), len(self.labels) + 1))
        some = metrics.tally(
            self.intended[chosen],
            self.classes(probabilities)[:, chosen],
            self.speaker_of[chosen],
            classes=len(self.labels),
        )
        counts[:, : some.shape[1]] = some
        return counts

    def uar(self, answers: Answers) -> Estimate:
        """Return the UAR under a condition."""
        return self.bootstrap.estimate(answers.counts, uar)

    def condition(self, name: str, answers: Answers) -> Condition:
        """Sum up the scores under a condition."""
        return Condition(
            name=name,
            title=answers.title,
            draws=len(answers.probabilities),
            speech_s=answers.speech_s,
            uar=self.uar(answers),
            wa=self.bootstrap.estimate(answers.counts, metrics.wa),
            macro_f1=self.bootstrap.estimate(answers.counts, metrics.macro_f1),
            ece=float(
                np.mean([metrics.ece(metrics.reliability(*self._sure(p))) for p in answers.probabilities])
            ),
        )

    def _sure(self, probabilities: Probabilities) -> tuple[Floats, Mask]:
        answered = ~np.isnan(probabilities).any(axis=-1)
        right = self.classes(probabilities) == self.intended
        return probabilities[answered].max(axis=-1), right[answered]

    def calibration(self, none: Answers) -> Calibration:
        """Compare confidence with accuracy, before and after calibration."""
        raw = predictions.uncalibrated(self._predictors, self.scored_frames())
        before = metrics.reliability(*self._sure(raw))
        after = metrics.reliability(*self._sure(none.probabilities[0]))
        return Calibration(
            temperature=self.predictor.manifest.temperature,
            ece_before=metrics.ece(before),
            ece_after=metrics.ece(after),
            before=before,
            after=after,
            voting=self.predictor.manifest.window.aggregate == "vote",
        )

    def abstaining(self, none: Answers) -> Abstaining:
        """Measure how accurate the most confident answers are."""
        confidence, right = self._sure(none.probabilities[0])
        coverage, accuracy = metrics.risk_coverage(confidence, right, clips=len(self.scored))
        shown = np.unique(np.linspace(0, len(coverage) - 1, _CURVE_POINTS).round().astype(int))
        certain = none.certain & (self.classes(none.probabilities[0]) == self.intended)
        return Abstaining(
            coverage=coverage[shown].tolist(),
            accuracy=accuracy[shown].tolist(),
            area=float(1 - accuracy.mean()),
            answered=float(none.certain.mean()),
            accuracy_answered=float(certain.sum() / none.certain.sum()) if none.certain.any() else None,
        )

    def robustness(
        self, none: Answers, noise: Path | None, references: Sequence[Path] = ()
    ) -> list[Robustness]:
        """Score the clips after each degradation of their sound.

        Args:
            none: the answers to the clips as they are.
            noise: folder of recordings of noise, or None.
            references: clips to whose recording conditions the scored ones are carried over; may be empty.
        """
        talkers = [(clip.speaker, clip.path) for clip in self.scored]
        mixer = NoiseMixer(talkers, noise, seed=self.seed, references=references)
        chosen = [each for each in DEGRADATIONS.values() if each.needs not in mixer.lacks]
        degraded = predictions.degraded_frames(
            self.scored,
            mixer.draw([clip.speaker for clip in self.scored]),
            [each.name for each in chosen],
            self.predictor.feature_set,
        )
        tasks = (
            (predictor, frames, None)
            for predictor, of_clip in zip(self._predictors, degraded, strict=True)
            for frames in of_clip
        )
        total = len(self.scored) * len(chosen)
        found = predictions.predict(tasks, total=total, title="robustness")
        shape = (len(self.scored), len(chosen), 1, len(self.labels))
        probabilities = predictions.as_array(found, self.labels).reshape(shape)
        rows = []
        for number, degradation in enumerate(chosen):
            of_degradation = np.moveaxis(probabilities[:, number], 0, 1)
            counts = self.counts(of_degradation)
            rows.append(
                Robustness(
                    name=degradation.name,
                    title=degradation.title,
                    uar=self.bootstrap.estimate(counts, uar),
                    drop=self.bootstrap.difference(none.counts, counts, uar),
                    refused=int(np.isnan(of_degradation).any(axis=-1).sum()),
                )
            )
        return rows

    def speaker_uar(self, answers: Mapping[str, Answers]) -> dict[str, dict[str, float]]:
        """Return speaker -> condition -> UAR."""
        of_condition = {name: uar(each.counts).mean(axis=0) for name, each in answers.items()}
        return {
            speaker: {name: float(values[i]) for name, values in of_condition.items()}
            for i, speaker in enumerate(self.speakers)
        }


def _intensity(prediction: Prediction | None) -> float:
    if prediction is None or prediction.intensity is None:
        return math.nan
    return prediction.intensity / 100
