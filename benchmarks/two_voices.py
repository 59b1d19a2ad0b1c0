"""How well the two voices of a call are told apart, and what that is worth for the emotions.

python benchmarks/two_voices.py --cremad DIR [--model NAME] [--telephone] [--only WAY]

Calls are joined from clips of two actors, of the same sex and of both, in turns of one to three sentences,
with pauses of up to 1 s between the clips and no overlap. As a stereo call, each actor has a channel.
"""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray

sys.path.append(str(Path(__file__).parents[1] / "tests"))
from clips import sound_file
from recordings import CELL_S, COLLAR_S, FLOOR_RMS, Recording, emotion_of, join
from ser import corpora
from ser.analysis import timeline
from ser.analysis.calls import Turn, VoicesBy
from ser.audio.stream import AudioStream
from ser.audio.waveform import SAMPLE_RATE_HZ, Waveform
from ser.conditions.filters import Band
from ser.config import load_settings
from ser.corpora import splits
from ser.corpora.base import Clip
from ser.corpora.registry import CORPORA
from ser.limits import MAX_ANALYZED_S
from ser.models import store as model_store
from ser.models.predictor import EmotionPredictor
from ser.speech import speakers
from ser.speech.segmenter import Stretch

CLIPS_PER_SPEAKER = 18
PAUSES_S = (0.0, 1.0)
LEAKAGE_DB = (-20.0, -30.0)
# A telephone: as narrow, with perfect edges, in the 8 bits of G.711.
TELEPHONE = Band(low_hz=300.0, high_hz=3_400.0, perfect=True, g711=True)


@dataclass(frozen=True)
class Call:
    """Two people speak in turns.

    Attributes:
        recording: the call, mixed.
        clips: what was said, in order, as `recording.turns`.
        speaker_of: 0 or 1, of each clip.
        same_sex: whether both actors are of the same sex.
    """

    recording: Recording
    clips: list[Clip]
    speaker_of: list[int]
    same_sex: bool

    @property
    def changes(self) -> list[tuple[int, int, int]]:
        """Return who has the floor: samples [start, end) and the speaker; changes are amid pauses."""
        turns, y = self.recording.turns, self.recording.y
        between = [(a.end_s + b.start_s) / 2 for a, b in pairwise(turns)]
        edges = [0, *(int(at_s * SAMPLE_RATE_HZ) for at_s in between), len(y)]
        return [(a, b, who) for a, b, who in zip(edges, edges[1:], self.speaker_of, strict=False)]

    def stereo(self, leakage_db: float | None, rng: np.random.Generator) -> Waveform:
        """Return the call with a channel for each speaker [shape=(n, 2)]."""
        y = self.recording.y
        both = (FLOOR_RMS * rng.standard_normal((len(y), 2))).astype(np.float32)
        for start, end, who in self.changes:
            both[start:end, who] = y[start:end]
            if leakage_db is not None:
                both[start:end, 1 - who] += y[start:end] * np.float32(10 ** (leakage_db / 20))
        return both.clip(-1, 1)


def calls(
    clips: Sequence[Clip], sexes: dict[str, str], rng: np.random.Generator, count: int, *, telephone: bool
) -> Iterator[Call]:
    """Yield calls of pairs of speakers, as many of the same sex as of both."""
    by_speaker: dict[str, list[Clip]] = {}
    for clip in clips:
        by_speaker.setdefault(clip.speaker, []).append(clip)
    pairs = list(combinations(sorted(by_speaker), 2))
    for same_sex in (True, False):
        alike = [pair for pair in pairs if (sexes[pair[0]] == sexes[pair[1]]) == same_sex]
        for number in rng.permutation(len(alike))[:count]:
            pair = alike[number]
            waiting = [
                [own[i] for i in rng.permutation(len(own))[:CLIPS_PER_SPEAKER]]
                for own in (by_speaker[name] for name in pair)
            ]
            said: list[Clip] = []
            speaker_of: list[int] = []
            who = 0
            while any(waiting):
                for _ in range(int(rng.integers(1, 4))):
                    if waiting[who]:
                        said.append(waiting[who].pop())
                        speaker_of.append(who)
                who = 1 - who
            recording = join(said, rng, pauses_s=PAUSES_S)
            if telephone:
                y = TELEPHONE.apply(recording.y.astype(np.float64))
                recording = Recording(y.astype(np.float32).clip(-1, 1), recording.turns)
            yield Call(recording, said, speaker_of, same_sex)


def analyzed(y: Waveform, predictor: EmotionPredictor, by: VoicesBy | None, **options: Any) -> dict[str, Any]:
    """Return the analysis of a waveform [shape=(n,) or (n, 2)]."""
    with AudioStream(io.BytesIO(sound_file(y)), max_duration_s=MAX_ANALYZED_S) as stream:
        *_, result = timeline.analyze(stream, predictor, voices_by=by, **options)
    return result.body()


def with_known_speakers(call: Call, predictor: EmotionPredictor) -> dict[str, Any]:
    """Return the analysis of a call where the speakers are known, and the speech is not."""

    def tell_apart(_: object, stretches: list[Stretch]) -> list[list[Turn]]:
        turns: list[list[Turn]] = [[], []]
        for stretch in stretches:
            for start, end, who in call.changes:
                part = max(start, stretch[0]), min(end, stretch[1])
                if part[0] < part[1]:
                    turns[who].append((part, stretch))
        return turns

    with patch.object(speakers, "tell_apart", tell_apart):
        return analyzed(call.recording.y, predictor, "speaker")


