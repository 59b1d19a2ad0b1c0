"""What a family of models is: something that can be fitted to features, and exported for serving."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

from ser.features.registry import Features, FeatureSet
from ser.models.baseline import Statistics
from ser.models.comparison import Claim
from ser.models.engines import Probabilities
from ser.models.manifest import Group, Manifest, Task, Window
from ser.training import progress
from ser.training.data import TrainingSet
from ser.training.speaker_pool import Scaling

S = TypeVar("S")

# The classes of the published network, in the order of its outputs.
PUBLISHED_EMOTIONS = ("Angry", "Happy", "Sad", "Disgust")
# The weight of the training speakers' statistics against the frames of a baseline.
PRIOR_FRAMES = 100.0


@dataclass(frozen=True)
class Head:
    """One output of a model: some of its labels, with their own temperature.

    Attributes:
        indices: which of the model's outputs.
        temperature: the logits are divided by it.
    """

    indices: Sequence[int]
    temperature: float = 1.0


# Name of an output -> what it gives.
Heads = Mapping[str, Head]


@dataclass(frozen=True, kw_only=True)
class FittedModel(ABC):
    """A trained model that is not exported yet.

    Attributes:
        architecture: what it is, for manifest and card.
        parameters: how many numbers were trained.
        scaling: mean and deviation [shape=(D,) each] of the features that it was trained on, which a
            speaker's own may replace; None for a model that takes no baseline.
        outcome: what the manifest says of the training, beside its settings.
    """

    architecture: str
    parameters: int
    scaling: Scaling | None = None
    outcome: Mapping[str, Any] = field(default_factory=dict)

    @abstractmethod
    def run(
        self, batch: Features, mean: Statistics | None = None, scale: Statistics | None = None
    ) -> Probabilities:
        """Map unscaled features [shape=(B, ...)] to probabilities [shape=(B, C)], float32.

        Args:
            batch: of features of one length.
            mean: to scale them with [shape=(D,)]; that of `scaling` by default.
            scale: the same.
        """


class Family(ABC, Generic[S]):
    """A family of models, with the settings it is trained with.

    The pipeline (`ser.training.pipeline`) trains any family. A family that stops early is fitted once, and
    the held-out speakers decide when to stop. Any other is fitted twice: to all training speakers, and to
    those without the held-out ones, on whom that calibration model chooses temperature and least confidence.
    Of few speakers, each is left out of one further model instead (`ser.training.plan`).

    Args:
        settings: how it is trained; `Settings()` by default.

    Attributes:
        Settings: a frozen dataclass, each field with a default.
        settings: how it is trained.
        default_name: of a model of this family that is trained on a published corpus.
        feature_set: what its models read.
        emotions: the labels of a published corpus that its models tell apart; one's own recordings have
            theirs.
        task: what the labels are.
        group: whether its models are recommended, or are there to compare a published system with.
        corpora: on which the system was published; one is trained on with those after it beside it.
        also_compared_on: corpora of which no model is shipped, and on which the system is compared as well.
        claim: what was published of it; None where nothing is known.
        core: the emotions of the label subset that a second model answers with; empty for none.
        held_out_share: of the training speakers.
        calibration_conditions: how many simulated recording conditions it is calibrated under, beside the
            real one.
        stops_early: whether the held-out speakers decide when to stop; else they calibrate.
        window: that its models read, where features are frames over time.
        prior_frames: weight of the training speakers' statistics against the frames of a baseline.
        min_speech_s: an answer on less speech is of low information; less than the default is a syllable or
            two.
    """

    Settings: ClassVar[type[Any]]
    default_name: ClassVar[str]
    feature_set: FeatureSet
    emotions: tuple[str, ...]
    task: Task = "emotion"
    group: Group = "recommended"
    corpora: tuple[str, ...] = ("cremad",)
    also_compared_on: tuple[str, ...] = ()
    claim: Claim | None = None
    core: tuple[str, ...] = ()
    held_out_share: float = 0.2
    calibration_conditions: int = 0
    stops_early: bool = False
    window: Window = Window()
    prior_frames: float = PRIOR_FRAMES
    min_speech_s: float = 0.5

    def __init__(self, settings: S | None = None) -> None:
        self.settings: S = self.Settings() if settings is None else settings

    @property
    def compared_on(self) -> tuple[str, ...]:
        """The corpora of a comparison of all systems."""
        return (*self.corpora[:1], *self.also_compared_on)

    @abstractmethod
    def fit(
        self,
        data: TrainingSet,
        validation: TrainingSet | None = None,
        *,
        seed: int,
        checkpoints: Path,
        title: str = "model",
    ) -> FittedModel:
        """Train a model.

        Args:
            data: what it is trained on.
            validation: other speakers, where the family stops early; else None.
            seed: of everything random.
            checkpoints: folder for what a killed run continues from; another training has other names.
            title: what the model is, for progress.
        """

    def fit_all(
        self,
        sets: Mapping[str, TrainingSet],
        validation: Mapping[str, TrainingSet],
        *,
        seed: int,
        checkpoints: Path,
    ) -> dict[str, FittedModel]:
        """Train one model per training set, with the same seed; a family may train them in parallel.

        Args:
            sets: title -> what the model is trained on.
            validation: title -> other speakers, where the family stops early.
            seed: of everything random.
            checkpoints: folder for what a killed run continues from.
        """
        models = {}
        for number, (title, data) in enumerate(sets.items(), 1):
            progress.tell(f"Training {number} of {len(sets)}: {title}")
            models[title] = self.fit(
                data, validation.get(title), seed=seed, checkpoints=checkpoints, title=title
            )
        return models

    @abstractmethod
    def export(self, model: FittedModel, folder: Path, heads: Heads) -> None:
        """Write the files that engines run.

        Args:
            model: what `fit` returned.
            folder: where to; `model.onnx` must be among the files.
            heads: the outputs of `model.onnx`.
        """

    @property
    def start_manifest(self) -> Manifest | None:
        """What is said of the model that is trained further; None where training begins anew."""
        return None

    def describe(self) -> dict[str, Any]:
        """Return what a manifest records of how training is done."""
        return asdict(self.settings)  # type: ignore[call-overload,no-any-return]
