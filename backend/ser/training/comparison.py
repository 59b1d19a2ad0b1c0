"""Systems side by side: each is scored on speakers it was not trained on, and on a random split of clips."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from pydantic import BaseModel, ValidationError
from tqdm import tqdm

from ser import corpora
from ser.corpora import splits
from ser.errors import CorpusError, ModelError
from ser.evaluation import cost, metrics, ordinary
from ser.evaluation.baselines import SESSION_TITLE
from ser.evaluation.contents import FullReport
from ser.evaluation.metrics import Bootstrap, Estimate
from ser.models import store
from ser.models.comparison import Comparison, Interval, Row, SplitScores
from ser.models.manifest import ONNX_FILE, Manifest
from ser.models.predictor import EmotionPredictor
from ser.models.store import ModelDirectory
from ser.training.cross_validation import (
    Fold,
    require_trained_so,
    score_by_speaker,
    score_folds,
    training_set,
)
from ser.training.data import TrainingSet
from ser.training.family import Family
from ser.training.preparation import Prepared, prepare

_UNSEEN, _RANDOM_SPLIT = ("unseen speakers", "random split")


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What is measured of every system, and where.

    Attributes:
        data: name -> folder of each corpus.
        models: folder of the shipped models, whose size, time and false emotions are measured.
        folds: of the speakers of a corpus without a standard split, and of its clips.
        seed: of the folds and of everything random.
        cache: folder of features, of what a killed run continues from, and of the scores so far.
    """

    data: Mapping[str, Path]
    models: Path
    folds: int
    seed: int
    cache: Path


def compare(systems: Sequence[tuple[Family[Any], str]], measured: Measured, *, command: str) -> Comparison:
    """Score systems, each on a corpus.

    Args:
        systems: the family of each, with its settings, and the name of a corpus.
        measured: what is measured.
        command: that was given, for the file.

    Raises:
        CorpusError: a corpus is not there, or not what its loader expects.
    """
    rows = [_row(family, corpus, measured) for family, corpus in systems]
    rows.sort(key=lambda row: (row.corpus, len(row.labels), -row.unseen.uar.value))
    today = datetime.now(UTC).date().isoformat()
    return Comparison(command=command, created=today, seed=measured.seed, rows=rows)


def _row(family: Family[Any], corpus: str, measured: Measured) -> Row:
    prepared = _prepared(family, corpus, measured.data)
    directory = _shipped(family, prepared, measured.models)
    reported = None if directory is None else _reported(family, prepared, directory.manifest)
    unseen = reported or _scores(family, corpus, prepared, _UNSEEN, measured)
    random_split = _scores(family, corpus, prepared, _RANDOM_SPLIT, measured)
    facts = [prepared.facts, *(each.corpus for each in prepared.also_trained_on)]
    row = Row(
        model=family.default_name,
        shipped=False,
        task=family.task,
        group=family.group,
        architecture=unseen.architecture,
        features=family.feature_set.description,
        corpus=" + ".join(each.title for each in facts),
        licence="; ".join(each.licence for each in facts),
        labels=list(prepared.emotions),
        parameters=unseen.parameters,
        unseen=unseen.scores,
        unseen_own=unseen.own,
        random_split=random_split.scores,
        claim=family.claim if corpus in family.corpora else None,
    )
    return row if directory is None else row.model_copy(update=_of_shipped(directory, prepared, measured))


def _prepared(family: Family[Any], corpus: str, data: Mapping[str, Path]) -> Prepared:
    """Return a corpus with the labels that a family tells apart there, and the corpora beside it."""
    own = corpus in family.corpora
    also = family.corpora[family.corpora.index(corpus) + 1 :] if own else ()
    for name in (corpus, *also):
        if name not in data:
            raise CorpusError(f"'{family.default_name}' needs '{name}': give --corpus {name}=FOLDER.")
    clips = corpora.load(corpus, data[corpus], task=family.task)
    there = {clip.emotion for clip in clips}
    wanted = family.emotions if own or family.task != "emotion" else sorted(there)
    return prepare(
        corpus,
        data[corpus],
        emotions=[emotion for emotion in wanted if emotion in there],
        task=family.task,
        also={name: data[name] for name in also},
    )


class _Scores(BaseModel):
    """The scores of a system under one kind of split, UAR with 20 own clips known, and of what network."""

    architecture: str
    parameters: int
    scores: SplitScores
    own: Interval | None


def _shipped(family: Family[Any], prepared: Prepared, models: Path) -> ModelDirectory | None:
    """Return the shipped model of a family, if it was trained on this corpus."""
    try:
        directory = store.find(family.default_name, models)
    except ModelError:
        return None
    return directory if directory.manifest.corpus.title == prepared.facts.title else None


def _reported(family: Family[Any], prepared: Prepared, manifest: Manifest) -> _Scores | None:
    """Return a shipped model's own scores, if they are on all speakers that would be scored, all unseen."""
    wanted = prepared.split["dev"] if prepared.published else {clip.speaker for clip in prepared.clips}
    try:
        require_trained_so(manifest, family, prepared)
        report = FullReport.model_validate(manifest.metrics["dev"])
    except (ModelError, KeyError, ValidationError):
        return None
    if report.trained_on or report.split_by != "speaker" or set(report.speakers) != wanted:
        return None
    own = next((each.uar for each in report.conditions if each.title == SESSION_TITLE), None)
    none = report.conditions[0]
    return _Scores(
        architecture=manifest.architecture,
        parameters=manifest.parameters,
        scores=SplitScores(
            uar=_interval(none.uar),
            wa=_interval(none.wa),
            macro_f1=_interval(none.macro_f1),
            confusion=[answers[: len(report.labels)] for answers in report.confusion],
            clips=report.clips,
            speakers=len(report.speakers),
            folds=report.left_out_speakers or 1,
        ),
        own=None if own is None else _interval(own),
    )


