"""UAR of a live stream on clips of unseen speakers, beside /predict on the same clips.

python benchmarks/stream_accuracy.py --cremad DIR --noise DIR

Each clip of CREMA-D's dev actors is one stream, followed by a second of silence. A clip without an
utterance counts as wrong.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from joblib import Parallel, delayed
from sklearn.metrics import recall_score
from tqdm import tqdm

from ser import corpora
from ser.analysis.events import LiveLine, Result, SpeechEnded
from ser.analysis.live import Session
from ser.audio import decode as audio
from ser.audio.waveform import SAMPLE_RATE_HZ, Waveform
from ser.config import load_settings
from ser.corpora import splits
from ser.corpora.base import Clip
from ser.errors import AudioError
from ser.models import store as model_store
from ser.models.predictor import EmotionPredictor
from ser.models.store import ModelDirectory

CHUNK = SAMPLE_RATE_HZ // 10
NOTHING = "nothing"

_loaded: list[EmotionPredictor] = []


def model() -> ModelDirectory:
    """Return the default model."""
    settings = load_settings()
    return model_store.find(settings.model, settings.model_dir)


def predictor() -> EmotionPredictor:
    """Return the default model, loaded once in each process."""
    if not _loaded:
        _loaded.append(EmotionPredictor.load(model()))
    return _loaded[0]


def stream(y: Waveform) -> list[LiveLine]:
    """Stream a waveform through a session and return its events."""
    session = Session(predictor(), adapt=False)
    content = np.round(y * 32767).astype("<i2").tobytes()
    chunks = (content[i : i + 2 * CHUNK] for i in range(0, len(content), 2 * CHUNK))
    return [event for chunk in chunks for event in session.feed(chunk)] + session.finish()


def predict(clip: Clip) -> dict[str, str]:
    """Return the predicted emotion of a clip, by method."""
    y = audio.decode(clip.path)
    events = stream(np.concatenate([y, np.zeros(SAMPLE_RATE_HZ, np.float32)]))
    results = [event.prediction.emotion for event in events if isinstance(event, Result)] or [NOTHING]
    verdicts = [event.verdict for event in events if isinstance(event, SpeechEnded) and event.verdict]
    try:
        whole = predictor().predict_waveform(y).emotion
    except AudioError:
        whole = NOTHING
    return {
        "the first result, after 1 s": results[0],
        "the last result": results[-1],
        "the utterance's vote": verdicts[0].emotion if verdicts else NOTHING,
        "/predict, the whole clip": whole,
    }


def detected_speech(path: Path) -> tuple[float, float]:
    """Return the seconds of speech detected in a recording, and its length."""
    y = audio.decode(path, max_duration_s=3600)
    ends = [event for event in stream(y) if isinstance(event, SpeechEnded)]
    return sum(each.end_ms - each.start_ms for each in ends) / 1000, len(y) / SAMPLE_RATE_HZ


def main() -> None:
    """Print a row per method, and one for noise."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cremad", type=Path, required=True)
    parser.add_argument("--noise", type=Path, required=True)
    args = parser.parse_args()
    labels = model().manifest.labels
    dev = splits.of_speakers(corpora.load("cremad", args.cremad), splits.standard_split("cremad")["dev"])
    clips = [clip for clip in dev if clip.emotion in labels]
    running = Parallel(n_jobs=2, return_as="generator")(delayed(predict)(clip) for clip in clips)
    predictions = list(tqdm(running, total=len(clips), disable=None))
    truth = [clip.emotion for clip in clips]
    print(f"{len(clips)} clips of {len({clip.speaker for clip in clips})} speakers")
    for method in predictions[0]:
        predicted = [each[method] for each in predictions]
        uar = recall_score(truth, predicted, labels=labels, average="macro", zero_division=0)
        print(f"{method:28} UAR {uar:.3f}, nothing found in {predicted.count(NOTHING)}")
    spoken_s, all_s = np.sum([detected_speech(path) for path in sorted(args.noise.glob("*.ogg"))], axis=0)
    print(f"noise: {100 * spoken_s / all_s:.2f} % of {all_s:.0f} s called speech")


if __name__ == "__main__":
    main()
