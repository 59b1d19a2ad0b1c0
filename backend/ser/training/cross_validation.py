"""Cross-validation: every speaker of a corpus is scored by a model that was not trained on that speaker.

The `dev` speakers of a corpus may be easier or harder than others; this takes all of them in turn.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from ser.conditions import noises as recorded_noises
from ser.corpora import splits
from ser.corpora.base import CLIPS_SHA256, Clip
from ser.corpora.file_hash import file_hash
from ser.errors import CorpusError, ModelError
from ser.evaluation import metrics
from ser.evaluation.baselines import NEUTRAL_TITLE, NOTHING_KNOWN, SESSION_TITLE
from ser.evaluation.metrics import Bootstrap, Estimate
from ser.evaluation.tables import aligned, interval
from ser.models.manifest import Manifest
from ser.training import calibration
from ser.training.calibration import Scores
from ser.training.data import TrainingSet
from ser.training.family import Family, FittedModel
from ser.training.preparation import Prepared, prepare

_TITLES = {"none": NOTHING_KNOWN, "neutral": NEUTRAL_TITLE, "own": SESSION_TITLE}


class SubsetScore(BaseModel):
    """UAR over all speakers, among some emotions, with one kind of baseline.

    Attributes:
        emotions: those that are told apart; clips of others are left out.
        baseline: what is known of the speaker: `none`, `neutral` or `own`.
        clips: how many were scored.
        uar: over all speakers, with its interval over them.
        folds: UAR of each fold alone, of those that have clips of these emotions.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    emotions: tuple[str, ...]
    baseline: str
    clips: int
    uar: Estimate
    folds: list[float]


