"""The networks, as Keras models over scaled frames.

Only layers and operations of Keras itself are used, so that a saved network loads without this package.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import keras
import numpy as np
from keras import layers, ops
from numpy.typing import NDArray

from ser.features.mfcc import MFCC, MFCC_PITCH

# Which layers of a network are trained.
Trained = Literal["head", "upper", "all"]

POOLED_FRAMES = 3
ATTENTION_UNITS = 64
# In deviations from the mean; the network counts the share of a clip's frames above each, and trains them.
THRESHOLDS = (-1.5, -0.5, 0.5, 1.5)
THRESHOLD_STEEPNESS = 3.0
CONVOLUTION_DROPOUT = 0.2
DROPOUT = 0.3

HYBRID_SETTINGS = {
    "pooled_frames": POOLED_FRAMES,
    "attention_units": ATTENTION_UNITS,
    "thresholds": THRESHOLDS,
    "threshold_steepness": THRESHOLD_STEEPNESS,
    "convolution_dropout": CONVOLUTION_DROPOUT,
    "dropout": DROPOUT,
}


def bilstm(classes: int, *, masking: bool = True) -> keras.Model:
    """Return the published network: 427,844 parameters with 4 classes.

    Args:
        classes: number of emotions.
        masking: skip padded frames; without it, the same weights serve unpadded frames, which is what
            is exported (the mask keeps the LSTMs from being fused).
    """
    inputs = x = keras.Input((None, MFCC.width), name="frames")
    if masking:
        x = layers.Masking(0.0)(x)
    x = layers.Bidirectional(layers.LSTM(128, return_sequences=True))(x)
    x = layers.Dropout(0.4)(x)
    x = layers.Bidirectional(layers.LSTM(64))(x)
    x = layers.Dropout(0.4)(x)
    x = layers.Dense(64, activation="relu")(x)
    x = layers.Dropout(0.3)(x)
    return keras.Model(inputs, layers.Dense(classes, activation="softmax")(x), name="bilstm")


@dataclass(frozen=True)
class Size:
    """How large a hybrid network is.

    Attributes:
        channels: of the convolutions.
        kernel: of the convolutions, in frames of 30 ms.
        lstm_units: in each direction.
        hidden_units: in the dense layer of each branch.
    """

    channels: int
    kernel: int
    lstm_units: int
    hidden_units: int


def hybrid(outputs: int, size: Size) -> keras.Model:
    """Return a network of two branches: one over time, one over the distribution of the frames.

    The first: frames averaged over 30 ms, two convolutions, two BiLSTMs, attentive mean and deviation, and
    the maximum. The second, per feature: mean, deviation, and the share of frames above trained thresholds.

    Args:
        outputs: width of the last layer, which has no activation.
        size: of its layers.
    """
    width = MFCC_PITCH.width
    inputs = keras.Input((None, width), name="frames")

    x = layers.AveragePooling1D(POOLED_FRAMES)(inputs)
    x = layers.Conv1D(size.channels, size.kernel, padding="same", activation="silu")(x)
    x = layers.Dropout(CONVOLUTION_DROPOUT)(x)
    deeper = layers.LayerNormalization()(x)
    deeper = layers.Conv1D(size.channels, size.kernel, padding="same", activation="silu")(deeper)
    x = layers.Add()([x, layers.Dropout(CONVOLUTION_DROPOUT)(deeper)])
    for _ in range(2):
        x = layers.Bidirectional(layers.LSTM(size.lstm_units, return_sequences=True))(x)
        x = layers.Dropout(DROPOUT)(x)
    over_time = layers.Dropout(DROPOUT)(attentive_statistics(x))
    over_time = layers.Dense(size.hidden_units, activation="silu")(over_time)

    distribution = layers.Dropout(DROPOUT)(frame_statistics(inputs))
    distribution = layers.Dense(size.hidden_units, activation="silu")(distribution)

    x = layers.Dropout(DROPOUT)(layers.Concatenate()([over_time, distribution]))
    model = keras.Model(inputs, layers.Dense(outputs)(x), name="hybrid")
    _set_thresholds(model, width)
    return model


def attentive_statistics(x: keras.KerasTensor) -> keras.KerasTensor:
    """Map (B, T, C) to (B, 3 C): attentive mean and deviation, and the maximum."""
    attention = layers.Dense(ATTENTION_UNITS, activation="tanh")(x)
    attention = layers.Softmax(axis=1)(layers.Dense(1)(attention))
    mean = ops.sum(attention * x, axis=1)
    variance = ops.sum(attention * ops.square(x), axis=1) - ops.square(mean)
    deviation = ops.sqrt(ops.maximum(variance, 1e-5))
    return layers.Concatenate()([mean, deviation, layers.GlobalMaxPooling1D()(x)])


def frame_statistics(x: keras.KerasTensor) -> keras.KerasTensor:
    """Map (B, T, D) to (B, 6 D): mean, log of the deviation, and shares above four thresholds."""
    mean = layers.GlobalAveragePooling1D()(x)
    variance = ops.mean(ops.square(x), axis=1) - ops.square(mean)
    deviation = ops.log(ops.maximum(variance, 1e-5)) / 2
    above = layers.DepthwiseConv1D(1, depth_multiplier=len(THRESHOLDS), activation="sigmoid", name="above")(x)
    shares = 4 * (layers.GlobalAveragePooling1D()(above) - 0.5)
    return layers.Concatenate()([mean, deviation, shares])


def freeze(model: keras.Model, trained: Trained) -> None:
    """Let a hybrid network train only some of its layers.

    Args:
        model: the network.
        trained: `head` is its last layer, `upper` all that stand above its convolutions and thresholds.
    """
    *below, head = model.layers
    for layer in below:
        lower = isinstance(layer, layers.Conv1D | layers.DepthwiseConv1D | layers.LayerNormalization)
        layer.trainable = trained == "all" or (trained == "upper" and not lower)
    head.trainable = True


def _set_thresholds(model: keras.Model, width: int) -> None:
    layer = model.get_layer("above")
    steepness = np.full((1, width, len(THRESHOLDS)), THRESHOLD_STEEPNESS)
    layer.set_weights([steepness, np.tile(-THRESHOLD_STEEPNESS * np.array(THRESHOLDS), width)])


def joined(
    members: Sequence[keras.Model],
    intensity: tuple[NDArray[np.float32], NDArray[np.float32]] | None = None,
) -> keras.Model:
    """Return one network that answers with the mean of its members, as probabilities.

    Args:
        members: networks with outputs [shape=(B, C)] without activation.
        intensity: weights [shape=(H, 1)] and bias [shape=(1,)] of a layer on the inputs of all members' last
            layers; its output [shape=(B, 1)], cut off at 0 and 1, is a second output.
    """
    inputs = keras.Input(members[0].input_shape[1:], name="frames")
    if intensity is not None:
        members = [keras.Model(each.input, [each.output, each.layers[-1].input]) for each in members]
    for number, member in enumerate(members):
        member.name = f"member_{number}"
    found = [member(inputs) for member in members]
    logits, hidden = zip(*found, strict=True) if intensity is not None else (found, [])
    probabilities = layers.Softmax()(_combined(layers.Average(), logits))
    if intensity is None:
        return keras.Model(inputs, probabilities, name="ensemble")
    layer = layers.Dense(1, name="intensity")
    strength = ops.clip(layer(_combined(layers.Concatenate(), hidden)), 0.0, 1.0)
    model = keras.Model(inputs, [probabilities, strength], name="ensemble")
    layer.set_weights(list(intensity))
    return model


def below_last_layers(members: Sequence[keras.Model]) -> keras.Model:
    """Return one network from scaled frames to all that dense layers of its members read [shape=(B, H)].

    The members' own dense layers lose some of what other labels need.
    """
    inputs, units = keras.Input(members[0].input_shape[1:], name="frames"), []
    for number, member in enumerate(members):
        below = layers.Concatenate(name="units_of_clip")(clip_units(member))
        reader = keras.Model(member.input, below, name=f"member_{number}")
        units.append(reader(inputs))
    return keras.Model(inputs, _combined(layers.Concatenate(), units))


def clip_units(member: keras.Model) -> list[keras.KerasTensor]:
    """Return what dense layers of a hybrid network read of a clip [shape=(B, H) each].

    These are attentive statistics over time, statistics of the frames and, last, the hidden units.
    """
    dense = [each.input for each in member.layers if isinstance(each, layers.Dense)]
    # The others map each frame to its attention.
    return [each for each in dense if len(each.shape) == 2]


def _combined(layer: keras.Layer, parts: Sequence[keras.KerasTensor]) -> keras.KerasTensor:
    return layer(list(parts)) if len(parts) > 1 else parts[0]
