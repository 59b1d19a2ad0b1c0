"""Scores of groups of people, and the agreement of the model with listeners."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ser.corpora.base import UNSPECIFIED
from ser.evaluation import metrics
from ser.evaluation.contents import MIN_GROUP_SPEAKERS, Agreement, Group, Grouping, People
from ser.evaluation.evaluator import Answers, Evaluator
from ser.evaluation.metrics import Floats, uar

# In this order, not in that of their letters.
_DEGREES = ("low", "medium", "high", "normal", "strong", UNSPECIFIED)


def groups(evaluator: Evaluator, answers: Mapping[str, Answers]) -> list[Grouping]:
    """Score groups of speakers, and degrees of intensity."""
    found = []
    votes = _vote_counts(evaluator)
    for by, of_speaker in _properties(evaluator).items():
        of_clip = [of_speaker.get(clip.speaker) for clip in evaluator.scored]
        groups = _groups(evaluator, of_clip, answers, votes)
        large = [group.name for group in groups if group.speakers >= MIN_GROUP_SPEAKERS]
        gap = chance = None
        if len(large) > 1:
            member = np.array(
                [
                    large.index(name) if (name := of_speaker.get(s)) in large else -1
                    for s in evaluator.speakers
                ]
            )
            gap = {name: metrics.gap(each.counts, member) for name, each in answers.items()}
            chance = {
                name: metrics.chance_gap(each.counts, member, seed=evaluator.seed)
                for name, each in answers.items()
            }
        found.append(Grouping(by=by, groups=groups, gap=gap, chance_gap=chance))
    intensities = _groups(evaluator, [clip.intensity for clip in evaluator.scored], answers, votes)
    found.append(Grouping(by="intensity", groups=intensities, gap=None, chance_gap=None))
    return [grouping for grouping in found if len(grouping.groups) > 1]


def _properties(evaluator: Evaluator) -> dict[str, dict[str, str]]:
    people = {
        s: evaluator.annotations.people[s] for s in evaluator.speakers if s in evaluator.annotations.people
    }
    ages = {speaker: person.age for speaker, person in people.items() if person.age is not None}
    return {
        "sex": {s: each.sex for s, each in people.items() if each.sex},
        "age third": _thirds(ages),
        "race": {s: each.race for s, each in people.items() if each.race},
        "ethnicity": {s: each.ethnicity for s, each in people.items() if each.ethnicity},
    }


def _groups(
    evaluator: Evaluator, of_clip: Sequence[str | None], answers: Mapping[str, Answers], votes: Floats | None
) -> list[Group]:
    found = []
    for name in sorted({name for name in of_clip if name is not None}, key=_rank):
        inside = np.array([each == name for each in of_clip])
        counts = {key: evaluator.counts(each.probabilities, inside) for key, each in answers.items()}
        voted = None if votes is None else votes[inside].sum(axis=0)
        found.append(
            Group(
                name=name,
                speakers=len(set(evaluator.speaker_of[inside])),
                clips=int(inside.sum()),
                interval=evaluator.bootstrap.estimate(counts["none"], uar),
                uar={key: float(uar(each.sum(axis=1)).mean()) for key, each in counts.items()},
                people=None if voted is None or not voted.any() else float(uar(voted)),
            )
        )
    return found


def _rank(name: str) -> tuple[int, str]:
    return (_DEGREES.index(name) if name in _DEGREES else -1, name)


def _votes(evaluator: Evaluator) -> Floats | None:
    """Return how many listeners chose each label of the model [shape=(n, C)], float64; None without votes."""
    votes = np.array(
        [
            [evaluator.annotations.votes.get(clip.path.stem, {}).get(name, 0) for name in evaluator.labels]
            for clip in evaluator.scored
        ],
        float,
    )
    return votes if votes.any() else None


def _vote_counts(evaluator: Evaluator) -> Floats | None:
    votes = _votes(evaluator)
    if votes is None:
        return None
    counts = np.zeros((len(evaluator.scored), len(evaluator.labels), len(evaluator.labels) + 1))
    counts[np.arange(len(evaluator.scored)), evaluator.intended, :-1] = votes
    return counts


def people(evaluator: Evaluator, answers: Mapping[str, Answers]) -> People | None:
    """Compare the model with listeners; votes for other emotions than the model's labels are left out."""
    everybody, of_clip = _votes(evaluator), _vote_counts(evaluator)
    if everybody is None or of_clip is None:
        return None
    voted = everybody.sum(axis=1) > 0
    votes, counts, intended = everybody[voted], of_clip[voted].sum(axis=0), evaluator.intended[voted]
    most = votes == votes.max(axis=1, keepdims=True)
    # Emotions with equally many votes share the clip.
    plurality = most / most.sum(axis=1, keepdims=True)
    rows = np.arange(len(votes))
    pairs = (votes * (votes - 1)).sum() / max((votes.sum(axis=1) * (votes.sum(axis=1) - 1)).sum(), 1)
    chosen = np.zeros_like(of_clip[voted])
    chosen[rows, intended, :-1] = plurality
    agreement = [
        Agreement(
            who="one listener",
            intended=float(metrics.wa(counts)),
            intended_uar=float(uar(counts)),
            plurality=None,
            one_listener=float(pairs),
        ),
        Agreement(
            who="most listeners",
            intended=float(plurality[rows, intended].mean()),
            intended_uar=float(uar(chosen.sum(axis=0))),
            plurality=None,
            one_listener=float((plurality * votes).sum() / votes.sum()),
        ),
    ]
    for each in answers.values():
        classes = evaluator.classes(each.probabilities)[:, voted]
        # A refusal agrees with nobody.
        said = np.eye(len(evaluator.labels) + 1)[classes][..., :-1].mean(axis=0)
        agreement.append(
            Agreement(
                who=f"the model, {each.title}",
                intended=float(said[rows, intended].mean()),
                intended_uar=float(uar(evaluator.counts(each.probabilities, voted).sum(axis=1)).mean()),
                plurality=float((said * plurality).sum(axis=1).mean()),
                one_listener=float((said * votes).sum() / votes.sum()),
            )
        )
    return People(clips=int(voted.sum()), votes=int(votes.sum()), agreement=agreement)


def _thirds(ages: Mapping[str, int]) -> dict[str, str]:
    """Return speaker -> one of three groups of similar age; equal ages are in the same one."""
    if not ages:
        return {}
    bounds = np.quantile(list(ages.values()), [1 / 3, 2 / 3])
    third = {speaker: int(np.searchsorted(bounds, age)) for speaker, age in ages.items()}
    inside = {number: [ages[s] for s in ages if third[s] == number] for number in set(third.values())}
    names = {n: "-".join(map(str, sorted({min(of), max(of)}))) for n, of in inside.items()}
    return {speaker: f"{names[number]} years" for speaker, number in third.items()}
