"""`bert-tokens`, an experiment: frames become codes of k-means, and a BERT encoder reads them as words.

The encoder is trained from scratch: first to guess hidden codes (Devlin et al., BERT: Pre-training of Deep
Bidirectional Transformers for Language Understanding, NAACL 2019), on the same clips without their labels,
then with the labels. Positions are given by a convolution instead of a table, as by Baevski et al. (wav2vec
2.0, NeurIPS 2020), so that a clip may be of any length.
"""

from __future__ import annotations

import keras
import numpy as np
from keras import layers, ops
from numpy.random import Generator, default_rng
from numpy.typing import NDArray
from sklearn.cluster import MiniBatchKMeans

from ser.features.mfcc import MFCC_PITCH
from ser.features.registry import Frames
from ser.models.manifest import Group
from ser.training.epoch_bar import EpochBar
from ser.training.families.crops import CropNetwork, Crops, CropSettings
from ser.training.family import PUBLISHED_EMOTIONS
from ser.training.speaker_pool import SpeakerPool

CODES = 256
# A token is the code of the mean of so many frames.
TOKEN_FRAMES = 3
WIDTH, HEADS, BLOCKS, HIDDEN = 80, 4, 3, 192
POSITION_KERNEL = 31
DROPOUT = 0.2
# Of the pretraining.
HIDDEN_SHARE = 0.15
PRETRAINING_EPOCHS = 15
KMEANS_FRAMES = 100_000

_TOKENS, _ENCODER = "tokens", "encoder"


class BertTokens(CropNetwork):
    """Tokens of frames, read by a BERT encoder; an experiment."""

    default_name = "bert-tokens"
    architecture = "bert-tokens"
    group: Group = "published"
    feature_set = MFCC_PITCH
    emotions = (*PUBLISHED_EMOTIONS, "Fear", "Neutral")

    def __init__(self, settings: CropSettings | None = None) -> None:
        super().__init__(settings or CropSettings(lengths_frames=(150, 300)))

    def network(self, classes: int) -> keras.Model:
        """Return the network; see `CropNetwork`."""
        inputs = keras.Input((None, MFCC_PITCH.width), name="frames")
        x = encoder()(tokenizer()(inputs))
        x = layers.Dropout(DROPOUT)(layers.GlobalAveragePooling1D()(x))
        return keras.Model(inputs, layers.Dense(classes, activation="softmax")(x), name="bert_tokens")

    def start(self, classes: int, pool: SpeakerPool, *, seed: int, title: str) -> keras.Model:
        """Find the codes, and train the encoder to guess hidden ones; see `CropNetwork`."""
        model = self.network(classes)
        set_codes(model.get_layer(_TOKENS), pool, default_rng(seed))
        batches = HiddenCodes(model.get_layer(_TOKENS), pool, self.settings, seed=seed)
        reader = model.get_layer(_ENCODER)
        guesses = layers.Dense(CODES)(reader.output)
        pretrained = keras.Model(reader.input, guesses)
        pretrained.compile(
            optimizer=keras.optimizers.AdamW(
                keras.optimizers.schedules.CosineDecay(
                    self.settings.learning_rate, PRETRAINING_EPOCHS * len(batches)
                )
            ),
            loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=-1),
        )
        shown = EpochBar(f"{title}, hidden codes", PRETRAINING_EPOCHS)
        pretrained.fit(batches, epochs=PRETRAINING_EPOCHS, verbose=0, callbacks=[shown])
        return model


def tokenizer() -> keras.Model:
    """Return the network from scaled frames [shape=(B, T, D)] to codes [shape=(B, T / 3)]."""
    inputs = keras.Input((None, MFCC_PITCH.width))
    averaged = layers.AveragePooling1D(TOKEN_FRAMES)(inputs)
    # The nearest centre has the largest product with a frame, less half of its own square.
    nearness = layers.Dense(CODES, trainable=False, name="centres")(averaged)
    # `ops.argmax` looks at the sign of zeros bit by bit, which cannot be exported.
    _, nearest = ops.top_k(nearness, 1)
    return keras.Model(inputs, ops.squeeze(nearest, axis=-1), name=_TOKENS)


def set_codes(tokens: keras.Model, pool: SpeakerPool, rng: Generator) -> None:
    """Fit the centres of the codes to scaled frames of a pool, averaged as tokens are."""
    mean, scale = pool.scaling
    averaged = []
    for index in rng.permutation(len(pool)):
        frames = (pool.frames(int(index)) - mean) / scale
        whole = len(frames) // TOKEN_FRAMES * TOKEN_FRAMES
        averaged.append(frames[:whole].reshape(-1, TOKEN_FRAMES, frames.shape[1]).mean(axis=1))
        if sum(map(len, averaged)) >= KMEANS_FRAMES:
            break
    found = MiniBatchKMeans(CODES, random_state=int(rng.integers(2**31)), n_init=1)
    centres = found.fit(np.concatenate(averaged).astype(np.float32)).cluster_centers_
    tokens.get_layer("centres").set_weights([centres.T, -0.5 * (centres**2).sum(axis=1)])


def encoder() -> keras.Model:
    """Return the network from codes [shape=(B, N)] to vectors [shape=(B, N, WIDTH)]; `CODES` hides one."""
    inputs = keras.Input((None,), dtype="int32")
    x = layers.Embedding(CODES + 1, WIDTH)(inputs)
    position = layers.DepthwiseConv1D(POSITION_KERNEL, padding="same", activation="silu")(x)
    x = layers.Dropout(DROPOUT)(layers.LayerNormalization()(layers.Add()([x, position])))
    for _ in range(BLOCKS):
        seen = layers.MultiHeadAttention(HEADS, WIDTH // HEADS, dropout=DROPOUT, flash_attention=False)(x, x)
        x = layers.LayerNormalization()(layers.Add()([x, layers.Dropout(DROPOUT)(seen)]))
        hidden = layers.Dense(WIDTH)(layers.Dense(HIDDEN, activation="silu")(x))
        x = layers.LayerNormalization()(layers.Add()([x, layers.Dropout(DROPOUT)(hidden)]))
    return keras.Model(inputs, x, name=_ENCODER)


class HiddenCodes(Crops):
    """Batches of codes, some of them hidden; targets are the hidden codes, and -1 for the others."""

    def __init__(self, tokens: keras.Model, pool: SpeakerPool, settings: CropSettings, *, seed: int) -> None:
        emotions = sorted({clip.emotion for clip in pool.clips})
        super().__init__(pool, emotions, settings, seed=seed)
        self._tokens = tokens

    def __getitem__(self, batch: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:  # type: ignore[override]
        frames, _ = super().__getitem__(batch)
        codes = self._codes(frames)
        hidden = self._rng.random(codes.shape) < HIDDEN_SHARE
        return np.where(hidden, CODES, codes), np.where(hidden, codes, -1)

    def _codes(self, frames: Frames) -> NDArray[np.int32]:
        codes: NDArray[np.int32] = np.asarray(self._tokens.predict_on_batch(frames), np.int32)
        return codes
