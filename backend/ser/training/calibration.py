"""What is chosen on speakers held out of training: the temperature, and when to abstain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax
from sklearn.metrics import recall_score

from ser.corpora import is_acted
from ser.evaluation import metrics
from ser.evaluation.baselines import NEUTRAL_CLIPS, SESSION_CLIPS
from ser.evaluation.metrics import Abstention
from ser.models.aggregate import METHODS
from ser.models.engines import TINY, Engine
from ser.models.manifest import Window
from ser.models.predictor import windows
from ser.training.data import TrainingSet
from ser.training.speaker_pool import Scaling, SpeakerPool

# How many clips of the speaker a baseline is made of: none, some neutral ones, more of any emotion.
CONDITIONS = {"none": 0, "neutral": NEUTRAL_CLIPS, "own": SESSION_CLIPS}
TEMPERATURES = (0.2, 5.0)
# Of the logarithm of a temperature, before any clip is seen; the shipped models' lie within 0.7 of 0.
TEMPERATURE_LOG_STD = 0.5
# Of held-out ordinary speech: the share of answers with a confident emotion that the threshold allows, unless
# it would have to be higher than the second number.
MOST_FALSE_EMOTIONS = 0.05
HIGHEST_LEAST_CONFIDENCE = 0.6


@dataclass(frozen=True)
class Scores:
    """What a model answers for clips of speakers that it was not trained on.

    Attributes:
        logits: condition -> logarithms of probabilities [shape=(n, C)].
        targets: index of each clip's emotion [shape=(n,)].
        ordinary: which clips are ordinary speech [shape=(n,)], bool; None for none of them.
        corpora: the name of each clip's corpus [shape=(n,)], str; None where there is one only.
    """

    logits: dict[str, NDArray[np.float64]]
    targets: NDArray[np.int64]
    ordinary: NDArray[np.bool_] | None = None
    corpora: NDArray[np.str_] | None = None

    def __getitem__(self, kept: NDArray[np.bool_]) -> Scores:
        """Return the scores of some clips [shape=(n,)], bool."""
        return Scores(
            {name: logits[kept] for name, logits in self.logits.items()},
            self.targets[kept],
            None if self.ordinary is None else self.ordinary[kept],
            None if self.corpora is None else self.corpora[kept],
        )

    @classmethod
    def joined(cls, parts: Sequence[Scores]) -> Scores:
        """Return the scores of several models, each for other clips, under the conditions that all have."""
        names = [name for name in parts[0].logits if all(name in part.logits for part in parts)]
        ordinary, corpora = ([getattr(part, each) for part in parts] for each in ("ordinary", "corpora"))
        return cls(
            {name: np.concatenate([part.logits[name] for part in parts]) for name in names},
            np.concatenate([part.targets for part in parts]),
            None if ordinary[0] is None else np.concatenate(ordinary),
            None if corpora[0] is None else np.concatenate(corpora),
        )

    def of_labels(self, indices: Sequence[int]) -> Scores:
        """Return the scores of the clips of some emotions, among these emotions alone."""
        kept = self[np.isin(self.targets, indices)]
        position = {index: at for at, index in enumerate(indices)}
        return replace(
            kept,
            logits={name: logits[:, list(indices)] for name, logits in kept.logits.items()},
            targets=np.array([position[target] for target in kept.targets]),
        )

    def acted(self) -> Scores:
        """Return the scores of the clips whose emotions were acted."""
        return self if self.ordinary is None else self[~self.ordinary]

    def by_corpus(self) -> dict[str, Scores]:
        """Return the scores of each corpus; none where there is one only."""
        if self.corpora is None or len(names := np.unique(self.corpora)) == 1:
            return {}
        return {str(name): self[self.corpora == name] for name in names}

    def uar(self) -> dict[str, float]:
        """Return the unweighted average recall under each condition, 0-1."""
        return {
            name: float(
                recall_score(
                    self.targets, logits.argmax(axis=1), labels=np.unique(self.targets), average="macro"
                )
            )
            for name, logits in self.logits.items()
        }

    def temperature(self) -> float:
        """Return the most probable temperature over all conditions.

        Logits are divided by it: temperature scaling (Guo et al., On Calibration of Modern Neural Networks,
        ICML 2017). Before any clip is seen, its logarithm is normally distributed around 0, so that a dozen
        clips, all of them right, do not make a network certain.
        """
        logits = np.concatenate(list(self.logits.values()))
        targets = np.tile(self.targets, len(self.logits))

        def improbability(temperature: float) -> float:
            known = log_softmax(logits / temperature, axis=1)
            before = np.square(np.log(temperature) / TEMPERATURE_LOG_STD) / 2
            # Each clip is there once under each condition, and counts once.
            return float(before / len(self.targets) - np.mean(known[np.arange(len(targets)), targets]))

        return float(minimize_scalar(improbability, bounds=TEMPERATURES, method="bounded").x)

    def least_confidence_of_emotions(self, temperature: float, indices: Sequence[int]) -> float:
        """Return the least confidence at which one head finds few emotions in ordinary speech, 0-1.

        All of it has the same target, Neutral. At most `MOST_FALSE_EMOTIONS` of its answers, over all
        conditions, are another emotion, which the whole network finds the most probable, and at least as
        confident.

        Args:
            temperature: of the head.
            indices: of its labels; Neutral may be missing among them.
        """
        if self.ordinary is None or not self.ordinary.any():
            return 0.0
        logits = np.concatenate([each[self.ordinary] for each in self.logits.values()])
        winners = logits.argmax(axis=1)
        false = np.isin(winners, indices) & (
            winners != np.tile(self.targets[self.ordinary], len(self.logits))
        )
        known = np.exp(log_softmax(logits[:, list(indices)] / temperature, axis=1))
        confidence = np.where(false, known.max(axis=1), 0.0)
        return min(float(np.quantile(confidence, 1 - MOST_FALSE_EMOTIONS)), HIGHEST_LEAST_CONFIDENCE)

    def ece(self, temperature: float) -> dict[str, float]:
        """Return the expected calibration error under each condition, 0-1."""
        found = {}
        for name, logits in self.logits.items():
            known = np.exp(log_softmax(logits / temperature, axis=1))
            found[name] = metrics.ece(
                metrics.reliability(known.max(axis=1), known.argmax(axis=1) == self.targets)
            )
        return found

    def abstention(self, temperature: float) -> Abstention:
        """Return when not to answer, over all conditions."""
        logits = np.concatenate(list(self.logits.values()))
        known = np.exp(log_softmax(logits / temperature, axis=1))
        right = known.argmax(axis=1) == np.tile(self.targets, len(self.logits))
        return metrics.abstention(known.max(axis=1), right)


@dataclass(frozen=True)
class Calibration:
    """What the held-out speakers decide for one head.

    Attributes:
        temperature: the logits are divided by it.
        min_confidence: an answer below it is of low information, 0-1.
        metrics: for the manifest.
    """

    temperature: float
    min_confidence: float
    metrics: dict[str, Any]


def calibrate(network: Scores, indices: Sequence[int], *, voting: bool = False) -> Calibration:
    """Choose temperature and least confidence of one head.

    Args:
        network: the scores among all labels.
        indices: of the head's labels.
        voting: whether the scores are shares of votes, which a temperature does not change.
    """
    scores = network.of_labels(indices)
    temperature = 1.0 if voting else scores.temperature()
    acted = scores.acted()
    abstention = acted.abstention(temperature)
    least = max(abstention.min_confidence, network.least_confidence_of_emotions(temperature, indices))
    corpora = {
        name: {"clips": len(each.targets), "uar": each.uar(), "ece": each.ece(temperature)}
        for name, each in scores.by_corpus().items()
    }
    return Calibration(
        temperature=temperature,
        min_confidence=round(least, 3),
        metrics={
            "clips": len(scores.targets),
            "uar": acted.uar(),
            "abstaining": {
                "coverage": abstention.coverage,
                "accuracy": abstention.accuracy,
                "accuracy_of_all": abstention.accuracy_of_all,
            },
            **({"corpora": corpora} if corpora else {}),
        },
    )


def score(
    model: Engine,
    data: TrainingSet,
    *,
    scaling: Scaling | None,
    window: Window,
    prior_frames: float,
    simulated: int = 0,
    seed: int = 0,
) -> Scores:
    """Let a model answer for clips of speakers that it was not trained on.

    Args:
        model: maps unscaled features to probabilities.
        data: the clips.
        scaling: mean and deviation of the frames that the model was trained on; None for a model that takes
            no baseline, which is scored without one only.
        window: of frames; the mean over the windows of a clip is scored.
        prior_frames: weight of `scaling` against a baseline's frames.
        simulated: each clip is scored under one of so many simulated recording conditions or, as often, as
            it was recorded.
        seed: of the clips that are drawn for baselines.
    """
    if scaling is not None and data.feature_set.over_time:
        return score_pool(
            model,
            data.pool(simulated),
            data.emotions,
            scaling=scaling,
            window=window,
            prior_frames=prior_frames,
            seed=seed,
        )
    features, targets = data.examples()
    batches = (windows(each, window) if data.feature_set.over_time else each[np.newaxis] for each in features)
    combine = METHODS[window.aggregate]
    answers = [combine(model.run(batch)) for batch in batches]
    return Scores({"none": _logits(answers)}, targets)


def score_pool(
    model: Engine,
    pool: SpeakerPool,
    emotions: Sequence[str],
    *,
    scaling: Scaling,
    window: Window,
    prior_frames: float,
    seed: int = 0,
) -> Scores:
    """Do as `score` for frames, with a baseline of each of `CONDITIONS`."""
    rng = np.random.default_rng(seed)
    conditions = np.random.default_rng([seed, 1]).integers(pool.conditions, size=len(pool))
    logits = {}
    for condition, count in CONDITIONS.items():
        answers = []
        for index, clip in enumerate(pool.clips):
            mean, scale = scaling
            recorded = int(conditions[index])
            own = pool.of_speaker(clip.speaker)
            others = pool.neutral(clip.speaker) if condition == "neutral" else own
            others = [i for i in others if i != index] or [i for i in own if i != index]
            if count and others:
                drawn = rng.choice(others, min(count, len(others)), replace=False).tolist()
                mean, scale = pool.baseline(drawn, recorded).blended(*scaling, prior_frames)
            batch = windows(pool.frames(index, recorded).astype(np.float32), window)
            answers.append(model.run(batch, mean, scale).mean(axis=0))
        logits[condition] = _logits(answers)
    targets = np.array([list(emotions).index(clip.emotion) for clip in pool.clips])
    ordinary = np.array([not is_acted(clip) for clip in pool.clips])
    return Scores(logits, targets, ordinary, np.array([clip.corpus for clip in pool.clips]))


def _logits(answers: Sequence[NDArray[np.floating[Any]]]) -> NDArray[np.float64]:
    logits: NDArray[np.float64] = np.log(np.maximum(np.array(answers, np.float64), TINY))
    return logits
