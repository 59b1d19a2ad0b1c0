"""From a corpus to a model directory: the one pipeline that trains every family of models.

Prepare the corpus, split it, extract features, fit, calibrate on held-out speakers, export, write, evaluate
on the `dev` speakers, write the card, install.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain
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
from ser.text import counted
from ser.training import calibration, progress
from ser.training.calibration import Calibration, Scores
from ser.training.data import TrainingSet
from ser.training.family import Family, FittedModel, Head
from ser.training.preparation import Prepared, prepare
from ser.training.writer import (
    Package,
    install,
    make_ready,
    predictions,
    require_apart,
    require_free,
)

CORE_OUTPUT = "core_probabilities"
MODEL, CALIBRATION_MODEL, RANDOM_SPLIT = "model", "calibration model", "random split"


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

    Returns:
        the report on the corpus' `dev` speakers, none of whom the model was trained on.

    Raises:
        CorpusError: the corpus is not what its loader expects, or `noise` holds no recording.
        ModelError: a directory's place is taken, or another model shares the files of the one in it.
    """
    wanted = [directory] if core_directory is None else [directory, core_directory]
    require_free(wanted, [data, splits_file, examples, noise, cache, *(also or {}).values()])
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
            cache=cache / "features",
        )
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
        # What is chosen on them is to hold for corpora that were never trained on, too.
        fit_speakers, held_out = prepared.held_out(
            family.held_out_share, self.seed, whole_corpora=not family.stops_early
        )
        everything = TrainingSet(
            clips=tuple(prepared.training_clips),
            speakers=prepared.training_speakers,
            emotions=prepared.emotions,
            core=self.core,
            feature_set=family.feature_set,
            cache=self.cache / "features",
            noises=self.noises,
        )
        sets, validation = {MODEL: everything}, {}
        if family.stops_early:
            sets[MODEL], validation[MODEL] = everything.of(fit_speakers), everything.of(held_out)
        else:
            sets[CALIBRATION_MODEL] = everything.of(fit_speakers)
        mixed: TrainingSet | None = None
        if random_split:
            mixed = self._add_random_split(everything, sets, validation)
        progress.tell(_summary(prepared))
        models = family.fit_all(sets, validation, seed=self.seed, checkpoints=self.cache / "members")
        held_out_scores = None
        if not family.stops_early:
            progress.tell("Calibrating")
            held_out_scores = self._score(models[CALIBRATION_MODEL], everything.of(held_out))
        mixed_scores = self._score(models[RANDOM_SPLIT], mixed) if mixed is not None else None
        labels = {name: self._labels(name) for name in directories}
        indices = {name: [prepared.emotions.index(each) for each in of] for name, of in labels.items()}
        voting = family.window.aggregate == "vote"
        calibrations = {
            name: _calibrate(held_out_scores, mixed_scores, kept, voting=voting)
            for name, kept in indices.items()
        }
        packages = {name: Package(path) for name, path in directories.items()}
        heads = {name: Head(kept, calibrations[name].temperature) for name, kept in indices.items()}
        family.export(models[MODEL], packages[DEFAULT_OUTPUT].folder, heads)
        own = prepared.split["train"]
        held = sorted(held_out & own)
        split = {
            "by": prepared.split_by,
            "fit": sorted(sets[MODEL].speakers & own),
            **({"stop": held} if family.stops_early else {"calibrate": held}),
            "dev": sorted(prepared.split["dev"]),
        }
        reports = {}
        for name, package in packages.items():
            if name != DEFAULT_OUTPUT:
                package.use_networks_of(packages[DEFAULT_OUTPUT])
            reports[name] = self._measure(
                package, models[MODEL], name, labels[name], calibrations[name], split, held_out
            )
        install(list(packages.values()))
        return reports[DEFAULT_OUTPUT]

    def _labels(self, output: str) -> tuple[str, ...]:
        return self.prepared.emotions if output == DEFAULT_OUTPUT else self.core

    def _add_random_split(
        self,
        everything: TrainingSet,
        sets: dict[str, TrainingSet],
        validation: dict[str, TrainingSet],
    ) -> TrainingSet:
        """Add a training set of clips of all speakers; return the set of those that it is tested on."""
        dev = splits.of_speakers(self.prepared.clips, self.prepared.split["dev"])
        own = self.prepared.own_training_clips
        fitted, tested = splits.by_clip([*own, *dev], len(dev), seed=self.seed)
        fitted += chain.from_iterable(self.prepared.added.values())
        if self.family.stops_early:
            share = max(1, round(self.family.held_out_share * len(fitted)))
            fitted, stopping = splits.by_clip(fitted, share, seed=self.seed)
            validation[RANDOM_SPLIT] = everything.of_clips(stopping)
        sets[RANDOM_SPLIT] = everything.of_clips(fitted)
        return everything.of_clips(tested)

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

    def _measure(
        self,
        package: Package,
        model: FittedModel,
        output: str,
        labels: tuple[str, ...],
        chosen: Calibration,
        split: dict[str, Any],
        held_out: frozenset[str],
    ) -> FullReport:
        """Write the manifest, measure the model on the `dev` speakers, and add the figures."""
        prepared, family = self.prepared, self.family
        described = WORDS[family.task].description.format(count=len(labels))
        package.describe(
            description=f"{described}, trained on {_titles(prepared)}",
            task=family.task,
            group=family.group,
            labels=list(labels),
            network_labels=list(prepared.emotions),
            output=output,
            window=family.window.model_dump(),
            temperature=chosen.temperature,
            min_confidence=chosen.min_confidence,
            min_speech_s=family.min_speech_s,
            prior_frames=family.prior_frames,
            scaling=_scaling(model),
            architecture=model.architecture,
            parameters=model.parameters,
            features=family.feature_set.describe(),
            licence=self._licence(),
            restricted=self._restricted(),
            corpus=prepared.facts.model_dump(),
            also_trained_on=[each.model_dump() for each in prepared.also_trained_on],
            split=split,
            training={
                "command": self.command,
                "seed": self.seed,
                "noises": [path.name for path in self.noises],
                **prepared.identity,
                **family.describe(),
                **model.outcome,
            },
            metrics={name: found for name, found in chosen.metrics.items() if name == "random_split"},
        )
        predictor = package.predictor()
        tested = self._tested()
        progress.tell(f"Measuring {package.directory.name}")
        found = report.evaluate_model(
            predictor,
            tested,
            corpus=self.corpus,
            split="dev",
            annotations=corpora.annotate(self.corpus, self.data, tested),
            noise=self.noise,
            ordinary_speech=self.ordinary_speech,
            onnx_bytes=(package.network_folder / ONNX_FILE).stat().st_size,
            out=package.folder,
        )
        metrics = {"dev": found.as_dict(), **chosen.metrics}
        if family.stops_early:
            stop = evaluation.evaluate(predictor, splits.of_speakers(prepared.training_clips, held_out))
            metrics["stop"] = {"uar": stop.uar, "clips": stop.clips}
        if self.examples is not None:
            shown = corpora.load(
                self.corpus, self.examples, emotions=labels, task=family.task, annotations=self.data
            )
            metrics["examples"] = predictions(predictor, shown)
        package.describe(metrics=metrics)
        return found

    def _licence(self) -> str:
        """Return the licence of the weights."""
        licence, start = _licence(self.corpus, self.prepared), self.family.start_manifest
        return licence if start is None else f"{licence}; trained further from {start.name}: {start.licence}"

    def _restricted(self) -> bool:
        start = self.family.start_manifest
        trained_on = (self.corpus, *self.prepared.added)
        return (start is not None and start.restricted) or any(
            corpora.CORPORA.get(name).restricted for name in trained_on
        )

    def _tested(self) -> list[Clip]:
        """Return the clips of the `dev` speakers, also those of emotions that serve as baseline only."""
        clips = self.prepared.clips
        if self.corpus != corpora.FOLDER:
            clips = corpora.load(self.corpus, self.data, task=self.family.task)
        return splits.of_speakers(clips, self.prepared.split["dev"])


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


