"""How strongly an emotion is expressed: a linear layer on what the hybrid network knows of a clip.

The network is trained for emotions, and its weights stay as they are. The layer is fitted by ridge regression
to what listeners rated, and to how strongly the actor was to play.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import keras
import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import RidgeCV
from sklearn.model_selection import GroupKFold

from ser.corpora.base import UNSPECIFIED, Clip
from ser.training.families import readings
from ser.training.families.hybrid_batches import HybridSettings
from ser.training.speaker_pool import SpeakerPool

# With fewer rated clips, a model does not tell the intensity.
LEAST_CLIPS = 500
FOLDS = 5
PENALTIES = tuple(np.logspace(0, 5, 11).tolist())


@dataclass(frozen=True)
class IntensityLayer:
    """A linear layer from the hidden units of all members to an intensity, which is cut off at 0 and 1.

    Attributes:
        weights: of the hidden units [shape=(H, 1)], float32.
        bias: added [shape=(1,)], float32.
        clips: how many rated clips it was fitted to.
        penalty: of the ridge regression, chosen by leaving speakers out.
    """

    weights: NDArray[np.float32]
    bias: NDArray[np.float32]
    clips: int
    penalty: float

    @property
    def settings(self) -> dict[str, float]:
        """What a manifest says of it."""
        return {"clips": self.clips, "passes": readings.PASSES, "penalty": self.penalty}


def can_be_fitted(clips: Sequence[Clip]) -> bool:
    """Return whether enough clips were rated, by listeners of enough speakers."""
    rated = [clip for clip in clips if clip.strength is not None]
    return len(rated) >= LEAST_CLIPS and len({clip.speaker for clip in rated}) >= FOLDS


def fit(
    members: Sequence[keras.Model], pool: SpeakerPool, settings: HybridSettings, *, seed: int
) -> IntensityLayer:
    """Fit the layer to the rated clips of a pool, which must be enough (`can_be_fitted`).

    Args:
        members: trained hybrid networks.
        pool: training clips, under all recording conditions.
        settings: how the members were trained.
        seed: of everything that is drawn.
    """
    rated = [index for index, clip in enumerate(pool.clips) if clip.strength is not None]
    inputs = members[0].input
    parts = [keras.Model(each.input, each.layers[-1].input)(inputs) for each in members]
    hidden = keras.Model(inputs, keras.layers.Concatenate()(parts) if len(parts) > 1 else parts[0])
    strength = dict(zip(rated, targets([pool.clips[index] for index in rated]), strict=True))
    found = readings.read(
        hidden,
        pool,
        rated,
        prior_frames=settings.prior_frames,
        level_std_db=settings.level_std_db,
        seed=seed,
    )
    wanted = [strength[index] for index in found.clips.tolist()]
    mean, scale = found.scaling
    moves = np.isfinite(scale)
    units = (found.units[:, moves] - mean[moves]) / scale[moves]
    speakers = [pool.clips[index].speaker for index in found.clips.tolist()]
    folds = list(GroupKFold(FOLDS).split(units, groups=speakers))
    ridge = RidgeCV(PENALTIES, cv=folds).fit(units, wanted)
    weights = np.zeros(len(scale))
    weights[moves] = ridge.coef_ / scale[moves]
    return IntensityLayer(
        weights=weights[:, np.newaxis].astype(np.float32),
        bias=np.array([ridge.intercept_ - weights @ mean], np.float32),
        clips=len(rated),
        penalty=float(ridge.alpha_),
    )


def targets(clips: Sequence[Clip]) -> NDArray[np.float64]:
    """Return the intensity of rated clips [shape=(n,)], 0-1.

    It is what listeners rated. Where the actor was to play it more or less strongly, it is the mean of that
    and of the mean rating of all clips that were to be played as strongly: each clip has ten listeners only.
    """
    rated = np.array([clip.strength for clip in clips], np.float64)
    played = np.array([clip.intensity for clip in clips])
    found = rated.copy()
    for intensity in np.unique(played[played != UNSPECIFIED]):
        alike = played == intensity
        found[alike] = (rated[alike] + rated[alike].mean()) / 2
    return found
