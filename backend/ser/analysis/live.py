"""Live streams: PCM comes in pieces, predictions go out.

A session knows neither sockets nor clocks: it counts time in samples. It keeps only the samples that the next
window, or the baseline, may need.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from ser.analysis.events import LiveLine, Result, SpeechEnded, SpeechStarted, Verdict
from ser.analysis.recent import RecentSamples
from ser.audio.pcm import Encoding, PcmReader
from ser.audio.waveform import SAMPLE_RATE_HZ, Waveform
from ser.errors import TooShort
from ser.features.registry import FRAME_S
from ser.models.aggregate import Smoother, vote
from ser.models.baseline import Baseline
from ser.models.manifest import Window
from ser.models.predictor import EmotionPredictor
from ser.models.rounding import percent
from ser.speech.detector import CHUNK_LENGTH
from ser.speech.segmenter import LIVE_RULE, SpeechSegmenter, Step

MIN_HOP_S, MAX_HOP_S, HOP_S = 0.25, 5.0, 0.5
MIN_WINDOW_S, MAX_WINDOW_S, WINDOW_S = 1.0, 4.0, 3.0
# With `PREROLL_S` before it, the first window has 1 s.
FIRST_RESULT_S = 0.8
# The beginning of a word is often not detected as speech.
PREROLL_S = 0.2
# Longer speech without a pause is cut into utterances, so that the baseline grows and memory does not.
MAX_UTTERANCE_S = 30.0
SMOOTHING_S = 2.0
# The baseline learns from pieces of this length; the last one of an utterance is up to twice as long.
LEARNT_AT_ONCE_S = 4.0

_FIRST_RESULT = round(FIRST_RESULT_S * SAMPLE_RATE_HZ)
_PREROLL = round(PREROLL_S * SAMPLE_RATE_HZ)
# The segmenter finds the beginning of speech, and its end, so long afterwards at most.
_NOTICED_WITHIN = (LIVE_RULE.start_within + LIVE_RULE.end) * CHUNK_LENGTH
_LEARNT_AT_ONCE = round(LEARNT_AT_ONCE_S * SAMPLE_RATE_HZ)
_MAX_UTTERANCE = round(MAX_UTTERANCE_S * SAMPLE_RATE_HZ)


class Session:
    """Predicts the emotions of one speaker, live.

    Args:
        predictor: the model.
        sample_rate_hz: of the samples that come.
        encoding: of the samples that come.
        hop_s: from one result to the next while somebody speaks.
        window_s: how much speech a result is made from, at most.
        baseline: the speaker's statistics; those of the training speakers by default.
        adapt: whether the baseline grows by each utterance; without effect if the model takes none.

    Attributes:
        baseline: what the features of the next window are normalised with; None for the statistics of the
            training speakers.

    Raises:
        BadBaseline: the model takes none, and there is one.
    """

    def __init__(
        self,
        predictor: EmotionPredictor,
        *,
        sample_rate_hz: int = SAMPLE_RATE_HZ,
        encoding: Encoding = "s16le",
        hop_s: float = HOP_S,
        window_s: float = WINDOW_S,
        baseline: Baseline | None = None,
        adapt: bool = True,
    ) -> None:
        if baseline is not None:
            predictor.require_scaling()
        self.baseline = baseline
        self._adapt = adapt and predictor.takes_baseline
        self._predictor = predictor
        self._reader = PcmReader(sample_rate_hz, encoding)
        self._segmenter = SpeechSegmenter(LIVE_RULE)
        self._smoother = Smoother(SMOOTHING_S)
        self._hop = round(hop_s * SAMPLE_RATE_HZ)
        self._window = round(longest_window_s(predictor.manifest.window, window_s) * SAMPLE_RATE_HZ)
        # Enough for the next window, and for the next piece to learn from, found late.
        self._recent = RecentSamples(max(self._window, 2 * _LEARNT_AT_ONCE) + _PREROLL + _NOTICED_WITHIN)
        self._utterance: _Utterance | None = None
        # Where the last utterance ended.
        self._ended = 0
        self._hurried = False

    @property
    def duration_s(self) -> float:
        """How many seconds of sound have come."""
        return self._recent.received / SAMPLE_RATE_HZ

    def lasts_s(self, piece: bytes) -> float:
        """Return how long the samples of `piece` last."""
        return self._reader.duration_s(piece)

    def feed(self, piece: bytes, *, hurried: bool = False) -> list[LiveLine]:
        """Take the next samples, and return the lines that follow from them.

        Args:
            piece: samples.
            hurried: whether to postpone results that are due; one later result stands for them.

        Raises:
            BadFrame: these are no samples; they are ignored, and the session goes on.
        """
        self._hurried = hurried
        return self._process(self._reader.read(piece))

    def skip(self, piece: bytes) -> list[LiveLine]:
        """Take the next samples for silence, which costs next to nothing; return the lines that follow.

        Args:
            piece: samples that are too old for a result.

        Raises:
            BadFrame: as `feed`.
        """
        y = np.zeros_like(self._reader.read(piece))
        self._hurried = True
        self._recent.add(y)
        return [line for step in self._segmenter.skip(len(y)) for line in self._advance(step)]

    def finish(self) -> list[LiveLine]:
        """End the utterance, and return the last lines; nothing can be fed afterwards."""
        self._hurried = False
        lines = self._process(self._reader.flush())
        if self._utterance is not None:
            lines += self._end(self._utterance, self._utterance.last_speech)
        return lines

    def _process(self, y: Waveform) -> list[LiveLine]:
        self._recent.add(y)
        return [line for step in self._segmenter.feed(y) for line in self._advance(step)]

    def _advance(self, step: Step) -> Iterator[LiveLine]:
        utterance = self._utterance
        if utterance is None:
            if step.current is not None and step.current[1] == step.at:
                yield self._begin(step.current[0], step)
            return
        if step.current is None:
            if step.ended is not None:
                yield from self._end(utterance, step.ended[1])
            return
        utterance.last_speech = step.current[1]
        # A pause adds nothing to the last result.
        is_due = step.at >= utterance.due and utterance.last_speech > utterance.result_until
        if is_due and not self._hurried:
            yield from self._result(utterance, step.at)
            # Results keep their rhythm, unless a pause has broken it.
            utterance.due = max(utterance.due, step.at - CHUNK_LENGTH) + self._hop
        if self._adapt and step.at - utterance.learnt_until >= 2 * _LEARNT_AT_ONCE:
            self._learn(utterance, utterance.learnt_until + _LEARNT_AT_ONCE)
        if step.at - utterance.start >= _MAX_UTTERANCE:
            yield from self._end(utterance, utterance.last_speech)

    def _begin(self, start: int, step: Step) -> SpeechStarted:
        if start >= self._ended:
            # After a pause, the emotion may be another, or the speaker.
            self._smoother = Smoother(SMOOTHING_S)
        else:
            # Speech without a long pause goes on after its first utterance was ended.
            start = step.at - CHUNK_LENGTH
        self._utterance = _Utterance(start, step.at, max(start - _PREROLL, self._ended))
        return SpeechStarted(_ms(start))

    def _end(self, utterance: _Utterance, end: int) -> Iterator[LiveLine]:
        self._utterance, self._ended = None, end
        # A single word ends before a result is due.
        if not utterance.probabilities:
            results = list(self._result(utterance, end))
            if not self._hurried:
                yield from results
        token, speech_s = None, 0.0
        if self._adapt:
            self._learn(utterance, end)
            if utterance.statistics is not None:
                own = utterance.statistics
                self.baseline = own if self.baseline is None else self.baseline + own
            if self.baseline is not None:
                token, speech_s = self.baseline.token(self._predictor.feature_set), self.baseline.speech_s
        verdict = self._verdict(utterance, end)
        affect = self._predictor.affect(verdict.probabilities if verdict else None)
        yield SpeechEnded(_ms(utterance.start), _ms(end), verdict, affect, token, speech_s)

    def _result(self, utterance: _Utterance, end: int) -> Iterator[Result]:
        utterance.result_until = end
        start = max(utterance.start - _PREROLL, end - self._window, 0)
        try:
            prediction = self._predictor.predict_waveform(
                self._recent.between(start, end), self.baseline, known_speech=True
            )
        except TooShort:
            return
        probabilities = list(prediction.probabilities.values())
        utterance.probabilities.append(probabilities)
        if prediction.network is not None:
            utterance.network.append(prediction.network)
        utterance.intensities.append(prediction.intensity)
        smoothed = self._predictor.named(self._smoother.update(probabilities, end / SAMPLE_RATE_HZ))
        yield Result(_ms(start), _ms(end), prediction, smoothed, self._predictor.affect(smoothed))

    def _verdict(self, utterance: _Utterance, end: int) -> Verdict | None:
        if not utterance.probabilities:
            return None
        labels = self._predictor.manifest.labels
        winner, share, counts = vote(utterance.probabilities)
        mean = np.mean(utterance.probabilities, axis=0)
        network = np.mean(utterance.network, axis=0)
        speech_s = (end - utterance.start) / SAMPLE_RATE_HZ
        uncertain = self._predictor.is_uncertain(float(mean[winner]), speech_s, network)
        votes = dict(zip(labels, counts.tolist(), strict=True))
        known = [each for each in utterance.intensities if each is not None]
        intensity = percent(float(np.mean(known)) / 100) if known else None
        return Verdict(labels[winner], share, self._predictor.named(mean), votes, uncertain, intensity)

    def _learn(self, utterance: _Utterance, end: int) -> None:
        """Add the frames up to `end` that were not learnt yet, each once, whatever hop and window are."""
        start, utterance.learnt_until = utterance.learnt_until, end
        extracted = self._predictor.extract(self._recent.between(start, end))
        # A frame at the very end is the first one of what follows.
        statistics = None if extracted is None else extracted.statistics(end=end - start)
        if statistics is None:
            return
        known = utterance.statistics
        utterance.statistics = statistics if known is None else known + statistics


def longest_window_s(window: Window, asked_s: float = WINDOW_S) -> float:
    """Return how long the windows of a session with a model are, at most.

    Args:
        window: the model's.
        asked_s: what was asked for.
    """
    # A window of one frame more would be covered by two.
    return min(asked_s, (window.length_frames - 1) * FRAME_S)


class _Utterance:
    """What is known of an utterance so far; times in samples."""

    def __init__(self, start: int, last_speech: int, learnt_until: int) -> None:
        self.start = start
        self.last_speech = last_speech
        self.due = start + _FIRST_RESULT
        self.result_until = start
        self.learnt_until = learnt_until
        self.probabilities: list[list[float]] = []
        self.network: list[NDArray[np.float32]] = []
        self.intensities: list[float | None] = []
        self.statistics: Baseline | None = None


def _ms(samples: int) -> int:
    return round(1000 * samples / SAMPLE_RATE_HZ)
