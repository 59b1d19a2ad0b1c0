"""Makes the files of this folder again; needs the program espeak-ng."""

from __future__ import annotations

import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from ser.audio.decode import decode
from ser.conditions.codecs import encode

# File -> voice, pitch (0-99), words per minute, sentence.
SENTENCES = {
    "us": ("en-us", 45, 150, "Please turn the kitchen light on."),
    "us-f3": ("en-us+f3", 50, 160, "What time does the next train leave?"),
    "us-m3": ("en-us+m3", 35, 140, "I will be there in ten minutes."),
    "gb-f2": ("en-gb+f2", 55, 165, "Put milk and bread on the list."),
    "gb": ("en-gb", 40, 155, "The meeting is on Tuesday at three."),
    "us-f5": ("en-us+f5", 60, 170, "Call me when you are at home."),
    "us-m7": ("en-us+m7", 30, 145, "It is going to rain tomorrow."),
    "de-f2": ("de+f2", 50, 150, "Der Zug kommt um acht Uhr."),
}


def main() -> None:
    """Write each sentence as Opus."""
    with TemporaryDirectory() as folder:
        wav = Path(folder) / "said.wav"
        for name, (voice, pitch, words_per_minute, sentence) in SENTENCES.items():
            options = ["-v", voice, "-p", str(pitch), "-s", str(words_per_minute), "-w", str(wav)]
            subprocess.run(["espeak-ng", *options, sentence], check=True)
            content = encode(decode(wav), muxer="ogg", codec="libopus", rate_hz=48_000, bit_rate=24_000)
            Path(__file__).with_name(f"{name}.ogg").write_bytes(content)


if __name__ == "__main__":
    main()
