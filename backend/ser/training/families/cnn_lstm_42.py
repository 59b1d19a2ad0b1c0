"""The published system `cnn-lstm-42`: convolutions and LSTMs over 42 numbers of a clip, put as 11 x 4."""

from __future__ import annotations

import keras
from keras import layers

from ser.features.clip_42 import CLIP_42
from ser.models.comparison import Claim
from ser.training.families.vectors import VectorNetwork

ROWS, COLUMNS = 11, 4
CHANNELS = (32, 64)
LSTM_UNITS = (64, 32)
DENSE_UNITS = (64, 32)
DROPOUT = 0.3


class CnnLstm42(VectorNetwork):
    """Conv 32-64, LSTM 64-32, Dense 64-32; 69,480 parameters with 8 emotions."""

    default_name = "cnn-lstm-42"
    architecture = "cnn-lstm-42"
    feature_set = CLIP_42
    corpora = ("ravdess",)
    claim = Claim(
        text="The published app names six of the eight emotions wrongly, as its labels are in another order "
        "than in training.",
        reason="Here, a manifest carries the labels in the order of the outputs, from training to answer.",
    )
    emotions = ("Neutral", "Calm", "Happy", "Sad", "Angry", "Fear", "Disgust", "Surprise")

    def network(self, classes: int) -> keras.Model:
        """Return the network; see `VectorNetwork`.

        The published sizes do not say which layers are normalised over the batch: the convolutions and the
        dense layers give the published number of parameters.
        """
        inputs = keras.Input(CLIP_42.shape, name="vector")
        x = layers.Reshape((CLIP_42.width, 1))(inputs)
        x = layers.ZeroPadding1D((0, ROWS * COLUMNS - CLIP_42.width))(x)
        x = layers.Reshape((ROWS, COLUMNS, 1))(x)
        for channels in CHANNELS:
            x = layers.Conv2D(channels, 3, padding="same", activation="relu")(x)
            x = layers.MaxPooling2D()(layers.BatchNormalization()(x))
            x = layers.Dropout(DROPOUT)(x)
        x = layers.Reshape((-1, CHANNELS[-1]))(x)
        x = layers.LSTM(LSTM_UNITS[0], return_sequences=True)(x)
        x = layers.Dropout(DROPOUT)(layers.LSTM(LSTM_UNITS[1])(x))
        for units in DENSE_UNITS:
            x = layers.BatchNormalization()(layers.Dense(units, activation="relu")(x))
            x = layers.Dropout(DROPOUT)(x)
        return keras.Model(inputs, layers.Dense(classes, activation="softmax")(x), name="cnn_lstm_42")
