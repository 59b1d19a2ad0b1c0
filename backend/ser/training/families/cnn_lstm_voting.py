"""The published system `cnn-lstm-voting`: a CNN over windows, an LSTM over their sequences, and a vote."""

from __future__ import annotations

import keras
from keras import layers

from ser.features.log_mel import LOG_MEL, N_MELS
from ser.models.manifest import Group, Window
from ser.training.families.crops import CropNetwork, CropSettings
from ser.training.family import PUBLISHED_EMOTIONS

# Each halves time and bands: a window of 46 frames each 16 frames is what the LSTM sees as one step.
CHANNELS = (16, 32, 64, 64)
LSTM_UNITS = 96
DROPOUT = 0.3
SEQUENCE_FRAMES, SEQUENCE_HOP_FRAMES = 128, 32


class CnnLstmVoting(CropNetwork):
    """Sequences of overlapping log-mel windows; most sequences of an utterance decide its emotion."""

    default_name = "cnn-lstm-voting"
    architecture = "cnn-lstm-voting"
    group: Group = "published"
    feature_set = LOG_MEL
    corpora = ("cremad", "ravdess")
    emotions = (*PUBLISHED_EMOTIONS, "Fear", "Neutral")
    window = Window(length_frames=SEQUENCE_FRAMES, hop_frames=SEQUENCE_HOP_FRAMES, aggregate="vote")

    def __init__(self, settings: CropSettings | None = None) -> None:
        super().__init__(settings or CropSettings(lengths_frames=(SEQUENCE_FRAMES // 2, SEQUENCE_FRAMES)))

    def network(self, classes: int) -> keras.Model:
        """Return the network; see `CropNetwork`."""
        inputs = keras.Input((None, N_MELS), name="frames")
        x = layers.Reshape((-1, N_MELS, 1))(inputs)
        for channels in CHANNELS:
            x = layers.Conv2D(channels, 3, padding="same", use_bias=False)(x)
            x = layers.Activation("relu")(layers.BatchNormalization()(x))
            x = layers.Dropout(DROPOUT / 2)(layers.MaxPooling2D(padding="same")(x))
        x = layers.Reshape((-1, CHANNELS[-1] * N_MELS // 2 ** len(CHANNELS)))(x)
        x = layers.Dropout(DROPOUT)(layers.LSTM(LSTM_UNITS)(x))
        return keras.Model(inputs, layers.Dense(classes, activation="softmax")(x), name="cnn_lstm_voting")
