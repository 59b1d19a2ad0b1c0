"""Whether a voice sounds female or male: a small convolutional network over frames."""

from __future__ import annotations

import keras
from keras import layers

from ser.features.mfcc import MFCC_PITCH
from ser.models.comparison import Claim
from ser.models.manifest import VOICE_GENDER, Group, Task
from ser.training.families.crops import CropNetwork, CropSettings
from ser.training.families.networks import POOLED_FRAMES, attentive_statistics

CHANNELS = 48
# Of the convolutions, in frames of 30 ms.
KERNELS = (5, 3)
UNITS = 32
DROPOUT = 0.3


class VoiceGender(CropNetwork):
    """Frames averaged over 30 ms, two convolutions, attentive mean and deviation, and the maximum.

    It reads the features that emotions are predicted from, too; pitch is among them. It takes no baseline:
    frames normalised with a speaker's own statistics tell nothing of the voice.
    """

    default_name = "voice-gender"
    architecture = "voice-gender"
    task: Task = VOICE_GENDER
    group: Group = "recommended"
    claim = Claim(
        text="The published voice gender can answer nothing but female.",
        reason="Ours is trained on both, and a test holds it to male and female voices.",
    )
    feature_set = MFCC_PITCH
    emotions = ("Female", "Male")

    def __init__(self, settings: CropSettings | None = None) -> None:
        default = CropSettings(
            epochs=20, learning_rate=3e-3, weight_decay=0.05, label_smoothing=0.02, conditions=4
        )
        super().__init__(settings or default)

    def network(self, classes: int) -> keras.Model:
        """Return the network; see `CropNetwork`."""
        inputs = keras.Input((None, MFCC_PITCH.width), name="frames")
        # A clip of a single frame is one, too.
        x = layers.AveragePooling1D(POOLED_FRAMES, padding="same")(inputs)
        for kernel in KERNELS:
            x = layers.Conv1D(CHANNELS, kernel, padding="same", activation="silu")(x)
            x = layers.Dropout(DROPOUT)(x)
        x = layers.Dropout(DROPOUT)(attentive_statistics(x))
        x = layers.Dropout(DROPOUT)(layers.Dense(UNITS, activation="silu")(x))
        return keras.Model(inputs, layers.Dense(classes, activation="softmax")(x), name="voice_gender")
