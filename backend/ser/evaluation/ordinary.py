"""Ordinary speech: how often a model finds an emotion where nobody acted one.

A clip counts as a false emotion if its answer is certain (not of low information) and not Neutral. A model
without Neutral should be uncertain about all of it. Intervals are over speakers.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np

from ser import corpora
from ser.corpora import splits
from ser.corpora.base import NEUTRAL, Clip
from ser.errors import CorpusError
from ser.evaluation import metrics, predictions
from ser.evaluation.baselines import NOTHING_KNOWN, SpeakerClips, by_speaker
from ser.evaluation.contents import OrdinaryCondition, OrdinaryReport
from ser.evaluation.metrics import Bootstrap, Estimate, Floats
from ser.evaluation.tables import aligned, as_table, interval
from ser.features.registry import Frames
from ser.models.baseline import Baseline
from ser.models.predictor import EmotionPredictor, Prediction

# The corpus of ordinary speech, and its part that no model is trained on.
CORPUS, HELD_OUT = "ordinary", "dev"
# How many other clips of the speaker make a baseline: single words, together about 7 s.
BASELINE_CLIPS = 12
DRAWS = 5
REPORT_FILE, PAGE_FILE = "ordinary.json", "ordinary.md"

# Of the counts of a speaker.
_CLIPS, _FALSE, _UNCERTAIN, _NEUTRAL = range(4)


def held_out(folder: Path) -> list[Clip]:
    """Return the clips of ordinary speech that no model is trained on.

    Raises:
        CorpusError: the folder holds none.
    """
    clips = corpora.load(CORPUS, folder)
    return splits.of_speakers(clips, splits.standard_split(CORPUS, clips)[HELD_OUT])


def evaluate_ordinary(
    predictor: EmotionPredictor, clips: Sequence[Clip], *, corpus: str, split: str = "all", seed: int = 0
) -> OrdinaryReport:
    """Predict ordinary speech, and count the emotions that are not there.

    Args:
        predictor: the model.
        clips: each a speaker's ordinary speech. A clip is never part of its own baseline.
        corpus: the corpus' name.
        split: which part of it the clips are, for titles.
        seed: of the clips drawn for baselines.

    Raises:
        CorpusError: every clip was refused.
    """
    predictor.warm_up()
    frames = predictions.clip_frames(clips, predictor.feature_set)
    if all(each is None for each in frames):
        raise CorpusError("Each of the clips was refused: too short, or no speech, or no audio.")
    counting = _Counting(predictor, clips, seed)
    conditions = [counting.condition("none", NOTHING_KNOWN, frames, [[None] * len(clips)])]
    known = {clip.speaker for clip in clips if clip.speaker_known}
    if predictor.takes_baseline and known:
        named = [i for i, clip in enumerate(clips) if clip.speaker_known]
        own = _Counting(predictor, [clips[i] for i in named], seed)
        of_named = [frames[i] for i in named]
        drawn = [_baselines(own.clips, of_named, draw, seed) for draw in range(DRAWS)]
        title = f"{BASELINE_CLIPS} other clips of the speaker"
        conditions.append(own.condition(f"own_{BASELINE_CLIPS}", title, of_named, drawn))
    facts = corpora.facts(corpus, clips)
    return OrdinaryReport(
        model=predictor.manifest.name,
        corpus=facts.title,
        split=split,
        clips=len(clips),
        refused=sum(each is None for each in frames),
        speakers=len(known),
        conditions=conditions,
    )


def as_text(report: OrdinaryReport) -> str:
    """Return the table for a terminal."""
    parts = [_head(report), aligned(_rows(report))]
    if compared := _target_rows(report):
        parts.append(aligned(compared))
    return "\n\n".join(parts)


def write(report: OrdinaryReport, folder: Path) -> list[Path]:
    """Write `ordinary.json` and `ordinary.md` into a folder; return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / REPORT_FILE, folder / PAGE_FILE]
    files[0].write_text(json.dumps(report.model_dump(mode="json"), indent=2) + "\n")
    files[1].write_text(f"# {report.model} on ordinary speech\n\n{section(report)}\n")
    return files


def section(report: OrdinaryReport) -> str:
    """Return the tables in Markdown, for a page."""
    parts = [_head(report), as_table(_rows(report))]
    if compared := _target_rows(report):
        parts.append(as_table(compared))
    return "\n\n".join(parts)


