"""What reports and cards call the labels of a task."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ser.models.manifest import VOICE_GENDER, Task


@dataclass(frozen=True)
class Words:
    """The words of one task.

    Attributes:
        label: one label.
        labels: several.
        known: what the corpus says of a clip's label.
        description: of a model with `{count}` labels.
    """

    label: str
    labels: str
    known: str
    description: str


WORDS: Mapping[Task, Words] = {
    "emotion": Words("emotion", "emotions", "intended", "{count} emotions"),
    VOICE_GENDER: Words("voice", "voices", "recorded", "Female and male voices"),
}