class CrossValidation(BaseModel):
    """The scores of a cross-validation.

    Attributes:
        corpus: title of the corpus.
        speakers: how many speakers, each of whom was held out once.
        also_trained_on: titles of further corpora that each model was trained on.
        models: how many models were trained.
        seed: of the folds and of everything random.
        scores: one for each label subset and kind of baseline.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    corpus: str
    speakers: int
    also_trained_on: list[str]
    models: int
    seed: int
    scores: list[SubsetScore]

    @property
    def rows(self) -> list[list[str]]:
        """The scores as a table, its head first."""
        return [
            ["labels", "clips", "baseline", "UAR", "lowest fold", "highest fold"],
            *(
                [
                    str(len(each.emotions)),
                    f"{each.clips:,}",
                    _TITLES[each.baseline],
                    interval(each.uar),
                    f"{min(each.folds):.3f}",
                    f"{max(each.folds):.3f}",
                ]
                for each in self.scores
            ),
        ]

    @property
    def summary(self) -> str:
        """Whom the scores are of, in words."""
        also = f", each also trained on {', '.join(self.also_trained_on)}" if self.also_trained_on else ""
        return (
            f"{self.models} models{also}: {self.speakers} speakers of {self.corpus}, each scored by the "
            "model that was not trained on this speaker"
        )

    def as_text(self) -> str:
        """Return it as a table for a terminal."""
        return f"{self.summary}\n\n{aligned(self.rows)}"

    def of_labels(self, labels: Sequence[str]) -> CrossValidation | None:
        """Return the scores among some emotions alone; None where there are none."""
        scores = [each for each in self.scores if set(each.emotions) == set(labels)]
        return self.model_copy(update={"scores": scores}) if scores else None


def cross_validate(
    family: Family[Any],
    *,
    corpus: str,
    data: Path,
    emotions: Sequence[str] | None = None,
    also: Mapping[str, Path] | None = None,
    noise: Path | None = None,
    folds: int,
    seed: int = 0,
    cache: Path,
    of_model: Manifest | None = None,
) -> CrossValidation:
    """Train one model per fold of the speakers, and score each fold with the model without it.

    Args:
        family: of the models, with its settings.
        corpus: its name. Speakers of all its parts are folded.
        data: the corpus' folder, or its CSV.
        emotions: the classes; the family's by default. One's own recordings have theirs.
        also: name -> folder of further corpora that every model is trained on.
        noise: folder of recorded noises, for simulated recording conditions.
        folds: how many models.
        seed: of the folds, and of everything random.
        cache: folder of features, and of what a killed run continues from.
        of_model: a model whose scores they are to be, which must have been trained in the same way.

    Raises:
        ModelError: `of_model` was trained in another way.
        CorpusError: the corpus is not what its loader expects, its speakers are not known or fewer than the
            folds, `noise` holds no recording, or the model that is to be trained further knows some of them.
    """
    prepared = prepare(
        corpus,
        data,
        emotions=emotions or family.emotions,
        task=family.task,
        also=also,
        cache=cache / "features",
    )
    if not all(clip.speaker_known for clip in prepared.clips):
        raise CorpusError("The speakers of these clips are not known, so none can be held out.")
    prepared.require_unknown_to(family.start_manifest)
    if of_model is not None:
        require_trained_so(of_model, family, prepared)
    everything = training_set(family, prepared, noise=noise, cache=cache)
    parts = splits.folds({clip.speaker for clip in prepared.clips}, folds, seed=seed)
    scored = score_by_speaker(family, everything, prepared, parts, seed=seed, cache=cache)
    subsets = [prepared.emotions, *([everything.core] if everything.core else [])]
    return CrossValidation(
        corpus=prepared.facts.title,
        speakers=len({clip.speaker for each in scored for clip in each.clips}),
        also_trained_on=[each.corpus.title for each in prepared.also_trained_on],
        models=len(scored),
        seed=seed,
        scores=[
            subset_score(scored, prepared.emotions, subset, baseline, seed)
            for subset in subsets
            for baseline in scored[0].scores.logits
        ],
    )


def require_trained_so(manifest: Manifest, family: Family[Any], prepared: Prepared) -> None:
    """Make sure that a model was trained by a family, with its settings, on a corpus.

    Raises:
        ModelError: it was not; the message says in what it differs.
    """
    labels = manifest.network_labels or manifest.labels
    settings = json.loads(json.dumps(family.describe()))
    corpora = {prepared.facts.title}
    corpora |= {each.corpus.title for each in prepared.all_also_trained_on(family.start_manifest)}
    differs = {
        "corpora": manifest.trained_on != corpora,
        "labels": set(labels) != set(prepared.emotions),
        "features": manifest.features.name != family.feature_set.name,
        "settings": any(manifest.training.get(name) != value for name, value in settings.items()),
    }
    own = set(manifest.training.get(CLIPS_SHA256, ()))
    differs["recordings"] = bool(own) and not own <= {file_hash(clip.path) for clip in prepared.clips}
    if any(differs.values()):
        others = ", ".join(name for name, is_other in differs.items() if is_other)
        raise ModelError(f"'{manifest.name}' was trained in another way; these differ: {others}.")


def training_set(
    family: Family[Any], prepared: Prepared, *, noise: Path | None = None, cache: Path
) -> TrainingSet:
    """Return the set of all clips of a prepared corpus, and of the further ones that every fold trains on.

    Args:
        family: of the models.
        prepared: the corpus.
        noise: folder of recorded noises, for simulated recording conditions.
        cache: folder, in which `features` holds the features.
    """
    clips = (*prepared.clips, *chain.from_iterable(prepared.added.values()))
    return TrainingSet(
        clips=clips,
        speakers=frozenset(clip.speaker for clip in clips),
        emotions=prepared.emotions,
        core=family.core if set(family.core) <= set(prepared.emotions) else (),
        feature_set=family.feature_set,
        cache=cache / "features",
        noises=tuple(recorded_noises.load(noise)) if noise else (),
    )


def score_by_speaker(
    family: Family[Any],
    everything: TrainingSet,
    prepared: Prepared,
    parts: Sequence[tuple[frozenset[str], frozenset[str]]],
    *,
    seed: int,
    cache: Path,
) -> list[Fold]:
    """Train a model for each fold of the speakers, and score the speakers whom it was not trained on.

    Args:
        family: of the models.
        everything: see `training_set`.
        prepared: the corpus.
        parts: for each fold, the speakers to train on, beside those of further corpora, and those to score.
        seed: of everything random.
        cache: folder, in which `members` holds what a killed run continues from.
    """
    further = frozenset(clip.speaker for clips in prepared.added.values() for clip in clips)
    folds = []
    for fit, held in parts:
        stop: TrainingSet | None = None
        if family.stops_early:
            clips = splits.of_speakers(prepared.clips, fit)
            fit, stopping = splits.balanced(clips, share=family.held_out_share, seed=seed)
            stop = everything.of(stopping)
        folds.append((everything.of(fit | further), stop, everything.of(held)))
    return score_folds(family, folds, seed=seed, cache=cache)


def score_folds(
    family: Family[Any],
    folds: Sequence[tuple[TrainingSet, TrainingSet | None, TrainingSet]],
    *,
    seed: int,
    cache: Path,
) -> list[Fold]:
    """Train a model for each fold, and score what it was not trained on.

    Args:
        family: of the models.
        folds: what a model is trained on, what it stops early on, and what it is scored on.
        seed: of everything random.
        cache: folder, in which `members` holds what a killed run continues from.
    """
    titled = {f"fold {number}": fold for number, fold in enumerate(folds, 1)}
    models = family.fit_all(
        {title: fit for title, (fit, _, _) in titled.items()},
        {title: stop for title, (_, stop, _) in titled.items() if stop is not None},
        seed=seed,
        checkpoints=cache / "members",
    )
    found = []
    for title, (_, _, held) in titled.items():
        scores = calibration.score(
            models[title],
            held,
            scaling=models[title].scaling,
            window=family.window,
            prior_frames=family.prior_frames,
            seed=seed,
        )
        usable = zip(held.used, held.features(), strict=True)
        found.append(Fold(models[title], scores, [clip for clip, features in usable if len(features)]))
    return found


@dataclass(frozen=True)
class Fold:
    """The scores of a fold.

    Attributes:
        model: that gave them.
        scores: of the clips that the model was not trained on.
        clips: these, in the order of the scores.
    """

    model: FittedModel
    scores: Scores
    clips: list[Clip]

    def tally(
        self, indices: Sequence[int], baseline: str, speakers: Mapping[str, int]
    ) -> NDArray[np.float64]:
        """Count a confusion matrix for each of all speakers [shape=(1, speakers, C, C + 1)].

        Args:
            indices: of the emotions that are told apart; clips of others are left out.
            baseline: `none`, `neutral` or `own`.
            speakers: name -> index.
        """
        counts = np.zeros((1, len(speakers), len(indices), len(indices) + 1))
        kept = np.isin(self.scores.targets, indices)
        if not kept.any():
            return counts
        some = self.scores.of_labels(indices)
        of_clips = [speakers[clip.speaker] for clip, wanted in zip(self.clips, kept, strict=True) if wanted]
        found = metrics.tally(
            some.targets,
            some.logits[baseline].argmax(axis=1)[np.newaxis],
            np.array(of_clips),
            classes=len(indices),
        )
        counts[:, : found.shape[1]] = found
        return counts


def subset_score(
    folds: Sequence[Fold], emotions: Sequence[str], subset: Sequence[str], baseline: str, seed: int
) -> SubsetScore:
    """Score all folds together.

    Args:
        folds: each speaker in one of them.
        emotions: the labels of the scores.
        subset: those that are told apart; clips of others are left out.
        baseline: `none`, `neutral` or `own`.
        seed: of the interval.
    """
    names = sorted({clip.speaker for fold in folds for clip in fold.clips})
    speakers = {name: index for index, name in enumerate(names)}
    indices = [list(emotions).index(emotion) for emotion in subset]
    counts = [fold.tally(indices, baseline, speakers) for fold in folds]
    return SubsetScore(
        emotions=tuple(subset),
        baseline=baseline,
        clips=int(np.sum(counts)),
        uar=Bootstrap(len(speakers), seed=seed).estimate(np.sum(counts, axis=0), metrics.uar),
        folds=[float(metrics.uar(of_fold.sum(axis=(0, 1)))) for of_fold in counts if of_fold.any()],
    )
