"""The published system `dense-105`: dense layers over 105 numbers of a clip."""

from __future__ import annotations

import keras
from keras import layers

from ser.features.clip_105 import CLIP_105
from ser.training.families.vectors import VectorNetwork

# Units and dropout of each layer; all but the last are normalised over the batch.
LAYERS = ((512, 0.3), (256, 0.3), (128, 0.2), (64, 0.2))


class Dense105(VectorNetwork):
    """Dense 512-256-128-64; 230,791 parameters with 7 emotions. The published one answers without Sad."""

    default_name = "dense-105"
    architecture = "dense-105"
    feature_set = CLIP_105
    corpora = ("ravdess",)
    emotions: tuple[str, ...] = ("Neutral", "Calm", "Happy", "Angry", "Fear", "Disgust", "Surprise")

    def network(self, classes: int) -> keras.Model:
        """Return the network; see `VectorNetwork`."""
        inputs = x = keras.Input(CLIP_105.shape, name="vector")
        for number, (units, dropout) in enumerate(LAYERS, 1):
            x = layers.Dense(units, activation="relu")(x)
            if number < len(LAYERS):
                x = layers.BatchNormalization()(x)
            x = layers.Dropout(dropout)(x)
        return keras.Model(inputs, layers.Dense(classes, activation="softmax")(x), name="dense_105")


class Dense105With8(Dense105):
    """The same network with Sad."""

    default_name = "dense-105-8"
    emotions = (*Dense105.emotions[:3], "Sad", *Dense105.emotions[3:])
