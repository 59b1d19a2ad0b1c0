"""Priors: how frequent emotions are where a model is used, against where it was trained.

Acted corpora hold each emotion about as often as any other, and most talk is neutral. Probabilities are
reweighted and made to sum to 1: Saerens, M., Latinne, P., Decaestecker, C.: Adjusting the outputs of a
classifier to new a priori probabilities. Neural Computation 14(1), 2002, equation 2.4.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ser.errors import BadPrior
from ser.features.registry import Features
from ser.models.baseline import Statistics
from ser.models.engines import Answers, ModelEngine, Probabilities

# Of a weight.
LEAST, MOST = 0.01, 100.0
FORM = "EMOTION=WEIGHT, as in 'Neutral=3' or 'Neutral=3,Angry=0.5'"


class PriorEngine(ModelEngine):
    """Reweights the answers of another engine.

    Args:
        engine: what runs the network.
        labels: of the network: first the model's own, then the others, as in `Answers.network`.
        weights: label -> how many times as frequent it is as in training; 1 for those that are not named.

    Raises:
        BadPrior: a label is none of the network's, or a weight is out of range.
    """

    def __init__(self, engine: ModelEngine, labels: Sequence[str], weights: Mapping[str, float]) -> None:
        for label, weight in weights.items():
            if label not in labels:
                raise BadPrior(f"'{label}' is none of the model's emotions: {', '.join(labels)}.")
            if not LEAST <= weight <= MOST:
                raise BadPrior(f"The weight of '{label}' must be {LEAST:g} to {MOST:g}.")
        self._engine = engine
        self._weights = np.array([weights.get(label, 1.0) for label in labels], np.float32)

    def answers(
        self, batch: Features, mean: Statistics | None = None, scale: Statistics | None = None
    ) -> Answers:
        """Map features to the reweighted answers for them; see `ModelEngine`."""
        probabilities, network, intensity = self._engine.answers(batch, mean, scale)
        return Answers(self._weighted(probabilities), self._weighted(network), intensity)

    def _weighted(self, probabilities: NDArray[np.floating[Any]]) -> Probabilities:
        weighted = probabilities * self._weights[: probabilities.shape[1]]
        summed: Probabilities = weighted / weighted.sum(axis=1, keepdims=True)
        return summed


def parse(text: str) -> dict[str, float]:
    """Return label -> weight of a text like `Neutral=3,Angry=0.5`.

    Raises:
        BadPrior: it is of another form, or names a label twice.
    """
    weights: dict[str, float] = {}
    for part in text.split(","):
        label, equals, number = (each.strip() for each in part.rpartition("="))
        try:
            weight = float(number)
        except ValueError:
            weight = np.nan
        if not (label and equals) or np.isnan(weight):
            raise BadPrior(f"Expected {FORM}.")
        if label in weights:
            raise BadPrior(f"'{label}' is named twice.")
        weights[label] = weight
    return weights
