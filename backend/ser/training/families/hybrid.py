"""The shipped network: the mean of several members, for clips without a baseline, a short one or a long one.

Members differ by size and seed. Each sees every clip once an epoch, as recorded or under a simulated
recording condition, normalised with a baseline that is drawn for it. There is no early stopping: in each
phase, the learning rate rises and falls over a fixed number of epochs, so no speaker is held out of the
model itself.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import keras
from joblib import Parallel, cpu_count, delayed
from keras import ops

from ser.conditions import recording
from ser.corpora.base import NEUTRAL
from ser.features.mfcc import MFCC_PITCH
from ser.training import augmentation, progress, speaker_pool
from ser.training.data import TrainingSet
from ser.training.export import KerasModel, scaler_of
from ser.training.families import hybrid_batches, intensity
from ser.training.families.hybrid_batches import FIRST, Batches, HybridSettings, Phase
from ser.training.families.networks import HYBRID_SETTINGS, Size, freeze, hybrid, joined
from ser.training.families.start import Start
from ser.training.family import PUBLISHED_EMOTIONS, Family, FittedModel, Heads

WARM_UP_SHARE = 0.25
FIRST_RATE_SHARE = 0.1
# It is calibrated under so many of the simulated recording conditions, as users have other microphones.
MOST_CALIBRATION_CONDITIONS = 2
# What the seeds of two phases of a member differ by; it is more than there are members.
PHASE_SEEDS = 100


class Hybrid(Family[HybridSettings]):
    """The shipped network; all members of all models are trained in parallel, one process for each core."""

    Settings = HybridSettings
    default_name = "cremad-6"
    feature_set = MFCC_PITCH
    emotions = (*PUBLISHED_EMOTIONS, "Fear", "Neutral")
    core = PUBLISHED_EMOTIONS
    held_out_share = 0.2
    start: Start | None = None

    def __init__(self, settings: HybridSettings | None = None) -> None:
        super().__init__(settings)
        self.prior_frames = self.settings.prior_frames
        self.calibration_conditions = min(MOST_CALIBRATION_CONDITIONS, self.settings.conditions)

    def fit(
        self,
        data: TrainingSet,
        validation: TrainingSet | None = None,  # noqa: ARG002
        *,
        seed: int,
        checkpoints: Path,
        title: str = "model",
    ) -> FittedModel:
        """Train the members of one model; see `Family`."""
        return self.fit_all({title: data}, {}, seed=seed, checkpoints=checkpoints)[title]

    def fit_all(
        self,
        sets: Mapping[str, TrainingSet],
        validation: Mapping[str, TrainingSet],  # noqa: ARG002
        *,
        seed: int,
        checkpoints: Path,
    ) -> dict[str, FittedModel]:
        """Train the members of all models in parallel; see `Family`."""
        members = train_members(sets, self.settings, seed=seed, checkpoints=checkpoints, start=self.start)
        return {title: self._joined(members[title], data, seed) for title, data in sets.items()}

    def _joined(self, members: list[keras.Model], data: TrainingSet, seed: int) -> KerasModel:
        pool, layer = data.pool(), None
        if intensity.can_be_fitted(pool.clips):
            layer = intensity.fit(members, data.pool(self.settings.conditions), self.settings, seed=seed)
        weights = None if layer is None else (layer.weights, layer.bias)
        network = joined(members, weights)
        return KerasModel(
            network=network,
            scaler=scaler_of(pool),
            build=lambda _classes, **_options: joined(members, weights),
            architecture=f"{len(members)} x hybrid",
            parameters=network.count_params(),
            scaling=pool.scaling,
            outcome={} if layer is None else {"intensity": layer.settings},
        )

    def export(self, model: FittedModel, folder: Path, heads: Heads) -> None:
        """Write the Keras, scaler and ONNX files."""
        assert isinstance(model, KerasModel)  # noqa: S101
        model.write(folder, heads)

    def describe(self) -> dict[str, Any]:
        """Return what a manifest records of how training is done."""
        return describe(self.settings)


def describe(settings: HybridSettings) -> dict[str, Any]:
    """Return the settings and the constants of the training, for JSON."""
    return asdict(settings) | {
        "optimizer": "AdamW, one cycle",
        "network": HYBRID_SETTINGS,
        "augmentation": augmentation.CUT_SETTINGS,
        "recording_conditions": recording.SETTINGS,
        **hybrid_batches.SETTINGS,
        "baselines": speaker_pool.SETTINGS,
    }


@keras.saving.register_keras_serializable(package="ser")
class OneCycle(keras.optimizers.schedules.LearningRateSchedule):  # type: ignore[misc]
    """A learning rate that rises linearly for a quarter of the steps, then falls as a cosine."""

    def __init__(self, highest: float, steps: int) -> None:
        self.highest, self.steps = highest, steps

    def __call__(self, step: Any) -> Any:
        """Return the rate at a step."""
        rising = WARM_UP_SHARE * self.steps
        step = ops.cast(step, "float32")
        up = FIRST_RATE_SHARE + (1 - FIRST_RATE_SHARE) * step / rising
        done = ops.minimum((step - rising) / (self.steps - rising), 1.0)
        down = 0.5 * (1 + ops.cos(math.pi * done)) + 1e-3
        return self.highest * ops.where(step < rising, up, down)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        return {"highest": self.highest, "steps": self.steps}


def loss_of(
    emotions: tuple[str, ...], core: tuple[str, ...], settings: HybridSettings, phase: Phase = FIRST
) -> Any:
    """Return the loss of one phase.

    It is the cross-entropy over all emotions, and again among the core ones for their clips. That of ordinary
    speech is weighted, and what the most probable emotion other than Neutral has above a limit is added.
    """
    indices = [emotions.index(emotion) for emotion in core]
    others = [index for index, emotion in enumerate(emotions) if emotion != NEUTRAL]

    def cross_entropy(targets: Any, logits: Any) -> Any:
        count = targets.shape[-1]
        smooth = targets * (1 - settings.label_smoothing) + settings.label_smoothing / count
        return -ops.sum(smooth * ops.log_softmax(logits), axis=-1)

    def loss(targets: Any, logits: Any) -> Any:
        targets, ordinary = targets[:, :-1], targets[:, -1]
        total = cross_entropy(targets, logits)
        if indices:
            among = ops.take(targets, indices, axis=-1)
            inside = ops.sum(among, axis=-1)
            total += settings.core_weight * inside * cross_entropy(among, ops.take(logits, indices, axis=-1))
        highest = ops.max(ops.take(ops.log_softmax(logits), others, axis=-1), axis=-1)
        excess = ops.relu(highest - math.log(phase.most_confidence))
        return total * (1 - ordinary * (1 - phase.ordinary_weight)) + ordinary * excess

    return loss


class EpochCounter(keras.callbacks.Callback):  # type: ignore[misc]
    """Writes how many epochs of a member are done into a file, for the process that shows the progress."""

    def __init__(self, file: Path, before: int) -> None:
        super().__init__()
        self._file, self._before = file, before

    def on_epoch_end(self, epoch: int, logs: object = None) -> None:  # noqa: ARG002
        """Write the number, those of earlier phases included."""
        self._file.write_text(str(self._before + epoch + 1))


def train_members(
    sets: Mapping[str, TrainingSet],
    settings: HybridSettings,
    *,
    seed: int,
    checkpoints: Path,
    jobs: int = -1,
    start: Start | None = None,
) -> dict[str, list[keras.Model]]:
    """Train the members of one model per training set, as many at once as there are cores, one thread each.

    Finished members and epochs are kept in `checkpoints`: the same call continues there after a kill.

    Args:
        sets: title of a model -> what it is trained on.
        settings: how.
        seed: the first member's; the others follow it.
        checkpoints: a folder.
        jobs: processes; -1 takes all cores.
        start: the model whose members they continue; None begins with random weights.

    Returns:
        title -> networks from scaled frames [shape=(B, T, D)] to logits [shape=(B, C)].
    """
    checkpoints.mkdir(parents=True, exist_ok=True)
    todo, files = [], {}
    # The largest first, so that no core waits long in the end.
    for number, size in sorted(enumerate(settings.members), key=lambda each: -each[1].lstm_units):
        for name, data in sets.items():
            data.pool(settings.conditions)  # fills the cache once, before all processes need it
            of_phases = [
                checkpoints / f"{_key(data, settings, size, seed + number, phases, start)}.weights.h5"
                for phases in range(1, len(settings.schedule) + 1)
            ]
            files[name, number] = of_phases[-1]
            if not of_phases[-1].is_file():
                begin = partial(start.begin, number) if start is not None else None
                member = (data, settings, size, seed + number, of_phases, begin)
                todo.append(delayed(_train_member)(*member))
    if todo:
        jobs = min(jobs if jobs > 0 else cpu_count(), len(todo))
        progress.tell(f"Training {len(todo)} networks, {jobs} at a time")
        total = len(files) * settings.epochs
        with progress.followed(
            "training", lambda: _epochs_done(files.values(), settings), total=total, unit="epoch"
        ):
            trained = Parallel(n_jobs=jobs, backend="loky", return_as="generator_unordered")(todo)
            for number, _ in enumerate(trained, 1):
                progress.tell(f"Network {number} of {len(todo)} is trained")
    members: dict[str, list[keras.Model]] = {name: [] for name in sets}
    for name, data in sets.items():
        for number, size in enumerate(settings.members):
            member = hybrid(len(data.emotions), size)
            member.load_weights(files[name, number])
            members[name].append(member)
    return members


def _epochs_done(files: Iterable[Path], settings: HybridSettings) -> int:
    """Return how many epochs are done, of the members whose weights go to these files."""
    done = 0
    for file in files:
        if file.is_file():
            done += settings.epochs
            continue
        # There may be no counter yet, or an empty one that is being written.
        with suppress(OSError, ValueError):
            done += int(_counter(file).read_text())
    return done


def _counter(file: Path) -> Path:
    return file.with_suffix(".epochs")


def _train_member(
    data: TrainingSet,
    settings: HybridSettings,
    size: Size,
    seed: int,
    files: Sequence[Path],
    begin: Callable[[keras.Model, Sequence[str]], None] | None = None,
) -> None:
    # Read by TensorFlow when it first computes: the other cores are for the other members.
    os.environ["TF_NUM_INTRAOP_THREADS"] = os.environ["TF_NUM_INTEROP_THREADS"] = "1"
    pool, before = data.pool(settings.conditions), None
    for number, ((phase, epochs), file) in enumerate(zip(settings.schedule, files, strict=True)):
        if file.is_file():
            before = file
            continue
        seed_of_phase = seed + number * PHASE_SEEDS
        keras.utils.set_random_seed(seed_of_phase)
        model = hybrid(len(data.emotions), size)
        if before is not None:
            model.load_weights(before)
        elif begin is not None:
            begin(model, data.emotions)
        freeze(model, phase.trained)
        batches = Batches(pool, data.emotions, settings, seed_of_phase, phase)
        model.compile(
            optimizer=keras.optimizers.AdamW(
                OneCycle(phase.learning_rate, len(batches) * epochs),
                weight_decay=settings.weight_decay,
                clipnorm=1.0,
            ),
            loss=loss_of(data.emotions, data.core, settings, phase),
        )
        backup = keras.callbacks.BackupAndRestore(file.with_suffix(".backup"), double_checkpoint=True)
        done_before = sum(count for _, count in settings.schedule[:number])
        counter = EpochCounter(_counter(files[-1]), done_before)
        model.fit(batches, epochs=epochs, verbose=0, callbacks=[backup, counter])
        partial = file.with_name(f"partial-{os.getpid()}-{file.name}")
        model.save_weights(partial)
        partial.replace(file)
        before = file
    _counter(files[-1]).unlink(missing_ok=True)


def _key(
    data: TrainingSet,
    settings: HybridSettings,
    size: Size,
    seed: int,
    phases: int,
    start: Start | None = None,
) -> str:
    """Return a name for a member after some phases; it changes with anything that it depends on."""
    schedule = [(asdict(phase), epochs) for phase, epochs in settings.schedule[:phases]]
    described = describe(settings) | {"members": asdict(size), "phases": schedule}
    del described["epochs"]
    begun = [] if start is None else [start.sha256]
    content = json.dumps([data.identity(settings.conditions), described, seed, *begun])
    return f"member-{hashlib.sha256(content.encode()).hexdigest()[:24]}"
