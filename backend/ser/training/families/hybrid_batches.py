"""What the members of the hybrid network are trained on: batches of windows of one length."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import keras
import numpy as np
from numpy.random import Generator, default_rng
from numpy.typing import NDArray

from ser.corpora import is_acted
from ser.corpora.base import Clip
from ser.features.mfcc import N_MELS
from ser.features.registry import Frames
from ser.models.baseline import Baseline
from ser.training import augmentation
from ser.training.families.networks import POOLED_FRAMES, Size, Trained
from ser.training.family import PRIOR_FRAMES
from ser.training.speaker_pool import Scaling, SpeakerPool

# The shortest and the longest window of a batch.
LENGTHS_FRAMES = (50, 320)
# Pieces of acted speech that are as long as words.
WORD_FRAMES = (35, 110)
# Of clips that are taken in such pieces: how often one piece is repeated, and how often all are of one clip.
REPEATED_WORD_SHARE, ONE_CLIP_SHARE = 0.25, 0.5
# Of an example that is normalised without a baseline: how often its own statistics are part of what it is
# normalised with, and the weight of the training speakers' against them.
OWN_CLIP_SHARE = 0.6
OWN_CLIP_PRIOR_FRAMES = (200.0, 2000.0)

SETTINGS = {
    "lengths_frames": LENGTHS_FRAMES,
    "word_frames": WORD_FRAMES,
    "repeated_word_share": REPEATED_WORD_SHARE,
    "one_clip_share": ONE_CLIP_SHARE,
    "own_clip_share": OWN_CLIP_SHARE,
    "own_clip_prior_frames": OWN_CLIP_PRIOR_FRAMES,
}

# Two that make different errors, together below 1.5 million parameters.
LARGE = Size(channels=160, kernel=5, lstm_units=128, hidden_units=128)
SMALL = Size(channels=96, kernel=1, lstm_units=64, hidden_units=80)


@dataclass(frozen=True)
class Phase:
    """Some epochs in a row, over which the learning rate rises and falls once.

    Attributes:
        share: of all epochs, beside the shares of the other phases.
        learning_rate: the highest, of AdamW.
        clean_share: how often a clip is taken as it was recorded.
        even_lengths: whether windows of all lengths are equally frequent; else short ones are more so.
        word_share: how often a clip of acted speech is taken in pieces as long as words, as the clips of
            ordinary speech are words.
        ordinary_weight: of the loss of ordinary speech.
        most_confidence: in an emotion other than Neutral that ordinary speech may have without a further
            loss.
        trained: which layers; the others keep their weights.
    """

    share: float
    learning_rate: float
    clean_share: float
    even_lengths: bool = False
    word_share: float = 0.0
    ordinary_weight: float = 1.0
    most_confidence: float = 1.0
    trained: Trained = "all"


FIRST = Phase(share=0.85, learning_rate=2e-3, clean_share=0.3)
# Ordinary speech is known by then; what is acted, by unknown speakers in unknown words, needs the rest.
LAST = Phase(
    share=0.15,
    learning_rate=7e-4,
    clean_share=0.5,
    even_lengths=True,
    word_share=0.5,
    ordinary_weight=0.15,
    most_confidence=0.35,
)


@dataclass(frozen=True)
class HybridSettings:
    """How members are trained.

    Attributes:
        members: the size of each.
        epochs: of each, over all phases.
        phases: one after the other.
        conditions: simulated recording conditions beside the clips as they are.
        prior_frames: weight of the training speakers' statistics against a baseline's frames.
        label_smoothing: share of the target that is spread over all emotions.
        core_weight: of the loss among the emotions of the label subset.
        batch_size: clips.
        weight_decay: of AdamW.
        ordinary_share: target probability of Neutral of ordinary speech.
        level_std_db: deviation of the level of an example that is normalised without a baseline.
    """

    members: tuple[Size, ...] = (LARGE, SMALL)
    epochs: int = 66
    phases: tuple[Phase, ...] = (FIRST, LAST)
    conditions: int = 9
    prior_frames: float = PRIOR_FRAMES
    label_smoothing: float = 0.1
    core_weight: float = 0.5
    batch_size: int = 64
    weight_decay: float = 0.02
    ordinary_share: float = 0.5
    level_std_db: float = 14.0

    @property
    def schedule(self) -> list[tuple[Phase, int]]:
        """Each phase with its number of epochs, all together `epochs`; those without any are left out."""
        ends = np.cumsum([0.0, *(phase.share for phase in self.phases)])
        ends = np.rint(ends / ends[-1] * self.epochs)
        counts = np.diff(ends).astype(int).tolist()
        return [(phase, count) for phase, count in zip(self.phases, counts, strict=True) if count]


class Batches(keras.utils.PyDataset):  # type: ignore[misc]
    """Batches of windows of one length, which is drawn for each batch: nothing is padded.

    A longer clip is cut. A shorter one is continued with others of its speaker and emotion, so that a
    length says nothing of an emotion or a corpus. The target of an example is that of each emotion, and
    whether it is ordinary speech [shape=(C + 1,)].

    Args:
        pool: the clips and their frames.
        emotions: the order of the outputs.
        settings: how members are trained.
        seed: of everything that is drawn.
        phase: of the training.
    """

    def __init__(
        self,
        pool: SpeakerPool,
        emotions: tuple[str, ...],
        settings: HybridSettings,
        seed: int,
        phase: Phase = FIRST,
    ) -> None:
        super().__init__()
        self._pool, self._settings, self._phase = pool, settings, phase
        self._acted = np.array([is_acted(clip) for clip in pool.clips])
        of_emotions = soft_targets(pool.clips, emotions, settings.ordinary_share)
        self._targets = np.column_stack([of_emotions, ~self._acted]).astype(np.float32)
        self._random = default_rng(seed)
        self._order = self._new_order()

    def __len__(self) -> int:
        return len(self._order)

    def __getitem__(self, batch: int) -> tuple[Frames, NDArray[np.float32]]:
        chosen = self._order[batch]
        pooled = int(self._length()) // POOLED_FRAMES
        # Keras fixes the length of all batches where the first two have the same, so these differ.
        length = (pooled - (pooled + batch) % 2) * POOLED_FRAMES
        return np.stack([self._view(index, length) for index in chosen]), self._targets[chosen]

    def _length(self) -> float:
        if self._phase.even_lengths:
            return self._random.uniform(*LENGTHS_FRAMES)
        return _log_uniform(self._random, LENGTHS_FRAMES)

    def on_epoch_end(self) -> None:
        """Put the clips into new batches."""
        self._order = self._new_order()

    def _new_order(self) -> list[NDArray[np.int64]]:
        order = self._random.permutation(len(self._pool))
        size = self._settings.batch_size
        return np.array_split(order, max(2, round(len(order) / size)))

    def _view(self, index: int, length: int) -> Frames:
        rng, settings, pool = self._random, self._settings, self._pool
        condition = 0
        if pool.conditions > 1 and rng.random() > self._phase.clean_share:
            condition = int(rng.integers(1, pool.conditions))
        scaling = pool.draw_scaling(index, condition, settings.prior_frames, rng)
        most = augmentation.longest_cut(length)
        if self._phase.word_share and self._acted[index] and rng.random() < self._phase.word_share:
            frames = self._words(index, condition, most)
        else:
            frames = self._continued(index, condition, most)
        return augmentation.cut(scaled(frames, scaling, pool, settings.level_std_db, rng), length, rng)

    def _continued(self, index: int, condition: int, length: int) -> Frames:
        """Return at least `length` frames of a clip and, where it is shorter, of others like it."""
        parts = [self._pool.frames(index, condition)]
        others = self._pool.like(index)
        while sum(map(len, parts)) < length:
            parts.append(self._pool.frames(int(self._random.choice(others)), condition))
        return np.concatenate(parts) if len(parts) > 1 else parts[0]

    def _words(self, index: int, condition: int, length: int) -> Frames:
        """Return at least `length` frames in pieces as long as words, of a clip or of others like it."""
        rng, pool = self._random, self._pool
        kind, clip = rng.random(), pool.frames(index, condition)
        parts = [_word(clip, rng)]
        while sum(map(len, parts)) < length:
            if kind < REPEATED_WORD_SHARE:
                parts.append(parts[0])
                continue
            if kind >= ONE_CLIP_SHARE:
                clip = pool.frames(int(rng.choice(pool.like(index))), condition)
            parts.append(_word(clip, rng))
        return np.concatenate(parts)


def scaled(
    frames: Frames, scaling: Scaling, pool: SpeakerPool, level_std_db: float, rng: Generator
) -> Frames:
    """Return unscaled frames [shape=(T, D)] as an example has them: scaled and, without a baseline, varied.

    Args:
        frames: of a clip of the pool.
        scaling: that was drawn for it.
        pool: the clips.
        level_std_db: deviation of its level, where it is normalised without a baseline.
        rng: what draws.
    """
    mean, scale = scaling
    found: Frames = (frames.astype(np.float32) - mean) / scale
    if scaling is pool.scaling:
        # Each dB adds this to MFCC 0.
        found[:, 0] += rng.normal(0.0, level_std_db) * math.sqrt(N_MELS) / scale[0]
        found = _normalise_with_own(found, rng)
    return found


def _log_uniform(rng: Generator, bounds: tuple[float, float]) -> float:
    """Draw a number whose logarithm is uniform between those of the bounds."""
    return math.exp(rng.uniform(*np.log(bounds)))


def _word(frames: Frames, rng: Generator) -> Frames:
    """Return a random piece that is as long as a word."""
    length = min(len(frames), round(_log_uniform(rng, WORD_FRAMES)))
    start = int(rng.integers(0, len(frames) - length + 1))
    return frames[start : start + length]


def _normalise_with_own(scaled: Frames, rng: Generator) -> Frames:
    """Sometimes normalise a clip with its own statistics, blended with those of all training speakers."""
    if rng.random() >= OWN_CLIP_SHARE:
        return scaled
    prior_frames = _log_uniform(rng, OWN_CLIP_PRIOR_FRAMES)
    width = scaled.shape[1]
    mean, scale = Baseline.of(scaled).blended(np.zeros(width), np.ones(width), prior_frames)
    normalised: Frames = (scaled - mean) / scale
    return normalised


def soft_targets(
    clips: Sequence[Clip], emotions: Sequence[str], ordinary_share: float
) -> NDArray[np.float32]:
    """Return the target of each clip [shape=(n, C)].

    Ordinary speech has another: mostly Neutral, the rest shared by all others. Its words and languages are
    not those of acted speech, so a certain target would teach that unknown words are Neutral.
    """
    hard = np.eye(len(emotions), dtype=np.float32)
    soft = ordinary_share * hard + (1 - ordinary_share) / (len(emotions) - 1) * (1 - hard)
    rows = [(hard if is_acted(clip) else soft)[emotions.index(clip.emotion)] for clip in clips]
    return np.stack(rows).astype(np.float32)
