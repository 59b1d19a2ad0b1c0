"""A server as the published systems describe theirs, to compare with; `servers.py` starts it.

    python benchmarks/published_server.py PORT

A request's file is written to disk, converted by an FFmpeg process, loaded by librosa, turned into MFCC and
their deltas, padded and scaled, and given to Keras' `predict`, in Flask's own server. The network is
`bilstm-cremad`, which was trained here as published.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import keras
import librosa
import numpy as np
from flask import Flask, request
from imageio_ffmpeg import get_ffmpeg_exe
from skops.io import load as load_scaler

MODEL = Path(__file__).parents[1] / "model" / "bilstm-cremad"
LABELS = ("Angry", "Happy", "Sad", "Disgust")
RATE_HZ, MOST_FRAMES = 16_000, 400
FFMPEG = shutil.which("ffmpeg") or get_ffmpeg_exe()

app = Flask(__name__)
network = keras.saving.load_model(MODEL / "final_ser_model.keras", compile=False)
scaler = load_scaler(MODEL / "scaler.skops")


@app.get("/health")
def health() -> dict[str, str]:
    """Say that the model is loaded."""
    return {"status": "healthy"}


@app.post("/predict")
def predict() -> dict[str, Any]:
    """Return the emotion of the form's file."""
    with tempfile.TemporaryDirectory() as folder:
        source, decoded = Path(folder) / "source", Path(folder) / "decoded.wav"
        request.files["file"].save(source)
        convert = [FFMPEG, "-y", "-loglevel", "error", "-i", source, "-ar", str(RATE_HZ), "-ac", "1", decoded]
        subprocess.run(convert, check=True)  # noqa: S603
        y, _ = librosa.load(decoded, sr=RATE_HZ)
    y, _ = librosa.effects.trim(y, top_db=30)
    mfcc = librosa.feature.mfcc(y=y, sr=RATE_HZ, n_mfcc=40, n_mels=64, n_fft=400, hop_length=160)
    deltas = [librosa.feature.delta(mfcc, order=order) for order in (1, 2)]
    frames = np.concatenate([mfcc, *deltas]).T[:MOST_FRAMES]
    padded = np.pad(frames, ((0, MOST_FRAMES - len(frames)), (0, 0)))
    probabilities = network.predict(scaler.transform(padded)[np.newaxis], verbose=0)[0]
    best = int(probabilities.argmax())
    return {
        "emotion": LABELS[best],
        "confidence": float(probabilities[best]),
        "probabilities": dict(zip(LABELS, probabilities.tolist(), strict=True)),
    }


if __name__ == "__main__":
    app.run(port=int(sys.argv[1]), threaded=True)
