"""Whether a voice sounds female or male: a small network over statistics of its frames."""

from __future__ import annotations

import keras
from keras import layers

from ser.features.mfcc import MFCC_PITCH
from ser.models.comparison import Claim
from ser.models.manifest import Group, Task
from ser.training.families.crops import CropNetwork, CropSettings
from ser.training.families.networks import frame_statistics

UNITS = 32
DROPOUT = 0.3


class VoiceGender(CropNetwork):
    """Statistics of the frames that emotions are predicted from, too; pitch is among them.

    It takes no baseline: frames normalised with a speaker's own statistics tell nothing of the voice.
    """

    default_name = "voice-gender"
    architecture = "voice-gender"
    task: Task = "voice_gender"
    group: Group = "recommended"
    claim = Claim(
        text="The published voice gender can answer nothing but female.",
        reason="Ours is trained on both, and a test holds it to male and female voices.",
    )
    feature_set = MFCC_PITCH
    emotions = ("Female", "Male")
    min_speech_s = 0.5

    def __init__(self, settings: CropSettings | None = None) -> None:
        super().__init__(settings or CropSettings(epochs=15, label_smoothing=0.02, conditions=2))

    def network(self, classes: int) -> keras.Model:
        """Return the network; see `CropNetwork`."""
        inputs = keras.Input((None, MFCC_PITCH.width), name="frames")
        x = layers.Dropout(DROPOUT)(frame_statistics(inputs))
        x = layers.Dropout(DROPOUT)(layers.Dense(UNITS, activation="silu")(x))
        return keras.Model(inputs, layers.Dense(classes, activation="softmax")(x), name="voice_gender")
