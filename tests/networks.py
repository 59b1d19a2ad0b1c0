"""Networks that compile in no time, for tests of what is done around a training."""

from __future__ import annotations

import keras
from keras import layers

from ser.features.mfcc import MFCC, MFCC_PITCH
from ser.training.families.networks import Size


def small_bilstm(classes: int, *, masking: bool = True) -> keras.Model:
    """Takes the place of `networks.bilstm`."""
    inputs, hidden = _averaged(MFCC.width)
    return keras.Model(inputs, layers.Dense(classes, activation="softmax")(hidden))


def small_hybrid(outputs: int, size: Size) -> keras.Model:
    """Takes the place of `networks.hybrid`."""
    inputs, hidden = _averaged(MFCC_PITCH.width)
    return keras.Model(inputs, layers.Dense(outputs)(hidden))


def _averaged(width: int) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    inputs = keras.Input((None, width))
    hidden = layers.Dense(8, activation="relu")(layers.GlobalAveragePooling1D()(inputs))
    return inputs, layers.Dropout(0.2)(hidden)