class _Counting:
    """Predicts clips and counts the answers by speaker."""

    def __init__(self, predictor: EmotionPredictor, clips: Sequence[Clip], seed: int) -> None:
        self.predictor, self.clips = predictor, clips
        speakers = sorted({clip.speaker for clip in clips})
        self._speaker_of = [speakers.index(clip.speaker) for clip in clips]
        self._bootstrap = Bootstrap(len(speakers), seed=seed)
        self._count = len(speakers)

    def condition(
        self,
        name: str,
        title: str,
        frames: Sequence[Frames | None],
        baselines: Sequence[Sequence[Baseline | None]],
    ) -> OrdinaryCondition:
        """Predict each clip with its baseline in each draw [draws x clips]."""
        tasks = ((self.predictor, *task) for drawn in baselines for task in zip(frames, drawn, strict=True))
        total = len(baselines) * len(frames)
        answers = list(predictions.predict(tasks, total=total, title=title))
        found = [each for each in answers if each is not None]
        counts = np.zeros((len(baselines), self._count, 4))
        for number, answer in enumerate(answers):
            if answer is not None:
                draw, clip = divmod(number, len(frames))
                counts[draw, self._speaker_of[clip]] += _counted(answer)
        knows_neutral = NEUTRAL in self.predictor.manifest.labels
        emotions = Counter(each.emotion for each in found)
        lengths = [each.speech_s if each else 0.0 for drawn in baselines for each in drawn]
        return OrdinaryCondition(
            name=name,
            title=title,
            draws=len(baselines),
            speech_s=float(np.mean(lengths)),
            false_emotion=self._share(counts, _FALSE),
            uncertain=self._share(counts, _UNCERTAIN),
            neutral=self._share(counts, _NEUTRAL) if knows_neutral else None,
            ece=_ece(found) if knows_neutral else None,
            answers={label: emotions[label] / len(found) for label in self.predictor.manifest.labels},
        )

    def _share(self, counts: Floats, column: int) -> Estimate:
        return self._bootstrap.estimate(counts, partial(_share_of, column=column))


def _counted(answer: Prediction) -> Floats:
    """Return what one answer adds to the counts of its speaker [shape=(4,)]."""
    neutral = answer.emotion == NEUTRAL
    certain = not answer.low_information
    return np.array([1.0, certain and not neutral, not certain, neutral], np.float64)


def _share_of(counts: Floats, column: int) -> Floats:
    clips = counts[..., _CLIPS]
    return np.where(clips > 0, counts[..., column] / np.maximum(clips, 1), np.nan)


def _ece(answers: Sequence[Prediction]) -> float:
    confidence = np.array([each.confidence for each in answers])
    right = np.array([each.emotion == NEUTRAL for each in answers])
    return metrics.ece(metrics.reliability(confidence, right))


def _baselines(
    clips: Sequence[Clip], frames: Sequence[Frames | None], draw: int, seed: int
) -> list[Baseline | None]:
    speakers = by_speaker(clips, frames, wanted=lambda _: True)
    orders = {
        speaker: own.shuffled(np.random.default_rng([seed, draw, number]))
        for number, (speaker, own) in enumerate(sorted(speakers.items()))
    }
    take = partial(SpeakerClips.baseline_of_clips, count=BASELINE_CLIPS)
    return [
        take(speakers[clip.speaker], orders[clip.speaker], scored=index) for index, clip in enumerate(clips)
    ]


def _head(report: OrdinaryReport) -> str:
    whose = f"{report.speakers} speakers" if report.speakers else "speakers whom nobody has named"
    return (
        f"{report.model} on {report.corpus} ({report.split}): {report.clips} clips of ordinary speech, of "
        f"{whose}, {report.refused} refused. Nobody acted an emotion; a certain answer other than "
        f"{NEUTRAL} is a false emotion."
    )


def _rows(report: OrdinaryReport) -> list[list[str]]:
    head = ["condition", "baseline", "false emotion", "uncertain", NEUTRAL, "ECE", "most frequent answers"]
    return [
        head,
        *(
            [
                each.title,
                f"{each.speech_s:.1f} s",
                interval(each.false_emotion),
                interval(each.uncertain),
                interval(each.neutral) if each.neutral else "-",
                "-" if each.ece is None else f"{each.ece:.3f}",
                ", ".join(f"{name} {share:.2f}" for name, share in _most(each.answers)),
            ]
            for each in report.conditions
        ),
    ]


def _target_rows(report: OrdinaryReport) -> list[list[str]]:
    """Return the targets of a shipped model on held-out speakers; nothing for any other."""
    name = corpora.name_of_title(report.corpus)
    targets = corpora.CORPORA.get(name).targets.get(report.model) if report.split == "dev" else None
    if targets is None:
        return []
    rows = [["measure", "target", "result", "outcome"]]
    for each in report.conditions:
        most = targets.most_false_emotion.get(each.name)
        if most is not None:
            found = each.false_emotion.value
            rows.append(_target_row(f"false emotion, {each.title}", "at most", most, found, found <= most))
    neutral = report.conditions[0].neutral
    if targets.least_neutral is not None and neutral is not None:
        least, title = targets.least_neutral, f"{NEUTRAL}, {report.conditions[0].title}"
        rows.append(_target_row(title, "at least", least, neutral.value, neutral.value >= least))
    return rows


def _target_row(title: str, bound: str, target: float, found: float, met: bool) -> list[str]:
    return [title, f"{bound} {target:.2f}", f"{found:.3f}", "met" if met else "**NOT MET**"]


def _most(answers: dict[str, float]) -> list[tuple[str, float]]:
    return sorted(answers.items(), key=lambda pair: -pair[1])[:3]
