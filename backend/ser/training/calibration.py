"""What is chosen on speakers held out of training: the temperature, and when to abstain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax
from sklearn.metrics import recall_score

from ser.evaluation import metrics
from ser.evaluation.baselines import NEUTRAL_CLIPS, SESSION_CLIPS
from ser.evaluation.metrics import Abstention
from ser.models.engines import TINY, Engine
from ser.models.manifest import Window
from ser.models.predictor import windows
from ser.training.data import TrainingSet
from ser.training.speaker_pool import Scaling, SpeakerPool

# How many clips of the speaker a baseline is made of: none, some neutral ones, more of any emotion.
CONDITIONS = {"none": 0, "neutral": NEUTRAL_CLIPS, "own": SESSION_CLIPS}
TEMPERATURES = (0.2, 5.0)


@dataclass(frozen=True)
class Scores:
    """What a model answers for clips of speakers that it was not trained on.

    Attributes:
        logits: condition -> logarithms of probabilities [shape=(n, C)].
        targets: index of each clip's emotion [shape=(n,)].
    """

    logits: dict[str, NDArray[np.float64]]
    targets: NDArray[np.int64]

    def of_labels(self, indices: Sequence[int]) -> Scores:
        """Return the scores of the clips of some emotions, among these emotions alone."""
        kept = np.isin(self.targets, indices)
        position = {index: at for at, index in enumerate(indices)}
        return Scores(
            {name: logits[kept][:, list(indices)] for name, logits in self.logits.items()},
            np.array([position[target] for target in self.targets[kept]]),
        )

    def uar(self) -> dict[str, float]:
        """Return the unweighted average recall under each condition, 0-1."""
        return {
            name: float(recall_score(self.targets, logits.argmax(axis=1), average="macro"))
            for name, logits in self.logits.items()
        }

    def temperature(self) -> float:
        """Return the temperature of the highest likelihood over all conditions.

        Logits are divided by it: temperature scaling (Guo et al., On Calibration of Modern Neural Networks,
        ICML 2017).
        """
        logits = np.concatenate(list(self.logits.values()))
        targets = np.tile(self.targets, len(self.logits))

        def negative_log_likelihood(temperature: float) -> float:
            known = log_softmax(logits / temperature, axis=1)
            return -float(np.mean(known[np.arange(len(targets)), targets]))

        return float(minimize_scalar(negative_log_likelihood, bounds=TEMPERATURES, method="bounded").x)

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


def calibrate(scores: Scores) -> Calibration:
    """Choose temperature and least confidence on the scores of one head."""
    temperature = scores.temperature()
    abstention = scores.abstention(temperature)
    return Calibration(
        temperature=temperature,
        min_confidence=round(abstention.min_confidence, 3),
        metrics={
            "clips": len(scores.targets),
            "uar": scores.uar(),
            "abstaining": {
                "coverage": abstention.coverage,
                "accuracy": abstention.accuracy,
                "accuracy_of_all": abstention.accuracy_of_all,
            },
        },
    )


def score(
    model: Engine,
    data: TrainingSet,
    *,
    scaling: Scaling | None,
    window: Window,
    prior_frames: float,
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
        seed: of the clips that are drawn for baselines.
    """
    if scaling is not None and data.feature_set.over_time:
        return score_pool(
            model,
            data.pool(),
            data.emotions,
            scaling=scaling,
            window=window,
            prior_frames=prior_frames,
            seed=seed,
        )
    features, targets = data.examples()
    batches = (windows(each, window) if data.feature_set.over_time else each[np.newaxis] for each in features)
    answers = [model.run(batch).mean(axis=0) for batch in batches]
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
    logits = {}
    for condition, count in CONDITIONS.items():
        answers = []
        for index, clip in enumerate(pool.clips):
            mean, scale = scaling
            own = pool.of_speaker(clip.speaker)
            others = pool.neutral(clip.speaker) if condition == "neutral" else own
            others = [i for i in others if i != index] or [i for i in own if i != index]
            if count and others:
                drawn = rng.choice(others, min(count, len(others)), replace=False).tolist()
                mean, scale = pool.baseline(drawn).blended(*scaling, prior_frames)
            batch = windows(pool.frames(index).astype(np.float32), window)
            answers.append(model.run(batch, mean, scale).mean(axis=0))
        logits[condition] = _logits(answers)
    return Scores(logits, np.array([list(emotions).index(clip.emotion) for clip in pool.clips]))


def _logits(answers: Sequence[NDArray[np.floating[Any]]]) -> NDArray[np.float64]:
    logits: NDArray[np.float64] = np.log(np.maximum(np.array(answers, np.float64), TINY))
    return logits
