"""Writes the pitch that librosa's pYIN finds in the shipped clips, which a test compares ours with.

    .venv/bin/python tests/features/pyin.py

It is stored, as its compiled code takes half a minute to compile, and crashed now and then where several
processes shared numba's cache.
"""

from __future__ import annotations

import sys
from pathlib import Path

import librosa
import numpy as np

FOLDER = Path(__file__).parent
FILE = FOLDER / "pyin.npz"

if __name__ == "__main__":
    sys.path.insert(0, str(FOLDER.parent))
    from clips import CLIPS
    from ser.audio.decode import decode
    from ser.audio.waveform import SAMPLE_RATE_HZ
    from ser.features import pitch
    from ser.features.registry import HOP_LENGTH

    found = {}
    for clip in CLIPS:
        hz, _, _ = librosa.pyin(
            decode(clip.path),
            fmin=pitch.LOWEST_HZ,
            fmax=pitch.HIGHEST_HZ,
            sr=SAMPLE_RATE_HZ,
            hop_length=HOP_LENGTH,
            frame_length=1024,
        )
        found[clip.path.stem] = hz.astype(np.float32)
    np.savez_compressed(FILE, **found)
    print(f"{FILE.name}: {len(found)} clips, by librosa {librosa.__version__}")