def _scores(family: Family[Any], corpus: str, prepared: Prepared, kind: str, measured: Measured) -> _Scores:
    """Return the scores under one kind of split, from the cache where they were measured before."""
    everything = training_set(family, prepared, cache=measured.cache)
    described = [family.default_name, family.describe(), kind, measured.folds, measured.seed]
    content = json.dumps([*described, corpus, everything.identity()])
    name = hashlib.sha256(content.encode()).hexdigest()[:24]
    file = measured.cache / "comparison" / f"{family.default_name}-{corpus}-{name}.json"
    if file.is_file():
        return _Scores.model_validate_json(file.read_bytes())
    tqdm.write(f"{family.default_name} on {corpus}, {kind}")
    run = _by_speaker if kind == _UNSEEN else _by_clip
    folds = run(family, everything, prepared, measured)
    with_own = "own" in folds[0].scores.logits
    found = _Scores(
        architecture=folds[0].model.architecture,
        parameters=folds[0].model.parameters,
        scores=_split_scores(folds, prepared.emotions, "none", measured.seed),
        own=_split_scores(folds, prepared.emotions, "own", measured.seed).uar if with_own else None,
    )
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(found.model_dump_json())
    return found


def _by_speaker(
    family: Family[Any], everything: TrainingSet, prepared: Prepared, measured: Measured
) -> list[Fold]:
    """Score the `dev` speakers of a standard split, or else every speaker in turn."""
    if prepared.published:
        parts = [(prepared.split["train"], prepared.split["dev"])]
    else:
        speakers = {clip.speaker for clip in prepared.clips}
        parts = splits.folds(speakers, min(measured.folds, len(speakers)), seed=measured.seed)
    return score_by_speaker(family, everything, prepared, parts, seed=measured.seed, cache=measured.cache)


def _by_clip(
    family: Family[Any], everything: TrainingSet, prepared: Prepared, measured: Measured
) -> list[Fold]:
    """Score as many clips as by speaker, drawn at random, so that their speakers are trained on as well."""
    order = list(prepared.clips)
    Random(measured.seed).shuffle(order)  # noqa: S311
    tested = [order[i :: measured.folds] for i in range(measured.folds)]
    if prepared.published:
        tested = [order[: len(splits.of_speakers(prepared.clips, prepared.split["dev"]))]]
    further = list(chain.from_iterable(prepared.added.values()))
    folds = []
    for held in tested:
        apart = {clip.path for clip in held}
        fit = [clip for clip in order if clip.path not in apart]
        stop: TrainingSet | None = None
        if family.stops_early:
            fit, stopping = splits.by_clip(fit, round(family.held_out_share * len(fit)), seed=measured.seed)
            stop = everything.of_clips(stopping)
        folds.append((everything.of_clips([*fit, *further]), stop, everything.of_clips(held)))
    return score_folds(family, folds, seed=measured.seed, cache=measured.cache)


def _split_scores(folds: Sequence[Fold], emotions: Sequence[str], baseline: str, seed: int) -> SplitScores:
    names = sorted({clip.speaker for fold in folds for clip in fold.clips})
    speakers = {name: index for index, name in enumerate(names)}
    counts = np.sum([fold.tally(range(len(emotions)), baseline, speakers) for fold in folds], axis=0)
    bootstrap = Bootstrap(len(speakers), seed=seed)
    return SplitScores(
        uar=_interval(bootstrap.estimate(counts, metrics.uar)),
        wa=_interval(bootstrap.estimate(counts, metrics.wa)),
        macro_f1=_interval(bootstrap.estimate(counts, metrics.macro_f1)),
        confusion=counts.sum(axis=(0, 1))[:, :-1].astype(int).tolist(),
        clips=sum(len(fold.clips) for fold in folds),
        speakers=len(speakers),
        folds=len(folds),
    )


def _interval(estimate: Estimate) -> Interval:
    return Interval(value=estimate.value, low=estimate.low, high=estimate.high)


def _of_shipped(directory: ModelDirectory, prepared: Prepared, measured: Measured) -> dict[str, Any]:
    """Return what is measured of the shipped model."""
    predictor = EmotionPredictor.load(directory)
    predictor.warm_up()
    return {
        "shipped": True,
        "onnx_bytes": len(directory.read(ONNX_FILE)),
        "ms_per_clip": cost.measure(predictor, prepared.clips).pipeline_ms,
        "false_emotion_rate": _false_emotion_rate(predictor, measured),
    }


def _false_emotion_rate(predictor: EmotionPredictor, measured: Measured) -> float | None:
    folder = measured.data.get(ordinary.CORPUS)
    if folder is None or predictor.manifest.task != "emotion":
        return None
    clips = ordinary.held_out(folder)
    found = ordinary.evaluate_ordinary(predictor, clips, corpus=ordinary.CORPUS, seed=measured.seed)
    return found.conditions[0].false_emotion.value
