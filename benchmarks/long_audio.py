"""Accuracy and speed of the analysis of long recordings.

python benchmarks/long_audio.py speech --cremad DIR --noise DIR                 what is detected as speech
python benchmarks/long_audio.py emotions --cremad DIR --noise DIR --split dev   UAR and EDER, by baseline
python benchmarks/long_audio.py speed --cremad DIR --noise DIR                  an hour of audio
"""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from time import perf_counter, process_time
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

sys.path.append(str(Path(__file__).parents[1] / "tests"))
from clips import sound_file
from recordings import Recording, emotion_of, join, score
from ser import corpora
from ser.analysis import timeline
from ser.audio import decode as audio
from ser.audio.stream import AudioStream
from ser.audio.waveform import SAMPLE_RATE_HZ, Waveform
from ser.config import load_settings
from ser.corpora import splits
from ser.corpora.base import Clip
from ser.errors import NoSpeech
from ser.features.mfcc import MFCC_PITCH
from ser.limits import MAX_ANALYZED_S
from ser.models import store as model_store
from ser.models.baseline import Baseline
from ser.models.predictor import EmotionPredictor
from ser.speech.detector import CHUNK_LENGTH, THRESHOLD, SpeechDetector
from ser.speech.segmenter import FILE_RULE, SpeechSegmenter

CLIPS_PER_SPEAKER = 36
Stretches = Sequence[tuple[int, int]]


class DetectorWithoutGain(SpeechDetector):
    """The detector without its gain."""

    def _levelled(self, chunks: Waveform) -> Waveform:
        return chunks


def detect(y: Waveform) -> Stretches:
    """Return the stretches of speech that the product detects."""
    return _stretches(SpeechDetector(FILE_RULE.first_peak_db), y)


def detect_without_gain(y: Waveform) -> Stretches:
    """Return the same without the gain."""
    return _stretches(DetectorWithoutGain(), y)


def detect_by_threshold(y: Waveform) -> Stretches:
    """Return each chunk that Silero calls speech, without a rule around it."""
    likely = DetectorWithoutGain().probabilities(y) >= THRESHOLD
    return _chunks(likely)


