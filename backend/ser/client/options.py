"""What requests can ask for, and how that is sent. docs/api.md says what each option does."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Literal, TypedDict

from ser.client.answers import Baseline

# Emotion -> how many times as frequent it is as in training; or the same as text, `Neutral=3,Angry=0.5`.
Prior = Mapping[str, float] | str


class LearnOptions(TypedDict, total=False):
    """Options of `learn`.

    Attributes:
        model: a name of `models()`; the server's default one without it.
        baseline: of the same speaker, to update; or its token.
    """

    model: str | None
    baseline: Baseline | str | None


class PredictOptions(TypedDict, total=False):
    """Options of `predict`.

    Attributes:
        model: a name of `models()`; the server's default one without it.
        baseline: of the speaker, or its token.
        prior: how frequent emotions are where the clip comes from.
        adapt: whether the answer has the baseline updated with this clip.
        voice_gender: whether the answer says if the voice sounds female or male. This is biometric
            categorisation: tell the people whose voices it is used on.
    """

    model: str | None
    baseline: Baseline | str | None
    prior: Prior | None
    adapt: bool
    voice_gender: bool


class AnalyzeOptions(TypedDict, total=False):
    """Options of `analyze` and `analyze_lines`.

    Attributes:
        model: a name of `models()`; the server's default one without it.
        baseline: `recording` (the default), `none`, or a speaker's baseline or its token.
        prior: how frequent emotions are where the recording comes from.
        voice_gender: as for `predict`.
        channels: `split` analyses the two channels of a stereo recording apart.
        speakers: 2 tells two speakers of a mixed recording apart.
        peaks: whether the answer has the peaks of the waveform.
    """

    model: str | None
    baseline: Baseline | str | None
    prior: Prior | None
    voice_gender: bool
    channels: Literal["mix", "split"]
    speakers: Literal[1, 2]
    peaks: bool


class StreamOptions(TypedDict, total=False):
    """Options of `stream` and `open_stream`.

    Attributes:
        model: a name of `models()`; the server's default one without it.
        baseline: of the speaker, or its token.
        prior: how frequent emotions are where somebody speaks.
        adapt: whether the baseline grows by each utterance; it does by default.
        sample_rate_hz: of the sound, 8000 to 48000; 16000 by default.
        encoding: of the sound, little-endian: 16-bit integers (the default), or floats within -1..1.
        hop_s: from result to result, 0.25 to 5.
        window_s: how much speech one result is made from, 1 to 4.
    """

    model: str | None
    baseline: Baseline | str | None
    prior: Prior | None
    adapt: bool
    sample_rate_hz: int
    encoding: Literal["s16le", "f32le"]
    hop_s: float
    window_s: float


def form_of(kind: type, options: Mapping[str, object]) -> dict[str, str]:
    """Return the text fields of a form.

    Args:
        kind: which options there are.
        options: those that were given; None and False are left to the server's default.

    Returns:
        Field -> text.

    Raises:
        TypeError: there is no such option.
    """
    _require_known(kind, options)
    asked = {
        name: _text(value) for name, value in options.items() if value is not None and value is not False
    }
    return {name: text for name, text in asked.items() if text}


def config_of(options: Mapping[str, object]) -> str:
    """Return the first message of a live stream.

    Args:
        options: of `StreamOptions`; None is left to the server's default.

    Returns:
        JSON.

    Raises:
        TypeError: there is no such option.
    """
    _require_known(StreamOptions, options)
    asked = {
        name: value if isinstance(value, bool | int | float) else _text(value)
        for name, value in options.items()
        if value is not None
    }
    return json.dumps({"type": "config", **asked})


def _require_known(kind: type, options: Mapping[str, object]) -> None:
    known = kind.__annotations__
    if unknown := sorted(options.keys() - known.keys()):
        raise TypeError(f"There is no option '{unknown[0]}'; there are {', '.join(known)}.")


def _text(value: object) -> str:
    if isinstance(value, Baseline):
        return value.token
    if isinstance(value, Mapping):
        return ",".join(f"{emotion}={weight}" for emotion, weight in value.items())
    return "true" if value is True else str(value)
