"""From a corpus to a model directory: split, extract, train, export, evaluate, describe."""

from __future__ import annotations

import hashlib
import json
import pickle
import platform
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from ser.errors import ConfigError
from ser.services.feature_extractor import DEFINITION
from ser.services.inference import EmotionPredictor
from ser.services.model_store import (
    CARD_FILE,
    KERAS_FILE,
    MANIFEST,
    ONNX_FILE,
    SCALER_FILE,
    ModelDirectory,
)
from ser.training import card, corpora, evaluation, splits, trainer
from ser.training.architectures import ARCHITECTURES
from ser.training.corpora import CORPUS_FACTS, Clip
from ser.training.evaluation import CONFUSION_FILE, Report
from ser.training.export import export_onnx
from ser.training.features import corpus_frames
from ser.training.trainer import Examples, Trained

EMOTIONS = ("Angry", "Happy", "Sad", "Disgust")
VALIDATION_SHARE = 0.15
_VERSIONED = (
    "keras",
    "tensorflow",
    "onnx",
    "onnxruntime",
    "librosa",
    "scikit-learn",
    "numpy",
    "av",
    "ser",
)


def train_model(
    *,
    corpus: str,
    data: Path,
    directory: Path,
    emotions: Sequence[str] = EMOTIONS,
    architecture: str = "bilstm",
    seed: int = 0,
    max_epochs: int = trainer.MAX_EPOCHS,
    examples: Path | None = None,
    command: str = "",
    cache: Path | None = None,
) -> Report:
    """Train a model and write its directory, whole or not at all.

    Args:
        corpus: its name.
        data: the corpus' folder.
        directory: the model's, named as the model; an older one is replaced at the end.
        emotions: the classes, in the order of the network's outputs.
        architecture: a name in `ARCHITECTURES`.
        seed: of everything random.
        max_epochs: at most so many.
        examples: folder of a few clips whose predictions the card is to show.
        command: the command that trains it, for the manifest.
        cache: folder of cached features.

    Returns:
        the report on the corpus' `dev` speakers, none of whom it was trained on.

    Raises:
        ConfigError: there is no such architecture.
        CorpusError: the corpus is not what its loader expects.
    """
    if architecture not in ARCHITECTURES:
        raise ConfigError(f"No architecture '{architecture}'; there are: {', '.join(ARCHITECTURES)}.")
    clips = corpora.load(corpus, data, emotions=emotions)
    split = splits.standard_split(corpus)
    fit_speakers, stop_speakers = splits.hold_out(split["train"], share=VALIDATION_SHARE, seed=seed)
    known = splits.of_speakers(clips, split["train"])
    frames = dict(zip(known, corpus_frames(known, cache=cache), strict=True))
    trained = trainer.train(
        _examples(frames, fit_speakers, emotions),
        _examples(frames, stop_speakers, emotions),
        classes=len(emotions),
        architecture=architecture,
        seed=seed,
        max_epochs=max_epochs,
    )
    partial = directory.with_name(f".{directory.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    _write_networks(trained, architecture, partial)
    manifest: dict[str, Any] = {
        "name": directory.name,
        "description": f"{len(emotions)} emotions, trained on {CORPUS_FACTS[corpus].title}",
        "labels": list(emotions),
        "architecture": architecture,
        "parameters": trained.model.count_params(),
        "features": DEFINITION,
        "sha256": _hashes(partial),
        "corpus": CORPUS_FACTS[corpus].model_dump(),
        "split": {
            "by": "speaker",
            "fit": sorted(fit_speakers),
            "stop": sorted(stop_speakers),
            "dev": sorted(split["dev"]),
        },
        "training": {
            "command": command,
            "seed": seed,
            **trainer.settings(max_epochs),
            "best_epoch": trained.best_epoch,
            "epochs": len(trained.history["loss"]),
        },
        "metrics": {},
        "versions": {"python": platform.python_version(), **{n: version(n) for n in _VERSIONED}},
        "created": datetime.now(UTC).date().isoformat(),
    }
    _write_manifest(manifest, partial)
    predictor = EmotionPredictor.load(partial)
    stop_report = evaluation.evaluate(predictor, splits.of_speakers(known, stop_speakers))
    report = evaluation.evaluate(predictor, splits.of_speakers(clips, split["dev"]))
    manifest["metrics"] = {
        "dev": report.as_dict(),
        "stop": {"uar": stop_report.uar, "clips": stop_report.clips},
    }
    if examples is not None:
        manifest["metrics"]["examples"] = _predictions(
            predictor, corpora.load(corpus, examples, emotions=emotions)
        )
    _write_manifest(manifest, partial)
    evaluation.plot_confusion(report, partial / CONFUSION_FILE)
    (partial / CARD_FILE).write_text(card.render(ModelDirectory(partial).manifest))
    _replace(directory, partial)
    return report


def _replace(directory: Path, partial: Path) -> None:
    old = directory.with_name(f".{directory.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if directory.exists():
        directory.rename(old)
    partial.rename(directory)
    shutil.rmtree(old, ignore_errors=True)


def _examples(frames: dict[Clip, Any], speakers: set[str], emotions: Sequence[str]) -> Examples:
    usable = [clip for clip in frames if clip.speaker in speakers and len(frames[clip])]
    return Examples(
        [frames[clip] for clip in usable],
        np.array([emotions.index(clip.emotion) for clip in usable], np.int64),
    )


def _write_networks(trained: Trained, architecture: str, folder: Path) -> None:
    build = ARCHITECTURES[architecture]
    # Without the optimizer's state, which is twice the size of the weights.
    network = build(trained.model.output_shape[-1])
    network.set_weights(trained.model.get_weights())
    network.save(folder / KERAS_FILE)
    (folder / SCALER_FILE).write_bytes(pickle.dumps(trained.scaler))
    export_onnx(network, trained.scaler, build, folder / ONNX_FILE)


def _hashes(folder: Path) -> dict[str, str]:
    return {
        name: hashlib.sha256((folder / name).read_bytes()).hexdigest()
        for name in (KERAS_FILE, SCALER_FILE, ONNX_FILE)
    }


def _write_manifest(manifest: dict[str, Any], folder: Path) -> None:
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n")


def _predictions(predictor: EmotionPredictor, clips: Sequence[Clip]) -> dict[str, Any]:
    return {
        clip.path.stem: {
            "intended": clip.emotion,
            "emotion": (prediction := predictor.predict(clip.path)).emotion,
            "probabilities": dict(prediction.probabilities),
        }
        for clip in clips
    }
