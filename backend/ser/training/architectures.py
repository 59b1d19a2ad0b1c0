"""The networks, as Keras models over scaled, zero-padded frames."""

from __future__ import annotations

from collections.abc import Callable

import keras
from keras import layers

from ser.services.feature_extractor import N_FEATURES


def bilstm(classes: int, *, masking: bool = True) -> keras.Model:
    """Return the published network: 427,844 parameters with 4 classes.

    Args:
        classes: number of emotions.
        masking: skip padded frames; without it, the same weights serve unpadded frames, which is what
            is exported (the mask keeps the LSTMs from being fused).
    """
    inputs = x = keras.Input((None, N_FEATURES), name="frames")
    if masking:
        x = layers.Masking(0.0)(x)
    x = layers.Bidirectional(layers.LSTM(128, return_sequences=True))(x)
    x = layers.Dropout(0.4)(x)
    x = layers.Bidirectional(layers.LSTM(64))(x)
    x = layers.Dropout(0.4)(x)
    x = layers.Dense(64, activation="relu")(x)
    x = layers.Dropout(0.3)(x)
    return keras.Model(inputs, layers.Dense(classes, activation="softmax")(x), name="bilstm")


ARCHITECTURES: dict[str, Callable[..., keras.Model]] = {"bilstm": bilstm}
