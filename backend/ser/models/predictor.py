"""The pipeline of one clip: bytes -> waveform -> features, if it is speech -> windows -> `Prediction`."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from copy import copy
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ser import timestamps
from ser.audio.decoders import OWN_PROCESS, Decoder
from ser.audio.waveform import SAMPLE_RATE_HZ, Waveform
from ser.config import EngineName
from ser.errors import BadBaseline, BaselineTooShort, ModelError, TooLong
from ser.features.registry import Features, FeatureSet, Frames
from ser.features.served import served
from ser.limits import MAX_DURATION_S
from ser.models import prior
from ser.models.affect import Affect, affect_fields, derive_affect
from ser.models.aggregate import METHODS, mean
from ser.models.baseline import (
    MIN_BASELINE_S,
    MIN_DETECTED_S,
    Baseline,
    Statistics,
)
from ser.models.engines import Answers, ModelEngine, Probabilities, load_engine
from ser.models.extracted import Extracted, extract, extract_features
from ser.models.manifest import Scaling, Window
from ser.models.prior import PriorEngine
from ser.models.rounding import all_rounded, percent, rounded
from ser.models.store import ModelDirectory, takes_baseline
from ser.processor_slots import meanwhile, processor
from ser.speech import detector, gate
from ser.stages import stage

_BATCH_WINDOWS = 32


@dataclass(frozen=True)
class VoiceGender:
    """Whether the voice of a clip sounds female or male.

    Attributes:
        label: the more probable one.
        confidence: its probability, 0-1.
        low_information: whether it should be shown as uncertain.
    """

    label: str
    confidence: float
    low_information: bool

    def as_dict(self) -> dict[str, Any]:
        """Return it for JSON, with four decimals."""
        return {**vars(self), "confidence": rounded(self.confidence)}


@dataclass(frozen=True)
class Prediction:
    """The emotion of one clip.

    Attributes:
        probabilities: one per emotion, in the model's order; they sum to 1.
        network: of all the labels that the network knows [shape=(K,)], as `Answers.network`; None where only
            `probabilities` are known.
        statistics: of the clip's frames, by which a baseline can grow; None where the model reads no frames.
        low_information: whether it should be shown as uncertain.
        timestamp: when it was made, in the API's format.
        affect: see `EmotionPredictor.affect`.
        intensity: how strongly the emotion is expressed, 0-100 %; None from a model that does not tell.
        voice_gender: None where nobody asked for it.
    """

    probabilities: Mapping[str, float]
    statistics: Baseline | None = None
    low_information: bool = False
    timestamp: str = field(default_factory=timestamps.now)
    affect: Affect | None = None
    intensity: float | None = None
    voice_gender: VoiceGender | None = None
    network: NDArray[np.float32] | None = field(default=None, repr=False, compare=False)

    @property
    def emotion(self) -> str:
        """The most probable emotion."""
        return max(self.probabilities, key=self.probabilities.__getitem__)

    @property
    def confidence(self) -> float:
        """The probability of `emotion`, 0-1."""
        return self.probabilities[self.emotion]

    def as_dict(self) -> dict[str, Any]:
        """Return the published JSON shape: with four decimals."""
        return {
            "emotion": self.emotion,
            "confidence": rounded(self.confidence),
            "probabilities": all_rounded(self.probabilities),
            "timestamp": self.timestamp,
            "low_information": self.low_information,
            **affect_fields(self.affect),
            **intensity_field(self.intensity),
            **({"voice_gender": self.voice_gender.as_dict()} if self.voice_gender else {}),
        }


def intensity_field(intensity: float | None) -> dict[str, float]:
    """Return the field of an answer; none where the model does not tell."""
    return {} if intensity is None else {"intensity": intensity}


def in_percent(intensity: float) -> float | None:
    """Return an intensity of 0-1, or NaN where the model does not tell, as answers have it."""
    return None if math.isnan(intensity) else percent(intensity)


class EmotionPredictor:
    """A model, from a sound to a prediction. API, command line and evaluation predict with it.

    Args:
        directory: where the model is, and what its manifest says.
        engine: what runs its network.

    Attributes:
        name: the directory's, as `GET /models` has it; a copy has the manifest's name, too.
        manifest: what `model.json` says.
        feature_set: what the network reads.

    Raises:
        ModelError: a library that the features need is not installed.
    """

    def __init__(self, directory: ModelDirectory, engine: ModelEngine) -> None:
        self.name, self.manifest = directory.name, directory.manifest
        self.feature_set = directory.feature_set if engine.is_reference else served(directory.feature_set)
        self.feature_set.require_libraries()
        self._engine = engine

    @classmethod
    def load(cls, directory: Path | ModelDirectory, *, engine: EngineName = "onnx") -> EmotionPredictor:
        """Load a model directory.

        Raises:
            ModelError: there is no usable model in it.
        """
        if isinstance(directory, Path):
            directory = ModelDirectory(directory)
        return cls(directory, load_engine(engine, directory))

    def with_prior(self, text: str | None) -> EmotionPredictor:
        """Return this model for use where emotions are more or less frequent than in training.

        Args:
            text: emotions and their weights, as `Neutral=3`; the model stays as it is without any.

        Raises:
            BadPrior: it cannot be read, or names an emotion that the network does not know.
        """
        if not text:
            return self
        manifest, other = self.manifest, copy(self)
        others = [label for label in manifest.network_labels or () if label not in manifest.labels]
        other._engine = PriorEngine(self._engine, [*manifest.labels, *others], prior.parse(text))
        return other

    def predict(
        self,
        source: bytes | Path,
        baseline: Baseline | None = None,
        *,
        voice: EmotionPredictor | None = None,
        max_duration_s: float = MAX_DURATION_S,
        max_decoding_s: float | None = None,
        decoder: Decoder = OWN_PROCESS,
    ) -> Prediction:
        """Predict the emotion of an audio file.

        Args:
            source: the bytes of an audio file, or the path of one.
            baseline: the speaker's; None normalises with the training speakers' statistics.
            voice: a model of the task `voice_gender`, to tell that of the voice, too.
            max_duration_s: longer audio is refused.
            max_decoding_s: audio that takes more processor time to decode is refused.
            decoder: who decodes it.

        Raises:
            AudioError: the audio cannot be decoded, is too short or too long, or holds no speech.
            BadBaseline: this model takes no baseline.
            OSError: the path cannot be read.
        """
        with processor():
            decoded = decoder.decode(source, max_duration_s=max_duration_s, max_decoding_s=max_decoding_s)
            return self.predict_waveform(decoded.y, baseline, voice=voice)

    def predict_waveform(
        self,
        y: Waveform,
        baseline: Baseline | None = None,
        *,
        known_speech: bool = False,
        voice: EmotionPredictor | None = None,
    ) -> Prediction:
        """Predict the emotion of a waveform.

        Args:
            y: waveform [shape=(n,)], float32, 16 kHz mono.
            baseline: the speaker's; None normalises with the training speakers' statistics.
            known_speech: whether speech was detected in it already.
            voice: a model of the task `voice_gender`, to tell that of the voice, too.

        Raises:
            AudioError: it is too short or holds no speech.
            BadBaseline: this model takes no baseline.
        """
        duration_s = len(y) / SAMPLE_RATE_HZ
        # What is too short is refused as such first: a detector cannot judge so short a sound.
        with nullcontext() if known_speech else meanwhile(lambda: gate.require_speech(y)):
            features = extract_features(y, self.feature_set)
            prediction = self.predict_features(features, baseline, duration_s=duration_s)
        if voice is None:
            return prediction
        of_voice = voice.predict_features(
            features if self.reads_as(voice) else extract_features(y, voice.feature_set),
            duration_s=duration_s,
        )
        found = VoiceGender(of_voice.emotion, of_voice.confidence, of_voice.low_information)
        return replace(prediction, voice_gender=found)

    def reads_as(self, other: EmotionPredictor) -> bool:
        """Return whether another model reads the same features, so that they need be extracted only once."""
        return self.feature_set.kind == other.feature_set.kind

    def extract(self, y: Waveform) -> Extracted | None:
        """Return what windows of a long waveform [shape=(n,)] are predicted from; None for only silence."""
        return extract(y, self.feature_set)

    def predict_spans(
        self, extracted: Extracted, spans: Sequence[tuple[int, int]], baseline: Baseline | None = None
    ) -> list[Answers | None]:
        """Return the answers [shapes=(C,), (K,), ()] for windows of a sound; None for one of only silence.

        A window that is longer than the model's is covered by several, as a clip is.

        Args:
            extracted: of the sound (`extract`).
            spans: the windows [start, end), in samples from the sound's beginning.
            baseline: the speaker's; None normalises with the training speakers' statistics.

        Raises:
            BadBaseline: this model takes no baseline.
        """
        found = [extracted.window(*span) for span in spans]
        parts = [[] if features is None else list(self._windows(features)) for features in found]
        batch = [window for each in parts for window in each]
        rows = zip(*self._batch_answers(batch, baseline), strict=True) if batch else iter(())
        return [self._combined(list(islice(rows, len(each)))) for each in parts]

    def _windows(self, features: Features) -> Features:
        """Return the windows of features [shape=(B, ...)], each no longer than the model's."""
        if not self.feature_set.over_time:
            return features[np.newaxis]
        return windows(features, self.manifest.window)

    def _combined(self, rows: Sequence[tuple[NDArray[Any], ...]]) -> Answers | None:
        """Return one answer [shapes=(C,), (K,) and ()] for those of several windows; None of none."""
        if len(rows) > 1:
            return self._of_all(Answers(*(np.stack(each) for each in zip(*rows, strict=True))))
        return Answers(*rows[0]) if rows else None

    def _of_all(self, answers: Answers) -> Answers:
        """Return one answer [shapes=(C,), (K,) and ()] for those of all windows, at least one."""
        combine = METHODS[self.manifest.window.aggregate]
        return Answers(combine(answers.probabilities), mean(answers.network), answers.intensity.mean())

    def predict_features(
        self, features: Features, baseline: Baseline | None = None, *, duration_s: float = math.inf
    ) -> Prediction:
        """Predict the emotion of one clip's features; several windows become one answer.

        Args:
            features: of the clip.
            baseline: the speaker's; None normalises with the training speakers' statistics.
            duration_s: of the clip: of features that are not over time, nothing else tells how much speech
                there is.

        Raises:
            BadBaseline: this model takes no baseline.
        """
        probabilities, network, intensity = self._of_all(self._window_answers(features, baseline))
        statistics = Baseline.of(features) if self.feature_set.over_time else None
        speech_s = statistics.speech_s if statistics else duration_s
        named = self.named(probabilities)
        return Prediction(
            named,
            statistics,
            low_information=self.is_uncertain(float(probabilities.max()), speech_s, network),
            affect=self.affect(named),
            intensity=in_percent(float(intensity)),
            network=network,
        )

    def is_uncertain(
        self, confidence: float, speech_s: float, network: NDArray[np.floating[Any]] | None = None
    ) -> bool:
        """Whether an answer is of low information.

        That is so with too little confidence or speech, and where the network's most probable label is none
        that this model answers with: of speech that is Neutral, four emotions without Neutral tell nothing.

        Args:
            confidence: the probability of the answer.
            speech_s: how much speech it was made from, in seconds.
            network: probabilities of all the network's labels [shape=(K,)], as `Answers.network`; None where
                they are not known.
        """
        manifest = self.manifest
        is_other = network is not None and int(network.argmax()) >= len(manifest.labels)
        return is_other or confidence < manifest.min_confidence or speech_s < manifest.min_speech_s

    def window_probabilities(self, features: Features, baseline: Baseline | None = None) -> Probabilities:
        """Return the probabilities [shape=(windows, C)] of each window of one clip's features.

        Raises:
            BadBaseline: this model takes no baseline.
        """
        return self._window_answers(features, baseline).probabilities

    def _window_answers(self, features: Features, baseline: Baseline | None) -> Answers:
        """Return the answers for each window of one clip's features."""
        mean, scale = (None, None) if baseline is None else self._blended(baseline)
        batch = self._windows(features)
        starts = range(0, len(batch), _BATCH_WINDOWS)
        with stage("network"):
            return _joined([self._engine.answers(batch[i : i + _BATCH_WINDOWS], mean, scale) for i in starts])

    def _batch_answers(self, batch: Sequence[Features], baseline: Baseline | None) -> Answers:
        """Return the answers for n windows, n above 0, each no longer than the model's window.

        Windows of the same length go through the network together.
        """
        mean, scale = (None, None) if baseline is None else self._blended(baseline)
        lengths = np.array([len(features) for features in batch])
        order: list[int] = []
        found: list[Answers] = []
        for length in set(lengths.tolist()):
            (alike,) = np.nonzero(lengths == length)
            for some in np.split(alike, range(_BATCH_WINDOWS, len(alike), _BATCH_WINDOWS)):
                with stage("network"):
                    found.append(self._engine.answers(np.stack([batch[i] for i in some]), mean, scale))
                order += some.tolist()
        back = np.argsort(order)
        return Answers(*(each[back] for each in _joined(found)))

    def named(self, probabilities: NDArray[np.floating[Any]]) -> dict[str, float]:
        """Return label -> probability, of probabilities [shape=(C,)] in the model's order."""
        return dict(zip(self.manifest.labels, probabilities.tolist(), strict=True))

    def affect(self, probabilities: Mapping[str, float] | None) -> Affect | None:
        """Return sentiment, valence and arousal of probabilities; None if the labels are no emotions.

        Args:
            probabilities: one per label; None where nobody speaks.
        """
        return derive_affect(probabilities) if self.manifest.task == "emotion" else None

    def learn(
        self,
        sources: Iterable[bytes | Path],
        baseline: Baseline | None = None,
        *,
        max_duration_s: float = MAX_DURATION_S,
        max_decoding_s: float = math.inf,
        decoder: Decoder = OWN_PROCESS,
    ) -> Baseline:
        """Compute a speaker's baseline from recordings of that speaker.

        Args:
            sources: one audio file or several, each its bytes or its path.
            baseline: what is known of the speaker so far.
            max_duration_s: of all files together; longer audio is refused.
            max_decoding_s: of all files together; audio that takes more processor time is refused.
            decoder: who decodes them.

        Returns:
            `baseline` grown by the files' statistics.

        Raises:
            AudioError: a file cannot be decoded, is too short or too long, or holds no speech.
            BaselineTooShort: less than `MIN_BASELINE_S` are known in the end, or a first baseline is mostly
                of pauses.
            BadBaseline: this model reads no frames, so there are no statistics of them.
            OSError: a path cannot be read.
        """
        if not self.feature_set.over_time:
            raise self._takes_no_baseline()
        left_s, needed_s = max_duration_s, 0.0 if baseline else MIN_DETECTED_S
        for source in sources:
            with processor():
                decoded = decoder.decode(source, max_duration_s=max_duration_s, max_decoding_s=max_decoding_s)
                y = decoded.y
                max_decoding_s -= decoded.decoding_s
                left_s -= len(y) / SAMPLE_RATE_HZ
                if left_s < 0:
                    raise TooLong(f"At most {max_duration_s:g} s of audio are taken, all files together.")
                statistics = Baseline.of(self.speech_features(y))
                needed_s -= gate.speech_s(y, enough_s=max(needed_s, 0.0))
            baseline = statistics if baseline is None else baseline + statistics
        if baseline is None or baseline.speech_s < MIN_BASELINE_S:
            known_s = baseline.speech_s if baseline else 0.0
            raise BaselineTooShort(
                f"{known_s:.1f} s of speech were found; at least {MIN_BASELINE_S:g} s are needed."
            )
        if needed_s > 0:
            raise BaselineTooShort(
                f"In {baseline.speech_s:.1f} s, only {MIN_DETECTED_S - needed_s:.1f} s are speech and the "
                "rest is pauses; speak on."
            )
        return baseline

    def speech_features(self, y: Waveform) -> Features:
        """Return the features that this model reads of a waveform; see `speech_features`."""
        return speech_features(y, self.feature_set)

    @property
    def takes_baseline(self) -> bool:
        """Whether features can be normalised with a speaker's own statistics."""
        return takes_baseline(self.manifest, self.feature_set)

    def require_scaling(self) -> Scaling:
        """Return what a baseline is blended with.

        Raises:
            BadBaseline: this model takes no baseline.
        """
        if self.manifest.scaling is None or not self.takes_baseline:
            raise self._takes_no_baseline()
        return self.manifest.scaling

    def _takes_no_baseline(self) -> BadBaseline:
        return BadBaseline(f"The model '{self.manifest.name}' takes no baseline; send none.")

    def _blended(self, baseline: Baseline) -> tuple[Statistics, Statistics]:
        scaling = self.require_scaling()
        return baseline.blended(scaling.mean, scaling.scale, self.manifest.prior_frames)

    def warm_up(self) -> None:
        """Pay now for every first call of the pipeline, so that no request does.

        Raises:
            ModelError: the network cannot be run on features of the shape that the manifest names.
        """
        self.feature_set.warm_up()
        detector.warm_up()
        for shape in self._usual_shapes():
            try:
                self._engine.run(np.zeros((1, *shape), np.float32))
            except Exception as error:
                name = self.manifest.name
                raise ModelError(f"The network of '{name}' cannot read features {shape}: {error}") from error

    def _usual_shapes(self) -> list[tuple[int, ...]]:
        if self.feature_set.over_time:
            length = self.manifest.window.length_frames
            return [(max(length // 2, 1), self.feature_set.width), (length, self.feature_set.width)]
        return [tuple(size or 1 for size in self.feature_set.shape)]


def _joined(parts: Sequence[Answers]) -> Answers:
    return Answers(*(np.concatenate(each) for each in zip(*parts, strict=True)))


def speech_features(y: Waveform, feature_set: FeatureSet) -> Features:
    """Return the unscaled features of a waveform [shape=(n,)] in which somebody speaks.

    Raises:
        AudioError: it is too short or holds no speech.
    """
    # First the features, which refuse what is too short: a detector cannot judge so short a sound.
    features = extract_features(y, feature_set)
    gate.require_speech(y)
    return features


def windows(frames: Frames, window: Window) -> Frames:
    """Cover frames [shape=(T, D)] with overlapping windows [shape=(B, min(T, length_frames), D)].

    The last window ends with the last frame: nothing is cut and nothing is padded.
    """
    length = window.length_frames
    last = len(frames) - length
    if last <= 0:
        return frames[np.newaxis]
    starts = [*range(0, last, window.hop_frames), last]
    return np.stack([frames[start : start + length] for start in starts])
