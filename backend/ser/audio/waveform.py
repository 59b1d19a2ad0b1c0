"""What every sound becomes: mono float32 at 16 kHz."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE_HZ = 16_000

# [shape=(n,)], float32, 16 kHz mono, finite, within -1..1.
Waveform = NDArray[np.float32]
# [shape=(2, n)]: two waveforms of the same length.
Channels = NDArray[np.float32]
