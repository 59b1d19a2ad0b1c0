"""Measures a model on a corpus' speakers, and writes the report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from ser import corpora
from ser.corpora import seen
from ser.corpora.base import Annotations, Clip
from ser.evaluation import cost, groups, intensity, ordinary, pages, plots
from ser.evaluation.contents import FullReport
from ser.evaluation.evaluator import Evaluator
from ser.evaluation.scores import score
from ser.models.manifest import Manifest
from ser.models.predictor import EmotionPredictor


def evaluate_model(
    predictor: EmotionPredictor,
    clips: Sequence[Clip],
    *,
    corpus: str,
    split: str = "all",
    annotations: Annotations | None = None,
    noise: Path | None = None,
    ordinary_speech: Path | None = None,
    onnx_bytes: int | None = None,
    of_speakers: Mapping[str, EmotionPredictor] | None = None,
    out: Path | None = None,
    seed: int = 0,
) -> FullReport:
    """Measure a model on clips, from the file to the answer as the product does it.

    A scored clip is never part of its own baseline.

    Args:
        predictor: the model.
        clips: all clips of the speakers; those with an emotion that the model has no label for are not
            scored, but may be part of a baseline.
        corpus: the corpus' name.
        split: which part of it the clips are, for titles.
        annotations: what the corpus says of speakers, and the votes of listeners.
        noise: folder of recordings of noise; without it, degradations by recorded noise are left out.
        ordinary_speech: folder of the corpus of ordinary speech, in whose held-out part the false emotions
            are counted; the clips are carried over to its recording conditions, too.
        onnx_bytes: size of the model's ONNX file.
        of_speakers: speaker -> the model that answers for their clips, because `predictor` was trained on
            them and this one, which differs in nothing else, was not.
        out: folder to write the report, its page and its plots to.
        seed: of everything random.

    Raises:
        CorpusError: no clip has an emotion that is a label of the model, or a folder holds no recording.
    """
    held_out = [] if ordinary_speech is None else ordinary.held_out(ordinary_speech)
    of_speakers = of_speakers or {}
    evaluator = Evaluator(predictor, clips, annotations or Annotations(), seed, of_speakers)
    answers = evaluator.conditions()
    none = answers["none"]
    facts = corpora.facts(corpus, clips)
    trained_on = seen.trained_on(predictor.manifest, facts.title, clips) - of_speakers.keys()
    scores = score(evaluator.labels, evaluator.scored, evaluator.names(none))
    report = FullReport(
        model=predictor.manifest.name,
        task=predictor.manifest.task,
        corpus=facts.title,
        corpus_licence=facts.licence,
        split=split,
        split_by="speaker" if all(clip.speaker_known for clip in clips) else "clip",
        same_corpus=facts.title in predictor.manifest.trained_on,
        trained_on=sorted(trained_on & set(scores.speakers)),
        left_out_speakers=len(of_speakers),
        emotions=[name for name in evaluator.labels if scores.per_class[name]["clips"]],
        left_out=dict(Counter(clip.emotion for clip in clips if clip.emotion not in evaluator.labels)),
        **scores.model_dump(),
        conditions=[evaluator.condition(name, each) for name, each in answers.items()],
        curve=evaluator.curve(none),
        calibration=evaluator.calibration(none),
        abstaining=evaluator.abstaining(none),
        speaker_uar=evaluator.speaker_uar(answers),
        groups=groups.groups(evaluator, answers),
        robustness=evaluator.robustness(none, noise, [clip.path for clip in held_out]),
        people=groups.people(evaluator, answers),
        intensity=intensity.measure(evaluator, none),
        cost=cost.measure(predictor, evaluator.scored, onnx_bytes=onnx_bytes),
        random_split=(
            None
            if trained_on & set(scores.speakers)
            else _random_split(predictor.manifest, facts.title, scores.speakers)
        ),
        ordinary=(
            ordinary.evaluate_ordinary(
                predictor, held_out, corpus=ordinary.CORPUS, split=ordinary.HELD_OUT, seed=seed
            )
            if held_out and predictor.manifest.task == "emotion"
            else None
        ),
        seed=seed,
    )
    if out is not None:
        write(report, out)
    return report


def write(report: FullReport, folder: Path) -> list[Path]:
    """Write `report.json`, `report.md` and the plots into a folder; return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    return [*pages.write(report, folder), *plots.write(report, folder)]


def _random_split(manifest: Manifest, title: str, speakers: Collection[str]) -> dict[str, Any] | None:
    same = manifest.corpus.title == title and set(speakers) <= set(manifest.split["dev"])
    return manifest.metrics.get("random_split") if same else None
