"""Puts features before a network, so that one ONNX file goes from a waveform to probabilities.

`docs/embed.md` says how it is used without this package.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import helper, numpy_helper

from ser.audio.waveform import SAMPLE_RATE_HZ
from ser.features.graphs import mfcc
from ser.features.graphs.builder import Graph, Tensor, has_same_operators
from ser.features.registry import FeatureSet
from ser.features.served import LENGTH, START, WAVEFORM
from ser.models.engines import FRAMES_INPUT, INTENSITY_OUTPUT, MEAN_INPUT, SCALE_INPUT, TINY
from ser.models.manifest import Window

# Of the outputs for a whole clip; those without it are for each window.
CLIP = "clip_"
COUNT, SUM, SUM_SQUARES = "count", "sum", "sum_squares"
# What a file says of itself, as ONNX's metadata.
LABELS, SAMPLE_RATE, LICENCE = "labels", "sample_rate_hz", "licence"

_PREFIX = "clip/"


def add_features(
    file: Path, features: FeatureSet, window: Window, labels: Mapping[str, Sequence[str]], licence: str
) -> None:
    """Do as `with_features` to a file of a network.

    Args:
        file: of ONNX; it is written again.
        features: see there.
        window: see there.
        labels: see there.
        licence: of the weights, for the file's metadata.
    """
    model = with_features(onnx.load(file), features, window, labels)
    said = {LABELS: {name: list(each) for name, each in labels.items()}, SAMPLE_RATE: SAMPLE_RATE_HZ}
    props = {name: json.dumps(value) for name, value in said.items()}
    helper.set_model_props(model, {**props, LICENCE: licence})
    onnx.save(model, file)


def with_features(
    network: onnx.ModelProto, features: FeatureSet, window: Window, labels: Mapping[str, Sequence[str]]
) -> onnx.ModelProto:
    """Return a model that takes a waveform or, as before, frames.

    Inputs, each of which must be given, as runtimes for browsers know no others; an empty one is left out:
        waveform: [shape=(n,)], float32, 16 kHz mono. It is trimmed, and covered with windows.
        frames: [shape=(B, T, D)], float32: windows of unscaled frames, instead of a waveform.
        mean, scale: [shape=(D,)] those of a speaker; where `network` takes them.

    Outputs beside those of `network`, which are of each window [shape=(B, ...)]. All are of a waveform:
        clip_<output>: the mean over the windows, [shape=(C,)] of probabilities, which sum to 1, and
            [shape=(1,)] of the intensity.
        clip_frames: all of its frames [shape=(T, D)].
        start, length: the sound that is left after trimming, in samples [shape=(1,) each], int64. Frames
            are made even of less than a clip must have.
        count, sum, sum_squares: what a baseline is made of: their number [shape=(1,)], int64, and sums over
            them [shape=(D,) each], float64.

    Args:
        network: from frames to outputs, the first of which are probabilities.
        features: that it reads.
        window: how long a window is.
        labels: output -> its labels, in order.

    Returns:
        the model; `network` itself where there is no graph of these features, where windows vote, or where
        its operators are of another version.
    """
    known = mfcc.KNOWN.get(features.name)
    if known is None or window.aggregate != "mean" or not has_same_operators(network):
        return network
    graph = Graph(_PREFIX)
    waveform = graph.input(WAVEFORM, np.float32, ["n"])
    frames = graph.input(FRAMES_INPUT, np.float32, ["B", "T", known.width])

    def of_waveform() -> Sequence[Tensor]:
        found, start, length = mfcc.frames_of(waveform, known)
        return found, _windows(found, window), start, length

    def of_frames() -> Sequence[Tensor]:
        none = frames.size() * np.int64(0)
        return frames.reshape(-1, known.width).part(0, 0), frames, none, none

    are_frames = (frames.size() > np.int64(0)).reshape()
    types: list[type[np.generic]] = [np.float32, np.float32, np.int64, np.int64]
    of_clip, batch, start, length = graph.choose(are_frames, of_frames, of_waveform, types)
    given = {FRAMES_INPUT: batch}
    usual = {each.name: numpy_helper.to_array(each) for each in network.graph.initializer}
    for name in (MEAN_INPUT, SCALE_INPUT):
        if name in usual:
            own = graph.input(name, np.float32, [f"{name}_D"])
            given[name] = graph.join([own, usual[name]]).part(0, known.width)
    for name, value in graph.include(network, given).items():
        total, windows = value.sum(), batch.size()
        if name == INTENSITY_OUTPUT:
            mean = total / windows.at_least(np.int64(1)).cast(np.float32)
            graph.output(f"{CLIP}{name}", mean.reshape(1), np.float32, [1])
        else:
            # Of no window, there is nothing to divide.
            clip = total / graph.node("ReduceSum", total, keepdims=1).at_least(TINY)
            graph.output(f"{CLIP}{name}", clip, np.float32, [len(labels[name])])
    exact = of_clip.cast(np.float64)
    graph.output(f"{CLIP}{FRAMES_INPUT}", of_clip, np.float32, ["clip_T", known.width])
    graph.output(START, start, np.int64, [1])
    graph.output(LENGTH, length, np.int64, [1])
    graph.output(COUNT, of_clip.size(), np.int64, [1])
    graph.output(SUM, exact.sum(), np.float64, [known.width])
    graph.output(SUM_SQUARES, (exact * exact).sum(), np.float64, [known.width])
    return graph.model()


def _windows(frames: Tensor, window: Window) -> Tensor:
    """Cover frames [shape=(T, D)] as `ser.models.predictor.windows` does."""
    graph = frames.graph
    length = frames.size().at_most(np.int64(window.length_frames))
    last = frames.size() - length
    starts = graph.node("Range", np.int64(0), last.reshape(), np.int64(window.hop_frames))
    starts = graph.join([starts, last])
    steps = graph.node("Range", np.int64(0), length.reshape(), np.int64(1))
    return graph.node("Gather", frames, starts.reshape(-1, 1) + steps)
