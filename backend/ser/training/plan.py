"""Which models a training fits, and on whose clips each of them is scored."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any

from ser.corpora import seen, splits
from ser.models.manifest import LEAVE_ONE_OUT
from ser.training.data import TrainingSet
from ser.training.family import Family
from ser.training.preparation import Prepared

MODEL, CALIBRATION_MODEL, RANDOM_SPLIT = "model", "calibration model", "random split"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Title of a model -> what it is trained on, stops early on and is scored on.

    Attributes:
        sets: what each model is trained on; that titled `MODEL` is the result.
        stopping: other speakers, for each model that stops early.
        scored: what a model is scored on, whose speakers it was not trained on, to calibrate `MODEL`.
        left_out: speaker -> the model that was trained without that one speaker; empty where some speakers
            are held out of all models.
        random: the clips that `RANDOM_SPLIT` is scored on; None where there is no such model.
        held_out: training speakers who were held out of the calibration model, or to stop on.
    """

    sets: dict[str, TrainingSet]
    stopping: dict[str, TrainingSet] = field(default_factory=dict)
    scored: dict[str, TrainingSet] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    random: TrainingSet | None = None
    held_out: frozenset[str] = frozenset()

    def split(self, prepared: Prepared, family: Family[Any]) -> dict[str, Any]:
        """Return what a manifest says of the split."""
        own = prepared.split["train"]
        found = {"by": prepared.split_by, "fit": sorted(self.sets[MODEL].speakers & own)}
        if self.left_out:
            found["method"] = LEAVE_ONE_OUT
        else:
            found["stop" if family.stops_early else "calibrate"] = sorted(self.held_out & own)
        start = family.start_manifest
        if start is not None and (before := seen.trained_on(start, prepared.facts.title, prepared.clips)):
            found["before"] = sorted(before)
        return found | {"dev": sorted(prepared.split["dev"])}


def plan(
    family: Family[Any], everything: TrainingSet, prepared: Prepared, *, seed: int, random_split: bool
) -> Plan:
    """Return which models are trained.

    Args:
        family: of the models.
        everything: all clips that the result may be trained on.
        prepared: the corpus.
        seed: of who is held out.
        random_split: whether one more model is trained on a random split of the clips.
    """
    if prepared.leave_one_out:
        found = _leave_one_out(everything, prepared)
    else:
        found = _hold_some_out(family, everything, prepared, seed)
    return _with_random_split(found, family, everything, prepared, seed) if random_split else found


def _hold_some_out(family: Family[Any], everything: TrainingSet, prepared: Prepared, seed: int) -> Plan:
    # What is chosen on them is to hold for corpora that were never trained on, too.
    fit, held = prepared.held_out(family.held_out_share, seed, whole_corpora=not family.stops_early)
    # Of speakers whom it was trained on before, nothing can be learnt of how it does with others.
    known = prepared.known_to(family.start_manifest)
    fit, held = fit | (held & known), held - known
    if family.stops_early:
        return Plan(sets={MODEL: everything.of(fit)}, stopping={MODEL: everything.of(held)}, held_out=held)
    return Plan(
        sets={MODEL: everything, CALIBRATION_MODEL: everything.of(fit)},
        scored={CALIBRATION_MODEL: everything.of(held)},
        held_out=held,
    )


def _leave_one_out(everything: TrainingSet, prepared: Prepared) -> Plan:
    speakers = prepared.split["train"]
    titles = {f"without {speaker}": speaker for speaker in sorted(speakers)}
    sets = {MODEL: everything}
    sets |= {title: everything.of(everything.speakers - {speaker}) for title, speaker in titles.items()}
    return Plan(
        sets=sets,
        scored={title: everything.of({speaker}) for title, speaker in titles.items()},
        left_out={speaker: title for title, speaker in titles.items()},
    )


def _with_random_split(
    found: Plan, family: Family[Any], everything: TrainingSet, prepared: Prepared, seed: int
) -> Plan:
    """Add a training set of clips of all speakers, and the set that its model is tested on."""
    own = prepared.own_training_clips
    if prepared.leave_one_out:
        fitted, tested = splits.by_clip(own, round(splits.DEV_SHARE * len(own)), seed=seed)
    else:
        dev = splits.of_speakers(prepared.clips, prepared.split["dev"])
        fitted, tested = splits.by_clip([*own, *dev], len(dev), seed=seed)
    fitted += chain.from_iterable(prepared.added.values())
    stopping = dict(found.stopping)
    if family.stops_early:
        share = max(1, round(family.held_out_share * len(fitted)))
        fitted, others = splits.by_clip(fitted, share, seed=seed)
        stopping[RANDOM_SPLIT] = everything.of_clips(others)
    sets = found.sets | {RANDOM_SPLIT: everything.of_clips(fitted)}
    return replace(found, sets=sets, stopping=stopping, random=everything.of_clips(tested))
