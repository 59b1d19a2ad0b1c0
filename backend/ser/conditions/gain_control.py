"""Automatic gain control, as browsers and telephones have: quiet speech is raised, and noise with it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.signal

from ser.audio.waveform import SAMPLE_RATE_HZ
from ser.conditions.codecs import Signal

TARGET_DB = -22.0
MOST_GAIN_DB = 30.0
MOST_RISE_DB = 12.0
LEVEL_WINDOW_S = 0.05
SPEECH_QUANTILE = 0.2


@dataclass(frozen=True)
class GainControl:
    """Follows the level and brings it nearer to a target.

    Attributes:
        strength: share of the distance to the target that is removed, 0-1.
        time_s: how fast the gain follows (time constant).
    """

    strength: float
    time_s: float

    def apply(self, signal: Signal) -> Signal:
        """Return a signal [shape=(n,)] at 16 kHz after the control."""
        length = round(LEVEL_WINDOW_S * SAMPLE_RATE_HZ)
        power = scipy.signal.lfilter(np.full(length, 1 / length), [1.0], signal**2)
        wanted_db = TARGET_DB - 10 * np.log10(np.maximum(power, 1e-8))
        # In pauses, the gain rises only a little above that of speech.
        of_speech_db = float(np.quantile(wanted_db, SPEECH_QUANTILE))
        wanted_db = np.clip(wanted_db, -MOST_GAIN_DB, min(of_speech_db + MOST_RISE_DB, MOST_GAIN_DB))
        wanted_db *= self.strength
        kept = np.exp(-1 / (self.time_s * SAMPLE_RATE_HZ))
        # It has been listening before: it begins where it would have come to.
        start = [kept * self.strength * of_speech_db]
        gain_db, _ = scipy.signal.lfilter([1 - kept], [1.0, -kept], wanted_db, zi=start)
        controlled: Signal = signal * 10 ** (gain_db / 20)
        return controlled
