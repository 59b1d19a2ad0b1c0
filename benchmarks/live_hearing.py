"""What a live stream makes of clips of unseen speakers, beside what /predict makes of the same clips whole.

python benchmarks/live_hearing.py --cremad DIR --noise DIR

Clips of CREMA-D's dev actors, each a stream of its own with a second of silence after it; a clip in which no
utterance is found counts as wrong.
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

PIECE = SAMPLE_RATE_HZ // 10
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
    """Play a waveform to a session, and return all it says."""
    session = Session(predictor(), adapt=False)
    content = np.round(y * 32767).astype("<i2").tobytes()
    pieces = (content[i : i + 2 * PIECE] for i in range(0, len(content), 2 * PIECE))
    return [event for piece in pieces for event in session.feed(piece)] + session.finish()


def hear(clip: Clip) -> dict[str, str]:
    """Return the emotions that each way of hearing gives a clip."""
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


def called_speech(path: Path) -> tuple[float, float]:
    """Return the seconds of a recording that were called speech, and all of them."""
    y = audio.decode(path, max_duration_s=3600)
    ends = [event for event in stream(y) if isinstance(event, SpeechEnded)]
    return sum(each.end_ms - each.start_ms for each in ends) / 1000, len(y) / SAMPLE_RATE_HZ


def main() -> None:
    """Print a row per way of hearing, and one for noise."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cremad", type=Path, required=True)
    parser.add_argument("--noise", type=Path, required=True)
    args = parser.parse_args()
    labels = model().manifest.labels
    dev = splits.of_speakers(corpora.load("cremad", args.cremad), splits.standard_split("cremad")["dev"])
    clips = [clip for clip in dev if clip.emotion in labels]
    running = Parallel(n_jobs=2, return_as="generator")(delayed(hear)(clip) for clip in clips)
    heard = list(tqdm(running, total=len(clips), disable=None))
    truth = [clip.emotion for clip in clips]
    print(f"{len(clips)} clips of {len({clip.speaker for clip in clips})} speakers")
    for way in heard[0]:
        said = [each[way] for each in heard]
        uar = recall_score(truth, said, labels=labels, average="macro", zero_division=0)
        print(f"{way:28} UAR {uar:.3f}, nothing found in {said.count(NOTHING)}")
    spoken_s, all_s = np.sum([called_speech(path) for path in sorted(args.noise.glob("*.ogg"))], axis=0)
    print(f"noise: {100 * spoken_s / all_s:.2f} % of {all_s:.0f} s called speech")


if __name__ == "__main__":
    main()
