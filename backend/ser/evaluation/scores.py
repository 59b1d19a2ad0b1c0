"""Scores of a model on clips: recall, accuracy, F1 and the confusion matrix."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from joblib import cpu_count
from pydantic import BaseModel, ConfigDict
from sklearn.metrics import (
    accuracy_score,
    confusion_matrix,
    precision_recall_fscore_support,
)
from tqdm import tqdm

from ser.corpora.base import Clip
from ser.errors import AudioError
from ser.models.predictor import EmotionPredictor
from ser.text import counted

REFUSED = "(refused)"
REPORT_FILE = "report.json"
CONFUSION_FILE = "confusion.png"


class Report(BaseModel):
    """Scores on the clips of some speakers; a clip the model refuses counts as wrong.

    Attributes:
        labels: the emotions, in the model's order.
        uar: unweighted average recall (macro recall) of the emotions that the clips have, 0-1.
        wa: weighted accuracy (share of clips that are right), 0-1.
        macro_f1: mean of their F1, 0-1.
        per_class: emotion -> precision, recall, f1, clips.
        confusion: rows are intended emotions; columns are `labels`, then refused.
        clips: how many clips.
        refused: how many of them gave an error (too short, no speech).
        speakers: of the clips.
    """

    model_config = ConfigDict(frozen=True)

    labels: list[str]
    uar: float
    wa: float
    macro_f1: float
    per_class: dict[str, dict[str, float]]
    confusion: list[list[int]]
    clips: int
    refused: int
    speakers: list[str]

    def as_dict(self) -> dict[str, Any]:
        """Return it for JSON."""
        return self.model_dump(mode="json")

    def as_text(self) -> str:
        """Return it as a table for a terminal."""
        speakers = counted(len(self.speakers), "speaker")
        lines = [
            f"{counted(self.clips, 'clip')} of {speakers}, {self.refused} refused",
            "",
            f"UAR {self.uar:.4f}   WA {self.wa:.4f}   macro-F1 {self.macro_f1:.4f}",
            "",
            f"{'':10} {'precision':>9} {'recall':>9} {'F1':>9} {'clips':>6}",
        ]
        lines += [
            f"{name:10} {row['precision']:9.4f} {row['recall']:9.4f} {row['f1']:9.4f} {row['clips']:6.0f}"
            for name, row in self.per_class.items()
        ]
        return "\n".join(lines)


def evaluate(predictor: EmotionPredictor, clips: Sequence[Clip]) -> Report:
    """Score a model on clips, from the file to the answer as the product does it."""
    with ThreadPoolExecutor(cpu_count()) as pool:
        answers = list(
            tqdm(
                pool.map(lambda clip: _predict(predictor, clip), clips),
                total=len(clips),
                desc="evaluate",
                unit="clip",
                disable=None,
            )
        )
    return score(predictor.manifest.labels, clips, answers)


def _predict(predictor: EmotionPredictor, clip: Clip) -> str:
    try:
        return predictor.predict(clip.path).emotion
    except AudioError as error:
        tqdm.write(f"{clip.path.name}: {error}")
        return REFUSED


def score(labels: Sequence[str], clips: Sequence[Clip], answers: Sequence[str]) -> Report:
    """Compare the answer for each clip (`REFUSED` for an error) with its intended emotion."""
    labels = list(labels)
    intended = [clip.emotion for clip in clips]
    precision, recall, f1, support = precision_recall_fscore_support(
        intended, answers, labels=labels, zero_division=0.0
    )
    columns = [*labels, REFUSED]
    # A corpus may lack an emotion of the model: that one has no recall.
    present = support > 0
    return Report(
        labels=labels,
        uar=float(np.mean(recall[present])),
        wa=float(accuracy_score(intended, answers)),
        macro_f1=float(np.mean(f1[present])),
        per_class={
            name: {
                "precision": float(precision[i]),
                "recall": float(recall[i]),
                "f1": float(f1[i]),
                "clips": int(support[i]),
            }
            for i, name in enumerate(labels)
        },
        confusion=confusion_matrix(intended, answers, labels=columns)[: len(labels)].tolist(),
        clips=len(clips),
        refused=sum(each == REFUSED for each in answers),
        speakers=sorted({clip.speaker for clip in clips}),
    )
