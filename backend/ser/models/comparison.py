"""`comparison.json`: published systems side by side, as `ser compare` measured them."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ser.errors import ModelCorrupt, NoComparison
from ser.models.manifest import Group, Task

logger = logging.getLogger(__name__)

COMPARISON = "comparison.json"

_Frozen = ConfigDict(extra="forbid", frozen=True)
_Finite = Annotated[float, Field(allow_inf_nan=False)]
_Share = Annotated[float, Field(ge=0, le=1)]


class Interval(BaseModel):
    """A figure and its 95 % interval over speakers."""

    model_config = _Frozen

    value: _Finite
    low: _Finite
    high: _Finite


class SplitScores(BaseModel):
    """What a system scores under one kind of split.

    Attributes:
        uar: unweighted average recall, 0-1.
        wa: share of right answers, 0-1.
        macro_f1: mean F1 over the labels, 0-1.
        confusion: clips by intended label (rows) and answer (columns), in the order of the row's labels.
        clips: how many were scored.
        speakers: by how many people.
        folds: how many models were trained; each clip was scored by one that was not trained on it.
    """

    model_config = _Frozen

    uar: Interval
    wa: Interval
    macro_f1: Interval
    confusion: list[list[int]]
    clips: int
    speakers: int
    folds: int


class Claim(BaseModel):
    """What was published of a system, and why ours differs.

    Attributes:
        text: the claim, in a sentence.
        accuracy: the published accuracy, 0-1; None where none was given.
        reason: one sentence on why the figures differ.
    """

    model_config = _Frozen

    text: str
    accuracy: _Share | None = None
    reason: str


class Row(BaseModel):
    """One system on one corpus.

    Attributes:
        model: name of the model that is shipped; its figures of time, size and false emotions are of it.
        shipped: whether there is a model of this name and corpus.
        task: what its labels are.
        group: see `Manifest.group`.
        architecture: its network.
        features: what it reads, for people.
        corpus: title of the corpus it was trained on and scored on.
        licence: of that corpus.
        labels: in the order of `confusion`.
        parameters: how many numbers were trained.
        onnx_bytes: size of the model's file; None where none is shipped.
        ms_per_clip: from a waveform of 3 s to the answer, one thread; None where none is shipped.
        unseen: on speakers that the scoring model was not trained on, with nothing known of them.
        unseen_own: UAR of the same with a baseline of 20 other clips of the speaker, emotions unknown; None
            for a system that takes no baseline.
        random_split: on a random split of clips, which has the same speakers on both sides.
        false_emotion_rate: share of ordinary speech with a certain emotion that is not there; None where it
            was not measured.
        claim: what was published of it.
    """

    model_config = _Frozen

    model: str
    shipped: bool
    task: Task
    group: Group
    architecture: str
    features: str
    corpus: str
    licence: str
    labels: list[str]
    parameters: int
    onnx_bytes: int | None = None
    ms_per_clip: _Finite | None = None
    unseen: SplitScores
    unseen_own: Interval | None = None
    random_split: SplitScores | None = None
    false_emotion_rate: _Share | None = None
    claim: Claim | None = None


class Comparison(BaseModel):
    """Systems side by side.

    Attributes:
        command: that measured them.
        created: the date, as 2026-11-22.
        seed: of the folds and of everything random.
        rows: one for each system and corpus, the best on unseen speakers of a corpus first.
    """

    model_config = _Frozen

    command: str
    created: str
    seed: int
    rows: list[Row]


def load(folder: Path) -> Comparison | None:
    """Return the comparison in a folder of models; None where there is none.

    Raises:
        ModelCorrupt: the file is no comparison, or cannot be read.
    """
    try:
        text = (folder / COMPARISON).read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ModelCorrupt(f"'{folder / COMPARISON}' cannot be read: {error.strerror}.") from error
    try:
        return Comparison.model_validate_json(text)
    except ValidationError as error:
        raise ModelCorrupt(f"'{folder / COMPARISON}' is malformed: {error}") from error


def require(folder: Path) -> Comparison:
    """Return the comparison in a folder of models, for clients; the log says what is wrong with the file.

    Raises:
        NoComparison: there is none, or none that can be used.
    """
    try:
        found = load(folder)
    except ModelCorrupt as error:
        logger.error("comparison left out: %s", error)
        raise NoComparison(f"{COMPARISON} cannot be used; the server's log says why.") from error
    if found is None:
        raise NoComparison(f"There is no {COMPARISON} in the server's folder of models.")
    return found
