"""From a corpus to an ensemble under two names: all its emotions, and the published four of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.preprocessing import StandardScaler

from ser import corpora
from ser.conditions import noises as recorded_noises
from ser.corpora import splits
from ser.corpora.base import Clip
from ser.errors import CorpusError
from ser.evaluation import report
from ser.evaluation.report import FullReport
from ser.features.mfcc import MFCC_PITCH
from ser.models.manifest import DEFAULT_OUTPUT, ONNX_FILE
from ser.training.calibration import Heard, listen
from ser.training.families import hybrid as adaptive
from ser.training.families.hybrid import Material, Recipe
from ser.training.families.networks import joined
from ser.training.preparation import prepare
from ser.training.writer import Package, install, make_ready, predictions, require_apart, require_free

CORE_OUTPUT = "core_probabilities"
VALIDATION_SHARE = 0.2
# Less speech than this is a syllable or two.
MIN_SPEECH_S = 0.5


def train_adaptive(
    *,
    corpus: str,
    data: Path,
    directory: Path,
    recipe: Recipe,
    splits_file: Path | None = None,
    core_directory: Path | None = None,
    noise: Path | None = None,
    random_split: bool = False,
    seed: int = 0,
    examples: Path | None = None,
    command: str = "",
    cache: Path,
) -> FullReport:
    """Train an ensemble and write its directories, whole or not at all.

    First a twin is trained without a fifth of the training speakers; temperature and the least confidence
    are chosen on these. The ensemble itself is trained on all of them.

    Args:
        corpus: its name.
        data: the corpus' folder, or its CSV.
        directory: the model's, named as the model; an older one is replaced at the end.
        recipe: of the members; one's own recordings have their own emotions.
        splits_file: JSON of who is trained and who is tested on (`splits.for_corpus`).
        core_directory: of the face that answers only `recipe.core`; it links to the files of `directory`;
            none is written where the corpus lacks one of these.
        noise: folder of recorded noises, for the virtual recording chains and the report.
        random_split: whether to train one more ensemble on a random split of the clips, which leaks the
            speakers, for a figure beside the honest one; it takes half as long again.
        seed: of everything random.
        examples: folder of a few clips whose predictions the cards are to show.
        command: the command that trains it, for the manifests.
        cache: folder of features and of what is done so far.

    Returns:
        the report on the corpus' `dev` speakers, none of whom it was trained on.

    Raises:
        CorpusError: the corpus is not what its loader expects, or `noise` holds no recording.
        ModelError: a directory's place is taken, or another model shares the files of one of them.
    """
    wanted = [directory] if core_directory is None else [directory, core_directory]
    require_free(wanted, [data, splits_file, examples, noise, cache])
    prepared = prepare(
        corpus,
        data,
        emotions=recipe.emotions,
        splits_file=splits_file,
        cache=cache / "features",
    )
    clips, emotions, split = prepared.clips, prepared.emotions, prepared.split
    recipe = replace(recipe, emotions=emotions, core=recipe.core if set(recipe.core) <= set(emotions) else ())
    faces: dict[str, tuple[str, ...]] = {DEFAULT_OUTPUT: emotions}
    directories = {DEFAULT_OUTPUT: directory}
    if core_directory is not None and recipe.core:
        faces[CORE_OUTPUT], directories[CORE_OUTPUT] = recipe.core, core_directory
    make_ready(list(directories.values()))
    require_apart(list(directories.values()), (clip.path for clip in clips))
    if random_split and prepared.split_by == "clip":
        raise CorpusError("These clips are split at random already; a random split is no figure beside it.")
    known = prepared.known
    noises = list(recorded_noises.load(noise)) if noise else []
    twin_speakers, held_out = prepared.held_out(VALIDATION_SHARE, seed)

    def material(speakers: Iterable[str]) -> Material:
        return Material(tuple(known), frozenset(speakers), cache / "features", tuple(noises))

    everything, without = material(split["train"]), material(twin_speakers)
    materials = {"ensemble": everything, "twin": without}
    mixed: list[Clip] = []
    if random_split:
        dev = splits.of_speakers(clips, split["dev"])
        learnt, mixed = splits.by_clip([*known, *dev], len(dev), seed=seed)
        materials["random split"] = _of_clips(learnt, everything)
    ensembles = adaptive.train_ensembles(materials, recipe, seed=seed, checkpoints=cache / "members")
    members = ensembles["ensemble"]
    network = joined(members)

    def answers(name: str, asked: Material) -> Heard:
        return listen(
            joined(ensembles[name]),
            asked.voices(0),
            emotions,
            materials[name].voices(0).scaling,
            recipe.prior_frames,
            seed=seed,
        )

    heard = answers("twin", material(held_out))
    flattered = answers("random split", _of_clips(mixed, everything)) if mixed else None
    mean, scale = everything.voices(0).scaling

    chosen = {
        name: _Chosen(heard, flattered, [emotions.index(label) for label in labels])
        for name, labels in faces.items()
    }
    packages = {name: Package(directories[name]) for name in faces}
    packages[DEFAULT_OUTPUT].write_networks(
        network,
        _scaler(mean, scale, int(everything.voices(0).lengths.sum())),
        lambda _classes, **_options: joined(members),
        {name: (face.indices, face.temperature) for name, face in chosen.items()},
    )
    reports = {}
    for name, package in packages.items():
        if name != DEFAULT_OUTPUT:
            package.link_networks(packages[DEFAULT_OUTPUT])
        face = chosen[name]
        package.describe(
            description=f"{len(faces[name])} emotions, trained on {prepared.facts.title}",
            labels=list(faces[name]),
            network_labels=list(emotions),
            output=name,
            temperature=face.temperature,
            min_confidence=face.min_confidence,
            min_speech_s=MIN_SPEECH_S,
            prior_frames=recipe.prior_frames,
            scaling={"mean": mean.tolist(), "scale": scale.tolist()},
            architecture=f"{len(members)} x hybrid",
            parameters=network.count_params(),
            features=MFCC_PITCH.describe(),
            corpus=prepared.facts.model_dump(),
            split={
                "by": prepared.split_by,
                "fit": sorted(split["train"]),
                "calibrate": sorted(held_out),
                "dev": sorted(split["dev"]),
            },
            training={
                "command": command,
                "seed": seed,
                "noises": [path.name for path in noises],
                **prepared.identity,
                **adaptive.settings(recipe),
            },
            metrics=face.random_split,
        )
        tested = splits.of_speakers(clips, split["dev"])
        told = corpora.annotate(corpus, data, tested)
        predictor = package.predictor()
        reports[name] = report.evaluate_model(
            predictor,
            tested,
            corpus=corpus,
            split="dev",
            annotations=told,
            noise=noise,
            onnx_bytes=(package.folder / ONNX_FILE).stat().st_size,
            out=package.folder,
        )
        metrics = {"dev": reports[name].as_dict(), "calibrate": face.metrics, **face.random_split}
        if examples is not None:
            shown = corpora.load(corpus, examples, emotions=faces[name])
            metrics["examples"] = predictions(predictor, shown)
        package.describe(metrics=metrics)
    install(list(packages.values()))
    return reports[DEFAULT_OUTPUT]


class _Chosen:
    """What the held-out speakers decide for one face, and how a random split would flatter it."""

    def __init__(self, heard: Heard, flattered: Heard | None, indices: list[int]) -> None:
        face = heard.face(indices)
        self.indices = indices
        self.temperature = face.temperature()
        abstention = face.abstention(self.temperature)
        self.min_confidence = round(abstention.min_confidence, 3)
        self.metrics = {
            "clips": len(face.targets),
            "uar": face.uar(),
            "abstaining": {
                "coverage": abstention.coverage,
                "accuracy": abstention.accuracy,
                "accuracy_of_all": abstention.accuracy_of_all,
            },
        }

        self.random_split: dict[str, Any] = {}
        if flattered is not None:
            known = flattered.face(indices)
            self.random_split["random_split"] = {"uar": known.uar()["none"], "clips": len(known.targets)}


def _of_clips(clips: Iterable[Clip], like: Material) -> Material:
    clips = tuple(clips)
    return replace(like, clips=clips, speakers=frozenset(clip.speaker for clip in clips))


def _scaler(mean: Any, scale: Any, count: int) -> StandardScaler:
    scaler = StandardScaler()
    scaler.mean_ = np.asarray(mean, np.float64)
    scaler.scale_ = np.asarray(scale, np.float64)
    scaler.var_ = scaler.scale_**2
    scaler.n_features_in_ = len(scaler.mean_)
    scaler.n_samples_seen_ = count
    return scaler
