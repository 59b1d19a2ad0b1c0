"""What is chosen on speakers held out of training: temperature, and when to abstain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import keras
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax
from sklearn.metrics import recall_score

from ser.evaluation import metrics
from ser.evaluation.baselines import NEUTRAL_CLIPS, SESSION_CLIPS
from ser.evaluation.metrics import Abstention
from ser.models.engines import TINY
from ser.models.manifest import Window
from ser.models.predictor import windows
from ser.training.voices import Scaling, Voices

# How a clip is heard: with nothing known of the speaker, against some of their neutral clips, or against
# more of their clips of any emotion.
CONDITIONS = {"none": 0, "neutral": NEUTRAL_CLIPS, "own": SESSION_CLIPS}
TEMPERATURES = (0.2, 5.0)


@dataclass(frozen=True)
class Heard:
    """What a network answers for clips of speakers it has not heard.

    Attributes:
        logits: condition -> logarithms of probabilities [shape=(n, C)].
        targets: index of each clip's emotion [shape=(n,)].
    """

    logits: dict[str, NDArray[np.float64]]
    targets: NDArray[np.int64]

    def face(self, indices: Sequence[int]) -> Heard:
        """Return the clips of some emotions, answered among these alone."""
        kept = np.isin(self.targets, indices)
        position = {index: at for at, index in enumerate(indices)}
        return Heard(
            {name: logits[kept][:, list(indices)] for name, logits in self.logits.items()},
            np.array([position[target] for target in self.targets[kept]]),
        )

    def uar(self) -> dict[str, float]:
        """Return the unweighted average recall in each condition, 0-1."""
        return {
            name: float(recall_score(self.targets, logits.argmax(axis=1), average="macro"))
            for name, logits in self.logits.items()
        }

    def temperature(self) -> float:
        """Return what to divide logits by for the likeliest answers over all conditions.

        On calibration of modern neural networks (Guo et al., ICML 2017) calls it temperature scaling.
        """
        logits = np.concatenate(list(self.logits.values()))
        targets = np.tile(self.targets, len(self.logits))

        def negative_log_likelihood(temperature: float) -> float:
            known = log_softmax(logits / temperature, axis=1)
            return -float(np.mean(known[np.arange(len(targets)), targets]))

        return float(minimize_scalar(negative_log_likelihood, bounds=TEMPERATURES, method="bounded").x)

    def abstention(self, temperature: float) -> Abstention:
        """Return when rather not to answer, over all conditions."""
        logits = np.concatenate(list(self.logits.values()))
        known = np.exp(log_softmax(logits / temperature, axis=1))
        right = known.argmax(axis=1) == np.tile(self.targets, len(self.logits))
        return metrics.abstention(known.max(axis=1), right)


def listen(
    network: keras.Model,
    heard: Voices,
    emotions: Sequence[str],
    scaling: Scaling,
    prior_frames: float,
    *,
    seed: int = 0,
) -> Heard:
    """Let a network answer for clips in every condition; windows of long ones are averaged, as ever.

    Args:
        network: from scaled frames to probabilities.
        heard: clips of speakers that it was not trained on.
        emotions: the outputs' order.
        scaling: of those that it was trained on.
        prior_frames: their weight against a baseline's frames.
        seed: of the clips that are drawn for baselines.
    """
    rng = np.random.default_rng(seed)
    logits = {}
    for condition, count in CONDITIONS.items():
        answers = []
        for index, clip in enumerate(heard.clips):
            mean, scale = scaling
            own = heard.of_speaker(clip.speaker)
            pool = heard.neutral(clip.speaker) if condition == "neutral" else own
            pool = [i for i in pool if i != index] or [i for i in own if i != index]
            if count and pool:
                drawn = rng.choice(pool, min(count, len(pool)), replace=False).tolist()
                mean, scale = heard.baseline(drawn).blended(*scaling, prior_frames)
            batch = windows(heard.frames(index).astype(np.float32), Window())
            answers.append(network.predict_on_batch((batch - mean) / scale).mean(axis=0))
        logits[condition] = np.log(np.maximum(np.array(answers, np.float64), TINY))
    return Heard(logits, np.array([list(emotions).index(clip.emotion) for clip in heard.clips]))
