"""From a corpus to a model directory: split, extract, train, export, evaluate, describe."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ser import corpora
from ser.corpora import splits
from ser.corpora.base import Clip
from ser.evaluation import scores as evaluation
from ser.evaluation.scores import CONFUSION_FILE, Report
from ser.features.mfcc import MFCC
from ser.training import feature_cache as features
from ser.training.families import bilstm as trainer
from ser.training.families.bilstm import Examples
from ser.training.families.hybrid import Recipe
from ser.training.families.networks import bilstm
from ser.training.feature_cache import corpus_frames
from ser.training.preparation import prepare
from ser.training.writer import Package, install, make_ready, predictions, require_apart, require_free

EMOTIONS = ("Angry", "Happy", "Sad", "Disgust")
ALL_EMOTIONS = (*EMOTIONS, "Fear", "Neutral")
VALIDATION_SHARE = 0.15


def train_model(
    *,
    corpus: str,
    data: Path,
    directory: Path,
    emotions: Sequence[str] = EMOTIONS,
    splits_file: Path | None = None,
    seed: int = 0,
    max_epochs: int = trainer.MAX_EPOCHS,
    examples: Path | None = None,
    command: str = "",
    cache: Path | None = None,
) -> Report:
    """Train a model and write its directory, whole or not at all.

    Args:
        corpus: its name.
        data: the corpus' folder, or its CSV.
        directory: the model's, named as the model; an older one is replaced at the end.
        emotions: the classes, in the order of the network's outputs; one's own recordings have their own.
        splits_file: JSON of who is trained and who is tested on (`splits.for_corpus`).
        seed: of everything random.
        max_epochs: at most so many.
        examples: folder of a few clips whose predictions the card is to show.
        command: the command that trains it, for the manifest.
        cache: folder of cached features, and of what a killed run goes on from.

    Returns:
        the report on the corpus' `dev` speakers, none of whom it was trained on.

    Raises:
        CorpusError: the corpus is not what its loader expects.
        ModelError: the directory's place is taken, or another model shares the files of the one in it.
    """
    require_free([directory], [data, splits_file, examples, cache])
    make_ready([directory])
    prepared = prepare(corpus, data, emotions=emotions, splits_file=splits_file, cache=cache)
    require_apart([directory], (clip.path for clip in prepared.clips))
    emotions, known, dev = prepared.emotions, prepared.known, prepared.split["dev"]
    fit_speakers, stop_speakers = prepared.held_out(VALIDATION_SHARE, seed)
    frames = dict(zip(known, corpus_frames(known, cache=cache), strict=True))
    trained = trainer.train(
        _examples(frames, fit_speakers, emotions),
        _examples(frames, stop_speakers, emotions),
        classes=len(emotions),
        seed=seed,
        max_epochs=max_epochs,
        checkpoint=None if cache is None else cache / _key(known, fit_speakers, emotions, seed, max_epochs),
    )
    package = Package(directory)
    # Without the optimizer's state, which is twice the size of the weights.
    network = bilstm(len(emotions))
    network.set_weights(trained.model.get_weights())
    package.write_networks(network, trained.scaler, bilstm)
    package.describe(
        description=f"{len(emotions)} emotions, trained on {prepared.facts.title}",
        labels=list(emotions),
        architecture="bilstm",
        parameters=network.count_params(),
        features=MFCC.describe(),
        # It was not trained with baselines, and takes as much of everybody's as what was.
        prior_frames=Recipe.prior_frames,
        scaling={"mean": trained.scaler.mean_.tolist(), "scale": trained.scaler.scale_.tolist()},
        corpus=prepared.facts.model_dump(),
        split={
            "by": prepared.split_by,
            "fit": sorted(fit_speakers),
            "stop": sorted(stop_speakers),
            "dev": sorted(dev),
        },
        training={
            "command": command,
            "seed": seed,
            **trainer.settings(max_epochs),
            "best_epoch": trained.best_epoch,
            "epochs": len(trained.history["loss"]),
            **prepared.identity,
        },
        metrics={},
    )
    predictor = package.predictor()
    stop_report = evaluation.evaluate(predictor, splits.of_speakers(known, stop_speakers))
    report = evaluation.evaluate(predictor, splits.of_speakers(prepared.clips, dev))
    metrics = {
        "dev": report.as_dict(),
        "stop": {"uar": stop_report.uar, "clips": stop_report.clips},
    }
    if examples is not None:
        metrics["examples"] = predictions(predictor, corpora.load(corpus, examples, emotions=emotions))
    package.describe(metrics=metrics)
    evaluation.plot_confusion(report, package.folder / CONFUSION_FILE)
    install([package])
    return report


def _key(
    clips: Sequence[Clip], fit_speakers: Collection[str], emotions: Sequence[str], seed: int, max_epochs: int
) -> str:
    learnt = [(clip.emotion, clip.speaker in fit_speakers) for clip in clips]
    content = json.dumps(
        [features.key(clips, MFCC), learnt, list(emotions), seed, trainer.settings(max_epochs)]
    )
    return f"bilstm-{hashlib.sha256(content.encode()).hexdigest()[:24]}"


def _examples(frames: dict[Clip, Any], speakers: Collection[str], emotions: Sequence[str]) -> Examples:
    usable = [clip for clip in frames if clip.speaker in speakers and len(frames[clip])]
    return Examples(
        [frames[clip] for clip in usable],
        np.array([emotions.index(clip.emotion) for clip in usable], np.int64),
    )