def _summary(prepared: Prepared) -> str:
    """Return what is trained on and what the score is measured on, in words."""
    dev = splits.of_speakers(prepared.clips, prepared.split["dev"])
    trained, tested = (
        f"{counted(len(clips), 'clip')}{_of_speakers(clips) if prepared.split_by == 'speaker' else ''}"
        for clips in (prepared.training_clips, dev)
    )
    return f"{trained} to train on; {tested} for the score"


def _of_speakers(clips: Sequence[Clip]) -> str:
    return f" of {counted(len({clip.speaker for clip in clips}), 'speaker')}"


def _scaling(model: FittedModel) -> dict[str, list[float]] | None:
    if model.scaling is None:
        return None
    mean, scale = model.scaling
    return {"mean": mean.tolist(), "scale": scale.tolist()}


def _titles(prepared: Prepared) -> str:
    """Return what was trained on, as a list of words."""
    *most, last = [prepared.facts.title, *(each.corpus.title for each in prepared.also_trained_on)]
    return f"{', '.join(most)} and {last}" if most else last


def _licence(corpus: str, prepared: Prepared) -> str:
    """Return the licence that comes with the corpora."""
    if corpus == corpora.FOLDER:
        return "that of the recordings"
    named = {corpus: prepared.facts, **{name: corpora.facts(name, ()) for name in prepared.added}}
    strict = [facts for name, facts in named.items() if corpora.CORPORA.get(name).restricted]
    if strict:
        return "; ".join(f"{facts.licence}, as {facts.title}, which it was trained on" for facts in strict)
    return f"MIT; made from {', '.join(f'{each.title} ({each.licence})' for each in named.values())}"
