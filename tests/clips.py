"""Real clips, and every container to put them in."""

from __future__ import annotations

import io
import json
import shutil
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import soundfile

from ser import corpora
from ser.audio.decode import decode
from ser.audio.waveform import SAMPLE_RATE_HZ, Waveform
from ser.models.manifest import MANIFEST, NETWORK_FILES

DATA = Path(__file__).parent / "data"
CLIPS = corpora.load("cremad", DATA)
# Not among `CLIPS`, which have four emotions.
NEUTRAL_CLIP = DATA / "neutral" / "1068_TSI_NEU_XX.webm"
MODEL = Path(__file__).parents[1] / "model" / "cremad-4"
# Takes frames without pitch, and is the only one of its weights.
PUBLISHED = MODEL.with_name("bilstm-cremad")
# Tells whether a voice sounds female or male.
VOICE = MODEL.with_name("voice-gender")
# Actor of a clip -> sex, as VideoDemographics.csv of CREMA-D has it.
SEX = {
    "1049": "Female",
    "1053": "Female",
    "1055": "Female",
    "1058": "Female",
    "1061": "Female",
    "1062": "Male",
    "1064": "Male",
    "1065": "Male",
    "1067": "Male",
    "1068": "Male",
    "1075": "Female",
    "1080": "Male",
}
# Of eSpeak NG's voices, f2 to f5 are female; m3 and m7 are male, and so are those without a variant. `gb-f2`
# is left out: its pitch is a man's (median 108 Hz).
SYNTHESISED = {
    path: "Female" if "-f" in path.stem else "Male"
    for path in sorted(DATA.with_name("synthesised").glob("*.ogg"))
    if path.stem != "gb-f2"
}

# container -> (PyAV's muxer, its encoder, the encoder's rate)
CONTAINERS = {
    "wav": ("wav", "pcm_s16le", 16_000),
    "webm": ("webm", "libopus", 48_000),
    "mp4": ("mp4", "aac", 44_100),
    "m4a": ("ipod", "aac", 44_100),
    "mp3": ("mp3", "libmp3lame", 44_100),
    "ogg-opus": ("ogg", "libopus", 48_000),
    "ogg-vorbis": ("", "", 16_000),
    "flac": ("flac", "flac", 16_000),
}


def transcode(y: Waveform, container: str) -> bytes:
    """Encode a 16 kHz waveform into one of `CONTAINERS`."""
    muxer, codec, rate_hz = CONTAINERS[container]
    if container == "ogg-vorbis":
        return sound_file(y, format="OGG", subtype="VORBIS")
    out = io.BytesIO()
    with av.open(out, "w", format=muxer) as target:
        stream = target.add_stream(codec, rate=rate_hz, layout="mono")
        frame = av.AudioFrame.from_ndarray(y[np.newaxis], format="flt", layout="mono")
        frame.sample_rate = SAMPLE_RATE_HZ
        frame.pts, frame.time_base = 0, Fraction(1, SAMPLE_RATE_HZ)
        resampler = av.AudioResampler(stream.format.name, "mono", rate_hz)
        for source in (frame, None):
            for resampled in resampler.resample(source):
                target.mux(stream.encode(resampled))
        target.mux(stream.encode(None))
    return out.getvalue()


def sound_file(y: np.ndarray, *, rate_hz: int = SAMPLE_RATE_HZ, **kind: str) -> bytes:
    """Write a waveform [shape=(n,) or (n, channels)] with libsndfile; 16-bit WAV by default."""
    out = io.BytesIO()
    soundfile.write(out, y, rate_hz, **({"format": "WAV"} | kind))
    return out.getvalue()


def video_without_sound() -> bytes:
    """A WebM of ten black pictures."""
    out = io.BytesIO()
    with av.open(out, "w", format="webm") as target:
        stream = target.add_stream("libvpx", rate=25)
        stream.width = stream.height = 64
        for _ in range(10):
            target.mux(stream.encode(av.VideoFrame(64, 64, "yuv420p")))
        target.mux(stream.encode(None))
    return out.getvalue()


def pieces(folder: Path, *, per_clip: int = 4) -> Path:
    """Cut our twelve clips into pieces, each another sound: a folder per emotion and speaker."""
    for clip in CLIPS:
        place = folder / clip.emotion / f"speaker {clip.speaker}"
        place.mkdir(parents=True, exist_ok=True)
        for number, piece in enumerate(np.array_split(decode(clip.path), per_clip)):
            (place / f"{number}.wav").write_bytes(sound_file(piece))
    return folder


def copied_model(to: Path, model: Path = MODEL) -> Path:
    """Copy a shipped model into a directory of its own, with all its network files."""
    shutil.copytree(model, to)
    manifest = json.loads((to / MANIFEST).read_text())
    if owner := manifest.pop("weights_of", None):
        for name in NETWORK_FILES:
            shutil.copy(model.with_name(owner) / name, to / name)
        (to / MANIFEST).write_text(json.dumps(manifest))
    return to


def of_own_recordings(directory: Path) -> Path:
    """Let the manifest of a copied model say that it was trained on one's own recordings."""
    manifest = json.loads((directory / MANIFEST).read_text())
    manifest["corpus"]["title"] = "own recordings"
    (directory / MANIFEST).write_text(json.dumps(manifest))
    return directory


def voice_model(to: Path) -> Path:
    """Copy a shipped model, and let its manifest say that it predicts something else than emotions."""
    manifest = copied_model(to, PUBLISHED) / MANIFEST
    known = json.loads(manifest.read_text()) | {"name": to.name, "task": "voice_gender"}
    manifest.write_text(json.dumps(known))
    return to
