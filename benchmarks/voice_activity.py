"""Share of speech that the detector rejects, and of noise that it calls speech.

python benchmarks/voice_activity.py --cremad DIR --noise DIR
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from joblib import Parallel, delayed
from tqdm import tqdm

from ser import corpora
from ser.audio import decode as audio
from ser.audio.waveform import SAMPLE_RATE_HZ, Waveform
from ser.corpora import splits
from ser.speech import gate as voice_activity

WINDOW_S = 3


def share_of_speech(waves: Iterable[Waveform], name: str) -> tuple[float, int]:
    """Return which share of the waveforms is called speech, and how many there are."""
    results = Parallel(n_jobs=2, return_as="generator")(delayed(voice_activity.has_speech)(y) for y in waves)
    answers = list(tqdm(results, desc=name, disable=None))
    return float(np.mean(answers)), len(answers)


def windows(folder: Path) -> list[Waveform]:
    """Cut the recordings of a folder into windows of 3 s."""
    length = WINDOW_S * SAMPLE_RATE_HZ
    waves = [audio.decode(path) for path in sorted(folder.iterdir()) if path.suffix == ".ogg"]
    return [y[i : i + length] for y in waves for i in range(0, len(y), length) if len(y) - i > 0.5 * length]


def main() -> None:
    """Print one row per kind of recording."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cremad", type=Path, required=True)
    parser.add_argument("--noise", type=Path, required=True)
    args = parser.parse_args()
    clips = corpora.load("cremad", args.cremad)
    for part, speakers in splits.standard_split("cremad").items():
        waves = [audio.decode(clip.path) for clip in splits.of_speakers(clips, speakers)]
        for gain_db in (0, -20, -40):
            quieter = (y * np.float32(10 ** (gain_db / 20)) for y in waves)
            share, count = share_of_speech(quieter, f"{part} {gain_db} dB")
            print(f"CREMA-D {part:5} {gain_db:4} dB: refused {100 * (1 - share):.2f} % of {count} clips")
    share, count = share_of_speech(windows(args.noise), "noise")
    print(f"noise, windows of {WINDOW_S} s: called speech {100 * share:.1f} % of {count}")


if __name__ == "__main__":
    main()