def detect_by_energy(y: Waveform) -> Stretches:
    """Return each chunk less than 35 dB below the loudest."""
    chunks = y[: len(y) // CHUNK_LENGTH * CHUNK_LENGTH].reshape(-1, CHUNK_LENGTH)
    level_db = 10 * np.log10(np.mean(chunks**2, axis=1) + 1e-12)
    return _chunks(level_db > level_db.max() - 35)


def webrtc_detector(mode: int) -> Callable[[Waveform], Stretches] | None:
    """Return WebRTC's detector; None unless `pip install webrtcvad-wheels` was done."""
    try:
        from webrtcvad import Vad
    except ImportError:
        return None

    def find(y: Waveform) -> Stretches:
        detector, length = Vad(mode), 480
        pcm = (y.clip(-1, 1) * 32767).astype("<i2")
        starts = range(0, len(y) - length + 1, length)
        return [
            (i, i + length)
            for i in starts
            if detector.is_speech(pcm[i : i + length].tobytes(), SAMPLE_RATE_HZ)
        ]

    return find


def compare_speech(recordings: Sequence[Recording]) -> None:
    """Print the share of speech and of silence that each detector calls speech."""
    detectors: dict[str, Callable[[Waveform], Stretches] | None] = {
        "Silero with gain and hysteresis (ours)": detect,
        "the same without gain": detect_without_gain,
        "Silero, each 32 ms alone": detect_by_threshold,
        **{f"webrtcvad, mode {mode}": webrtc_detector(mode) for mode in (0, 3)},
        "energy, 35 dB below the loudest": detect_by_energy,
    }
    for name, find in detectors.items():
        if find is None:
            print(f"| {name} | not installed | | |")
            continue
        for gain_db in (0, -30):
            started = process_time()
            found = [_as_timeline(find(each.y * np.float32(10 ** (gain_db / 20)))) for each in recordings]
            spent = (process_time() - started) / sum(each.duration_s for each in recordings) * 3600
            scores = [score(each, of) for each, of in zip(found, recordings, strict=True)]
            speech, silence = (
                np.mean([getattr(each, part) for each in scores])
                for part in ("speech_found", "silence_called_speech")
            )
            print(f"| {name}, {gain_db} dB | {speech:.1%} | {silence:.1%} | {spent:.1f} |", flush=True)


def _stretches(detector: SpeechDetector, y: Waveform) -> Stretches:
    segmenter = SpeechSegmenter(FILE_RULE)
    found = [segmenter.advance(each).ended for each in detector.probabilities(y).tolist()]
    return [stretch for stretch in (*found, segmenter.finish()) if stretch]


def _chunks(active: NDArray[np.bool_]) -> Stretches:
    return [(i * CHUNK_LENGTH, (i + 1) * CHUNK_LENGTH) for i in np.flatnonzero(active).tolist()]


def _as_timeline(stretches: Stretches) -> dict[str, Any]:
    segments = [
        {"start_s": start / SAMPLE_RATE_HZ, "end_s": end / SAMPLE_RATE_HZ, "emotion": "?"}
        for start, end in stretches
    ]
    return {"segments": segments, "distribution": {"?": 0.0}}


def analyzed(
    y: Waveform, predictor: EmotionPredictor, baseline: Baseline | Literal["recording"] | None
) -> dict[str, Any]:
    """Return the analysis of a waveform."""
    with AudioStream(io.BytesIO(sound_file(y)), max_duration_s=MAX_ANALYZED_S) as stream:
        *_, result = timeline.analyze(stream, predictor, baseline=baseline)
    return result.body()


def compare_baselines(
    clips: Sequence[Clip], noises: Sequence[Waveform], predictor: EmotionPredictor, seed: int
) -> None:
    """Print UAR, agreement and EDER of recordings of one speaker and of two, by baseline."""
    rng = np.random.default_rng(seed)
    emotions = predictor.manifest.labels
    by_speaker: dict[str, list[Clip]] = {}
    for clip in clips:
        if clip.emotion in emotions:
            by_speaker.setdefault(clip.speaker, []).append(clip)
    alone = list(by_speaker.values())
    every = list(chain(*alone))
    single = [_of_clip(clip, predictor) for clip in every]
    accuracy = np.mean([clip.emotion == emotion for clip, emotion in zip(every, single, strict=True)])
    uar = _uar(single, every, emotions)
    print(f"| single clips, nothing known of the speaker | {uar:.3f} | accuracy {accuracy:.3f} | |")
    # Pairs in the split's order, which is unrelated to how speakers sound.
    pairs = [[*a, *b] for a, b in zip(alone[::2], alone[1::2], strict=False)]
    for name, groups in (("one speaker", alone), ("two speakers", pairs)):
        joined = [[own[i] for i in rng.permutation(len(own))] for own in groups]
        recordings = [join(own, rng, noises=noises) for own in joined]
        hours = sum(each.duration_s for each in recordings) / 3600
        for baseline in ("recording", None):
            found = [analyzed(each.y, predictor, baseline) for each in recordings]
            emotions_found = [
                emotion_of(result, turn)
                for result, of in zip(found, recordings, strict=True)
                for turn in of.turns
            ]
            scores = [score(result, of) for result, of in zip(found, recordings, strict=True)]
            means = {key: np.mean([getattr(each, key) for each in scores]) for key in vars(scores[0])}
            eder = np.mean([each.eder for each in scores])
            uar = _uar(emotions_found, list(chain(*joined)), emotions)
            print(
                f"| {name}, baseline={baseline or 'none'} ({len(recordings)} recordings, {hours:.1f} h) "
                f"| {uar:.3f} | {means['agreement']:.3f} | {eder:.3f} = "
                f"{means['missed']:.3f} + {means['false_alarm']:.3f} + {means['confusion']:.3f} |  "
                f"found {means['speech_found']:.1%}, silence {means['silence_called_speech']:.1%}",
                flush=True,
            )


def _of_clip(clip: Clip, predictor: EmotionPredictor) -> str | None:
    try:
        return predictor.predict(clip.path).emotion
    except NoSpeech:
        return None


def _uar(predicted: Sequence[str | None], clips: Sequence[Clip], emotions: Sequence[str]) -> float:
    right = np.array([clip.emotion == emotion for clip, emotion in zip(clips, predicted, strict=True)])
    known = np.array([clip.emotion for clip in clips])
    return float(np.mean([right[known == emotion].mean() for emotion in emotions]))


def time_an_hour(recordings: Sequence[Recording], predictor: EmotionPredictor) -> None:
    """Print the time for an hour of WAV, with the recording as its own baseline and without."""
    y = np.resize(np.concatenate([each.y for each in recordings]), 3600 * SAMPLE_RATE_HZ)
    for baseline in ("recording", None):
        started, worked = perf_counter(), process_time()
        found = analyzed(y, predictor, baseline)
        print(
            f"an hour, {found['speech_s']:.0f} s of it speech, {len(found['windows'])} windows, "
            f"baseline={found['baseline']}: {perf_counter() - started:.1f} s "
            f"({process_time() - worked:.1f} s of processor time)"
        )


def recordings_by_speaker(
    clips: Sequence[Clip], speakers: Sequence[str], noises: Sequence[Waveform], seed: int
) -> Iterator[Recording]:
    """Yield a recording of some clips of each speaker."""
    rng = np.random.default_rng(seed)
    for speaker in speakers:
        own = [clip for clip in clips if clip.speaker == speaker]
        yield join([own[i] for i in rng.permutation(len(own))[:CLIPS_PER_SPEAKER]], rng, noises=noises)


def main() -> None:
    """Print the rows of one comparison."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("what", choices=["speech", "emotions", "speed"])
    parser.add_argument("--cremad", type=Path, required=True)
    parser.add_argument("--noise", type=Path, required=True)
    parser.add_argument("--split", choices=["train", "dev"], default="train")
    parser.add_argument("--model")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    settings = load_settings()
    MFCC_PITCH.warm_up()
    predictor = EmotionPredictor.load(model_store.find(args.model or settings.model, settings.model_dir))
    predictor.warm_up()
    speakers = splits.standard_split("cremad")[args.split]
    clips = splits.of_speakers(corpora.load("cremad", args.cremad), speakers)
    noises = [audio.decode(path) for path in sorted(args.noise.glob("*.ogg"))]
    if args.what == "emotions":
        compare_baselines(clips, noises, predictor, args.seed)
        return
    recordings = list(recordings_by_speaker(clips, sorted(speakers)[::4], noises, args.seed))
    hours = sum(each.duration_s for each in recordings) / 3600
    print(f"{args.split}: {len(recordings)} speakers, {hours:.2f} h")
    if args.what == "speech":
        compare_speech(recordings)
    else:
        time_an_hour(recordings, predictor)


if __name__ == "__main__":
    main()
