"""From a corpus to a model directory: the one pipeline that trains every family of models.

Prepare the corpus, split it, extract features, fit, calibrate on held-out speakers, export, write, evaluate
on the `dev` speakers, write the card, install.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ser import corpora
from ser.conditions import noises as recorded_noises
from ser.corpora import splits
from ser.corpora.base import Clip
from ser.errors import CorpusError
from ser.evaluation import report
from ser.evaluation import scores as evaluation
from ser.evaluation.report import FullReport
from ser.evaluation.words import WORDS
from ser.models.manifest import DEFAULT_OUTPUT, ONNX_FILE
from ser.models.predictor import EmotionPredictor
from ser.training import calibration, progress, reference, whole_graph
from ser.training import plan as planning
from ser.training.calibration import Calibration, Scores
from ser.training.data import TrainingSet
from ser.training.family import Family, FittedModel, Head, Heads
from ser.training.plan import MODEL, RANDOM_SPLIT, Plan
from ser.training.preparation import Prepared, prepare
from ser.training.writer import (
    Package,
    install,
    make_ready,
    predictions,
    require_apart,
    require_free,
    require_same_corpus,
)

CORE_OUTPUT = "core_probabilities"


def train_model(
    family: Family[Any],
    *,
    corpus: str,
    data: Path,
    directory: Path,
    emotions: Sequence[str] | None = None,
    core_directory: Path | None = None,
    splits_file: Path | None = None,
    also: Mapping[str, Path] | None = None,
    noise: Path | None = None,
    random_split: bool = False,
    seed: int = 0,
    examples: Path | None = None,
    command: str = "",
    cache: Path | None = None,
    for_few_speakers: Family[Any] | None = None,
) -> FullReport:
    """Train a model of any family and write its directory, whole or not at all.

    Args:
        family: of the model, with its settings.
        corpus: its name.
        data: the corpus' folder, or its CSV.
        directory: the model's, named as the model; an older model in it is replaced at the end.
        emotions: the classes, in the order of the outputs; the family's by default. One's own recordings
            have theirs.
        core_directory: of a second model, which uses the same network and answers only the family's `core`;
            none is written where the corpus lacks one of these emotions.
        splits_file: JSON of the training and the test speakers (`splits.for_corpus`).
        also: name -> folder of further corpora to train on, beside the training speakers of this one.
        noise: folder of recorded noises, for simulated recording conditions and the report.
        random_split: whether to train one more model on a random split of the clips, which leaks the
            speakers, for a figure beside that on unseen speakers.
        seed: of everything random.
        examples: folder of a few clips whose predictions the card shows.
        command: the command that trains it, for the manifest.
        cache: folder of features, and of what a killed run continues from; None keeps nothing.
        for_few_speakers: a family that trains a model further. It is used instead of `family` where there are
            few speakers (`Prepared.may_have_few_speakers`), unless that model was trained on one of them.

    Returns:
        the report on the corpus' `dev` speakers, each of whom is answered for by a model that was not trained
        on them.

    Raises:
        CorpusError: the corpus is not what its loader expects, `noise` holds no recording, or the model that
            is to be trained further was trained on these speakers.
        ModelError: a directory's place is taken, or another model shares the files of the one in it.
    """
    wanted = [directory] if core_directory is None else [directory, core_directory]
    require_free(wanted, [data, splits_file, examples, noise, cache, *(also or {}).values()])
    require_same_corpus(wanted, corpora.facts(corpus, ()).title)
    with ExitStack() as stack:
        if cache is None:
            cache = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        progress.tell(f"Reading the recordings of '{data}'")
        prepared = prepare(
            corpus,
            data,
            emotions=emotions or family.emotions,
            task=family.task,
            splits_file=splits_file,
            also=also,
            # A family that stops early needs further speakers for that.
            few_left_out=not family.stops_early,
            cache=cache / "features",
        )
        if for_few_speakers is not None:
            family = choose_family(prepared, family, for_few_speakers)
        prepared.require_unknown_to(family.start_manifest)
        run = _Run(
            family=family,
            corpus=corpus,
            data=data,
            prepared=prepared,
            core=family.core if set(family.core) <= set(prepared.emotions) else (),
            noise=noise,
            ordinary_speech=(also or {}).get(report.ORDINARY),
            noises=tuple(recorded_noises.load(noise)) if noise else (),
            seed=seed,
            examples=examples,
            command=command,
            cache=cache,
        )
        directories = {DEFAULT_OUTPUT: directory}
        if core_directory is not None and run.core:
            directories[CORE_OUTPUT] = core_directory
        make_ready(list(directories.values()))
        require_apart(
            list(directories.values()), (clip.path for clip in [*prepared.clips, *prepared.training_clips])
        )
        if random_split and prepared.split_by == "clip":
            raise CorpusError("These clips are split at random already; a random split adds no figure.")
        return run.train(directories, random_split=random_split)


def choose_family(prepared: Prepared, family: Family[Any], for_few_speakers: Family[Any]) -> Family[Any]:
    """Return one of two families by the number of speakers, and tell which.

    Args:
        prepared: the corpus.
        family: that trains a new network.
        for_few_speakers: that trains a model further.
    """
    start = for_few_speakers.start_manifest
    if start is None or not prepared.may_have_few_speakers:
        return family
    if prepared.known_to(start):
        progress.tell(f"A new network is trained: {start.name} was trained on some of the speakers already")
        return family
    count = "Unknown" if prepared.split_by == "clip" else "Few"
    other = "a new network"
    if prepared.may_need_a_new_network(start):
        other += ", which takes an hour and may be better with so many and with new emotions"
    progress.tell(
        f"{count} speakers: the network of {start.name} gets a new last layer (--from none: {other})"
    )
    return for_few_speakers


@dataclass(frozen=True, kw_only=True)
class _Run:
    """One training: everything that its steps share."""

    family: Family[Any]
    corpus: str
    data: Path
    prepared: Prepared
    core: tuple[str, ...]
    noise: Path | None
    ordinary_speech: Path | None
    noises: tuple[Path, ...]
    seed: int
    examples: Path | None
    command: str
    cache: Path

    def train(self, directories: Mapping[str, Path], *, random_split: bool) -> FullReport:
        """Fit, calibrate, write and measure; return the report on the first model."""
        prepared, family = self.prepared, self.family
        everything = TrainingSet(
            clips=tuple(prepared.training_clips),
            speakers=prepared.training_speakers,
            emotions=prepared.emotions,
            core=self.core,
            feature_set=family.feature_set,
            cache=self.cache / "features",
            noises=self.noises,
        )
        plan = planning.plan(family, everything, prepared, seed=self.seed, random_split=random_split)
        progress.tell(prepared.summary)
        models = family.fit_all(plan.sets, plan.stopping, seed=self.seed, checkpoints=self.cache / "members")
        scores = None
        if plan.scored:
            progress.tell("Calibrating")
            scores = Scores.joined([self._score(models[title], held) for title, held in plan.scored.items()])
        mixed = self._score(models[RANDOM_SPLIT], plan.random) if plan.random is not None else None
        labels = {name: self._labels(name) for name in directories}
        indices = {name: [prepared.emotions.index(each) for each in of] for name, of in labels.items()}
        voting = family.window.aggregate == "vote"
        calibrations = {
            name: _calibrate(scores, mixed, kept, voting=voting) for name, kept in indices.items()
        }
        heads = {name: Head(kept, calibrations[name].temperature) for name, kept in indices.items()}
        split = plan.split(prepared, family)
        facts = {
            name: self._facts(models[MODEL], name, labels[name], calibrations[name], split)
            for name in directories
        }
        packages = _write(family, models[MODEL], directories, facts, heads)
        with tempfile.TemporaryDirectory() as folder:
            left_out: dict[str, dict[str, EmotionPredictor]] = {name: {} for name in directories}
            for number, (speaker, title) in enumerate(plan.left_out.items()):
                places = {name: Path(folder) / str(number) / path.name for name, path in directories.items()}
                for name, package in _write(family, models[title], places, facts, heads).items():
                    package.describe(scaling=_scaling(models[title]))
                    left_out[name][speaker] = package.predictor()
            reports = {
                name: self._measure(package, labels[name], calibrations[name], left_out[name], plan)
                for name, package in packages.items()
            }
        install(list(packages.values()))
        return reports[DEFAULT_OUTPUT]

    def _labels(self, output: str) -> tuple[str, ...]:
        return self.prepared.emotions if output == DEFAULT_OUTPUT else self.core

    def _score(self, model: FittedModel, data: TrainingSet) -> Scores:
        return calibration.score(
            model,
            data,
            scaling=model.scaling,
            window=self.family.window,
            prior_frames=self.family.prior_frames,
            simulated=self.family.calibration_conditions,
            seed=self.seed,
        )

    def _facts(
        self,
        model: FittedModel,
        output: str,
        labels: tuple[str, ...],
        chosen: Calibration,
        split: dict[str, Any],
    ) -> dict[str, Any]:
        """Return what a manifest says of one output before it is measured."""
        prepared, family = self.prepared, self.family
        start = family.start_manifest
        described = WORDS[family.task].description.format(count=len(labels))
        further = "" if start is None else f", further from {start.name}"
        return {
            "description": f"{described}, trained on {prepared.titles}{further}",
            "task": family.task,
            "group": family.group,
            "labels": list(labels),
            "network_labels": list(prepared.emotions),
            "output": output,
            "window": family.window.model_dump(),
            "temperature": chosen.temperature,
            "min_confidence": chosen.min_confidence,
            "min_speech_s": family.min_speech_s,
            "prior_frames": family.prior_frames,
            "scaling": _scaling(model),
            "architecture": model.architecture,
            "parameters": model.parameters,
            "features": family.feature_set.describe(),
            "licence": prepared.licence
            + ("" if start is None else f"; trained further from {start.name}: {start.licence}"),
            "restricted": prepared.restricted or (start is not None and start.restricted),
            "corpus": prepared.facts.model_dump(),
            "also_trained_on": [each.model_dump() for each in prepared.all_also_trained_on(start)],
            "split": split,
            "training": {
                "command": self.command,
                "seed": self.seed,
                "noises": [path.name for path in self.noises],
                **prepared.identity(start),
                **family.describe(),
                **model.outcome,
            },
            "metrics": {name: found for name, found in chosen.metrics.items() if name == "random_split"},
        }

    def _measure(
        self,
        package: Package,
        labels: tuple[str, ...],
        chosen: Calibration,
        left_out: Mapping[str, EmotionPredictor],
        plan: Plan,
    ) -> FullReport:
        """Measure a model on the `dev` speakers, and add the figures to its manifest."""
        predictor = package.predictor()
        tested = self._tested()
        progress.tell(f"Measuring {package.directory.name}")
        found = report.evaluate_model(
            predictor,
            tested,
            corpus=self.corpus,
            split="all" if left_out else "dev",
            annotations=corpora.annotate(self.corpus, self.data, tested),
            noise=self.noise,
            ordinary_speech=self.ordinary_speech,
            onnx_bytes=(package.network_folder / ONNX_FILE).stat().st_size,
            of_speakers=left_out,
            out=package.folder,
        )
        metrics = {"dev": found.as_dict(), **chosen.metrics}
        if plan.stopping:
            clips = splits.of_speakers(self.prepared.training_clips, plan.held_out)
            stop = evaluation.evaluate(predictor, clips)
            metrics["stop"] = {"uar": stop.uar, "clips": stop.clips}
        if self.examples is not None:
            shown = corpora.load(
                self.corpus, self.examples, emotions=labels, task=self.family.task, annotations=self.data
            )
            metrics["examples"] = predictions(predictor, shown)
        known = reference.measure(
            predictor,
            plan.split(self.prepared, self.family),
            self.prepared.own_training_clips,
            self.prepared.facts.title,
        )
        package.describe(metrics=metrics, reference=known and known.model_dump())
        return found

    def _tested(self) -> list[Clip]:
        """Return the clips of the `dev` speakers, also those of emotions that serve as baseline only."""
        clips = self.prepared.clips
        if self.corpus != corpora.FOLDER:
            clips = corpora.load(self.corpus, self.data, task=self.family.task)
        return splits.of_speakers(clips, self.prepared.split["dev"])


def _write(
    family: Family[Any],
    model: FittedModel,
    directories: Mapping[str, Path],
    facts: Mapping[str, Mapping[str, Any]],
    heads: Heads,
) -> dict[str, Package]:
    """Write a model for each output, all of which use the network files of the first; return the packages."""
    packages = {name: Package(path) for name, path in directories.items()}
    folder = packages[DEFAULT_OUTPUT].folder
    family.export(model, folder, heads)
    labels = {name: of["labels"] for name, of in facts.items()}
    licence = facts[DEFAULT_OUTPUT]["licence"]
    whole_graph.add_features(folder / ONNX_FILE, family.feature_set, family.window, labels, licence)
    for name, package in packages.items():
        if name != DEFAULT_OUTPUT:
            package.use_networks_of(packages[DEFAULT_OUTPUT])
        package.describe(**facts[name])
    return packages


def _calibrate(
    held_out: Scores | None, mixed: Scores | None, indices: Sequence[int], *, voting: bool
) -> Calibration:
    """Calibrate one head; without scores of held-out speakers, it stays as it is."""
    metrics: dict[str, Any] = {}
    temperature, min_confidence = 1.0, 0.0
    if held_out is not None:
        found = calibration.calibrate(held_out, indices, voting=voting)
        temperature, min_confidence = found.temperature, found.min_confidence
        metrics["calibrate"] = found.metrics
    if mixed is not None:
        some = mixed.of_labels(indices)
        metrics["random_split"] = {"uar": some.uar()["none"], "clips": len(some.targets)}
    return Calibration(temperature, min_confidence, metrics)


def _scaling(model: FittedModel) -> dict[str, list[float]] | None:
    if model.scaling is None:
        return None
    mean, scale = model.scaling
    return {"mean": mean.tolist(), "scale": scale.tolist()}