def error_rate(result: dict[str, Any], call: Call, *, by_channel: bool) -> NDArray[np.float64]:
    """Return missed, false alarm, confusion (of the best assignment) and their seconds of speech.

    Each twice: with a collar of 0.25 s around the beginning and the end of each clip, and without.
    """
    count = round(call.recording.duration_s / CELL_S)
    known = np.zeros((2, count), np.bool_)
    scored = np.ones(count, np.bool_)
    collar = round(COLLAR_S / CELL_S)
    for turn, who in zip(call.recording.turns, call.speaker_of, strict=True):
        start, end = round(turn.start_s / CELL_S), round(turn.end_s / CELL_S)
        known[who, start:end] = True
        for at in (start, end):
            scored[max(at - collar, 0) : at + collar] = False
    found = np.zeros((2, count), np.bool_)
    for voice in result["voices"]:
        for segment in voice["segments"]:
            cells = slice(round(segment["start_s"] / CELL_S), round(segment["end_s"] / CELL_S))
            found[voice["id"] - 1, cells] = True
    assignments = [found] if by_channel else [found, found[::-1]]
    return np.array(
        [
            min((_errors(known[:, use], each[:, use]) for each in assignments), key=lambda row: sum(row[:3]))
            for use in (scored, np.ones(count, np.bool_))
        ]
    )


def _errors(known: NDArray[np.bool_], found: NDArray[np.bool_]) -> tuple[float, float, float, float]:
    speaking, heard = known.sum(axis=0), found.sum(axis=0)
    right = (known & found).sum(axis=0)
    missed = np.maximum(speaking - heard, 0).sum()
    false_alarm = np.maximum(heard - speaking, 0).sum()
    confused = (np.minimum(speaking, heard) - right).sum()
    return float(missed), float(false_alarm), float(confused), float(speaking.sum())


def compare(every: Sequence[Call], predictor: EmotionPredictor, rng: np.random.Generator, only: str) -> None:
    """Print DER and UAR of each way to analyse the calls whose name contains `only`."""

    def mixed(by: VoicesBy | None, call: Call, **options: Any) -> dict[str, Any]:
        return analyzed(call.recording.y, predictor, by, **options)

    def split(leakage_db: float | None, call: Call) -> dict[str, Any]:
        return analyzed(call.stereo(leakage_db, rng), predictor, "channel")

    # The name of a way -> the analysis, and whether it is known which voice is which; None without voices.
    ways: dict[str, tuple[Callable[[Call], dict[str, Any]], bool | None]] = {
        "one voice, `baseline=none`": (partial(mixed, None, baseline=None), None),
        "one voice, `baseline=recording`": (partial(mixed, None), None),
        "`speakers=2`": (partial(mixed, "speaker"), False),
        "the true speakers": (partial(with_known_speakers, predictor=predictor), True),
        "`channels=split`": (partial(split, None), True),
        **{f"`channels=split`, leakage of {db:g} dB": (partial(split, db), True) for db in LEAKAGE_DB},
    }
    emotions = predictor.manifest.labels
    for name, (analyse, by_channel) in ways.items():
        if only not in name:
            continue
        results = [analyse(call) for call in every]
        for same_sex in (True, False):
            chosen = [i for i, call in enumerate(every) if call.same_sex is same_sex]
            hits: dict[str, list[bool]] = {emotion: [] for emotion in emotions}
            errors = np.zeros((2, 4))
            each_der: list[float] = []
            for i in chosen:
                call, result = every[i], results[i]
                for turn in call.recording.turns:
                    hits[turn.emotion].append(emotion_of(result, turn) == turn.emotion)
                if by_channel is not None:
                    own = error_rate(result, call, by_channel=by_channel)
                    errors += own
                    each_der.append(own[0, :3].sum() / own[0, 3])
            uar = np.mean([np.mean(of_emotion) for of_emotion in hits.values()])
            der = "| |"
            if by_channel is not None:
                (missed, wrong, confused), plain = (
                    errors[0, :3] / errors[0, 3],
                    errors[1, :3].sum() / errors[1, 3],
                )
                der = (
                    f"{missed + wrong + confused:.3f} = {missed:.3f} + {wrong:.3f} + {confused:.3f}, "
                    f"the worst call {max(each_der):.2f} | {plain:.3f} |"
                )
            print(f"| {name} | {'same' if same_sex else 'both'} | {uar:.3f} | {der}", flush=True)


def main() -> None:
    """Print the rows of the comparison."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--cremad", type=Path, required=True)
    parser.add_argument("--split", choices=["train", "dev"], default="dev")
    parser.add_argument("--model")
    parser.add_argument("--calls", type=int, default=12, help="of the same sex, and as many of both")
    parser.add_argument("--telephone", action="store_true")
    parser.add_argument("--only", default="", help="the ways whose name contains this, as split")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    settings = load_settings()
    predictor = EmotionPredictor.load(model_store.find(args.model or settings.model, settings.model_dir))
    clips = corpora.load("cremad", args.cremad)
    annotations = CORPORA.get("cremad").annotate(args.cremad, clips)
    sexes = {name: str(person.sex) for name, person in annotations.people.items()}
    names = splits.standard_split("cremad")[args.split]
    known = [clip for clip in splits.of_speakers(clips, names) if clip.emotion in predictor.manifest.labels]
    rng = np.random.default_rng(args.seed)
    every = list(calls(known, sexes, rng, args.calls, telephone=args.telephone))
    hours = sum(call.recording.duration_s for call in every) / 3600
    print(f"{predictor.manifest.name}, {args.split}: {len(every)} calls, {hours:.2f} h")
    compare(every, predictor, rng, args.only)


if __name__ == "__main__":
    main()
