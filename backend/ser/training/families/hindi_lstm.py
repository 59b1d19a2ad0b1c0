"""`hindi-lstm`: LSTMs over the frames of a clip. The published one saw one step: the mean of all frames."""

from __future__ import annotations

import keras
from keras import layers

from ser.features.mfcc import MFCC_PITCH
from ser.models.comparison import Claim
from ser.models.manifest import Group
from ser.training.families.classical import Classical
from ser.training.families.crops import CropNetwork, CropSettings
from ser.training.families.networks import attentive_statistics

POOLED_FRAMES = 3
UNITS = 64
DROPOUT = 0.3


class HindiLstm(CropNetwork):
    """Two bidirectional LSTMs over frames averaged over 30 ms, and attention over time."""

    default_name = "hindi-lstm"
    architecture = "lstm"
    group: Group = "published"
    feature_set = MFCC_PITCH
    corpora = Classical.corpora
    claim = Claim(
        text="The published LSTM sees a single step: the mean of all frames of a clip.",
        reason="Ours sees the frames one after another, so the order of sounds can matter.",
    )
    emotions = Classical.emotions
    takes_baseline = True

    def __init__(self, settings: CropSettings | None = None) -> None:
        super().__init__(settings or CropSettings(conditions=2))

    def network(self, classes: int) -> keras.Model:
        """Return the network; see `CropNetwork`."""
        inputs = keras.Input((None, MFCC_PITCH.width), name="frames")
        x = layers.AveragePooling1D(POOLED_FRAMES)(inputs)
        for _ in range(2):
            x = layers.Bidirectional(layers.LSTM(UNITS, return_sequences=True))(x)
            x = layers.Dropout(DROPOUT)(x)
        x = layers.Dropout(DROPOUT)(attentive_statistics(x))
        return keras.Model(inputs, layers.Dense(classes, activation="softmax")(x), name="hindi_lstm")
