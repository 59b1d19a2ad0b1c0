"""Time of each step of one request, on one CPU thread.

    python benchmarks/latency.py [CLIP]

Medians of one run on one machine: read them as ratios.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np
from threadpoolctl import threadpool_limits

from ser.app import create_app
from ser.audio import decode as audio
from ser.audio.waveform import SAMPLE_RATE_HZ
from ser.config import load_settings
from ser.models import store as model_store
from ser.models.predictor import EmotionPredictor
from ser.speech import gate as voice_activity

CLIP = Path(__file__).parents[1] / "tests" / "data" / "1053_IWL_SAD_XX.webm"
ROUNDS = 60


def milliseconds(work: Callable[[], object]) -> float:
    """Return the median time of a call, in ms."""
    work()
    times = []
    for _ in range(ROUNDS):
        started = perf_counter()
        work()
        times.append(perf_counter() - started)
    return 1e3 * median(times)


def main() -> None:
    """Print one row per step."""
    content = Path(sys.argv[1] if len(sys.argv) > 1 else CLIP).read_bytes()
    settings = load_settings()
    directory = model_store.find(settings.model, settings.model_dir)
    onnx = EmotionPredictor.load(directory)
    keras = EmotionPredictor.load(directory, engine="keras")
    client = create_app(settings).test_client()
    y = np.tile(audio.decode(content), 3)[: 3 * SAMPLE_RATE_HZ]
    frames = onnx.feature_set.extract(y)

    def post() -> None:
        response = client.post("/predict", data={"file": (io.BytesIO(content), "clip.webm")})
        assert response.status_code == 200

    print(f"{len(y) / SAMPLE_RATE_HZ:.1f} s of speech, {len(frames)} frames, median of {ROUNDS} rounds")
    rows: dict[str, Callable[[], object]] = {
        "decode (WebM/Opus)": lambda: audio.decode(content),
        "features, graph": lambda: onnx.feature_set.extract(y),
        "voice activity": lambda: voice_activity.has_speech(y),
        "network, ONNX Runtime": lambda: onnx.window_probabilities(frames),
        "network, Keras": lambda: keras.window_probabilities(frames),
        "POST /predict, all of it": post,
    }
    for name, work in rows.items():
        print(f"{name:32} {milliseconds(work):8.2f} ms")
    for threads in (1, 4):
        with threadpool_limits(limits=threads, user_api="blas"):
            found_ms = milliseconds(lambda: keras.feature_set.extract(y))
        print(f"{f'features, librosa, {threads} BLAS thread(s)':32} {found_ms:8.2f} ms")


if __name__ == "__main__":
    main()
