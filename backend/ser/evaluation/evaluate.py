"""Measures a model on a corpus' speakers: everything that stands in a report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from ser import corpora
from ser.audio import decode as audio
from ser.audio.waveform import SAMPLE_RATE_HZ, Waveform
from ser.corpora import splits
from ser.corpora.base import CLIPS_SHA256, Annotations, Clip, file_hashes
from ser.evaluation import groups as breakdowns
from ser.evaluation import pages, plots
from ser.evaluation import scores as evaluation
from ser.evaluation.bench import Bench
from ser.evaluation.contents import Cost, FullReport
from ser.features.registry import FRAME_S
from ser.models.manifest import Manifest
from ser.models.predictor import EmotionPredictor
from ser.speech import gate as voice_activity

_TIMED_S = 3.0
_ROUNDS = 50


def evaluate_model(
    predictor: EmotionPredictor,
    clips: Sequence[Clip],
    *,
    corpus: str,
    split: str = "all",
    annotations: Annotations | None = None,
    noise: Path | None = None,
    onnx_bytes: int | None = None,
    out: Path | None = None,
    seed: int = 0,
) -> FullReport:
    """Measure a model on some speakers' clips, each taken down the product's whole road.

    A scored clip is never part of its own baseline.

    Args:
        predictor: the model.
        clips: all the speakers' clips; those with an emotion that the model does not know are not
            scored, but may be part of a baseline.
        corpus: the corpus' name.
        split: which part of it the clips are, for titles.
        annotations: what is known of speakers and how people voted.
        noise: folder of recordings of noise; without it, those rows are left out.
        onnx_bytes: size of the model's ONNX file.
        out: folder to write the report, its page and its plots to.
        seed: of everything random.

    Raises:
        CorpusError: no clip has an emotion that the model knows, or `noise` holds no recording.
    """
    bench = Bench(predictor, clips, annotations or Annotations(), seed)
    heard = bench.conditions()
    none = heard["none"]
    facts = corpora.facts(corpus, clips)
    in_training = _heard_in_training(predictor.manifest, facts.title, clips)
    scores = evaluation.score(bench.labels, bench.scored, bench.names(none))
    report = FullReport(
        model=predictor.manifest.name,
        corpus=facts.title,
        corpus_licence=facts.licence,
        split=split,
        split_by="speaker" if all(clip.speaker_known for clip in clips) else "clip",
        heard_in_training=sorted(in_training & set(scores.speakers)),
        emotions=[name for name in bench.labels if scores.per_class[name]["clips"]],
        left_out=dict(Counter(clip.emotion for clip in clips if clip.emotion not in bench.labels)),
        **scores.model_dump(),
        conditions=[bench.condition(name, each) for name, each in heard.items()],
        curve=bench.curve(none),
        calibration=bench.calibration(none),
        abstaining=bench.abstaining(none),
        speaker_uar=bench.speaker_uar(heard),
        groups=breakdowns.groups(bench, heard),
        robustness=bench.robustness(none, noise),
        people=breakdowns.people(bench, heard),
        cost=_cost(bench, onnx_bytes),
        random_split=_random_split(predictor.manifest, facts.title, scores.speakers),
        seed=seed,
    )
    if out is not None:
        write(report, out)
    return report


def write(report: FullReport, folder: Path) -> list[Path]:
    """Write `report.json`, `report.md` and the plots into a folder; return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    return [*pages.write(report, folder), *plots.write(report, folder)]


def _heard_in_training(manifest: Manifest, title: str, clips: Sequence[Clip]) -> set[str]:
    if manifest.corpus.title != title:
        return set()
    # Speakers of other recordings may have the same names.
    if known := set(manifest.training.get(CLIPS_SHA256, ())):
        found = zip(clips, file_hashes(clips), strict=True)
        heard = {clip.speaker for clip, sha256 in found if sha256 in known}
        if not heard:
            return set()
    else:
        heard = set()
    return heard | splits.of_model(manifest.split)["train"]


def _random_split(manifest: Manifest, title: str, speakers: Collection[str]) -> dict[str, Any] | None:
    same = manifest.corpus.title == title and set(speakers) <= set(manifest.split["dev"])
    return manifest.metrics.get("random_split") if same else None


def _cost(bench: Bench, onnx_bytes: int | None) -> Cost:
    predictor = bench.predictor
    frames = np.concatenate([each for each in bench.scored_frames() if each is not None][:_ROUNDS])
    length = round(_TIMED_S / FRAME_S)
    frames = np.resize(frames, (length, frames.shape[1]))
    return Cost(
        clip_s=_TIMED_S,
        network_ms=_median_ms(partial(predictor.predict_features, frames)),
        road_ms=_median_ms(partial(predictor.predict_waveform, _timed_clip(bench))),
        onnx_bytes=onnx_bytes,
        parameters=predictor.manifest.parameters,
    )


def _timed_clip(bench: Bench) -> Waveform:
    length = round(_TIMED_S * SAMPLE_RATE_HZ)
    usable = (c for c, each in zip(bench.scored, bench.scored_frames(), strict=True) if each is not None)
    repeated = (np.resize(audio.decode(clip.path), length) for clip in usable)
    return next(y for y in repeated if voice_activity.has_speech(y))


def _median_ms(call: Callable[[], object]) -> float:
    times_s = []
    for _ in range(_ROUNDS):
        start_s = perf_counter()
        call()
        times_s.append(perf_counter() - start_s)
    return 1_000 * float(np.median(times_s))
