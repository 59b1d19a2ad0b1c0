"""`ser.features.mfcc` as a graph."""

from __future__ import annotations

import numpy as np
import onnx
import scipy.fft
import scipy.signal

from ser.audio.waveform import SAMPLE_RATE_HZ
from ser.features import mfcc
from ser.features.graphs import pitch
from ser.features.graphs.builder import Graph, Tensor
from ser.features.graphs.spectrum import Hops, Spectrum, decibels, in_blocks, trimmed
from ser.features.mel import mel_filters
from ser.features.pitch import WINDOW_LENGTH
from ser.features.served import FRAMES, LENGTH, START, WAVEFORM

# Those of which there is a graph, by name.
KNOWN = {each.name: each for each in (mfcc.MFCC, mfcc.MFCC_PITCH)}

# 400 = 20 * 20 points.
_SPECTRUM = Spectrum(20, 20)


def graph_of(features: mfcc.MfccFrames) -> onnx.ModelProto:
    """Return the graph from a waveform [shape=(n,)], float32, 16 kHz mono, to unscaled frames.

    Its outputs:
        frames: [shape=(T, D)], float32, as `features.extract` returns them. Where that raises, as less than
            0.1 s is left after trimming, they are those of the rest with zeros behind it.
        start: at which sample of the waveform the frames begin [shape=(1,)], int64.
        length: how many samples were left after trimming [shape=(1,)], int64.
    """
    graph = Graph()
    frames, start, length = frames_of(graph.input(WAVEFORM, np.float32, ["n"]), features)
    graph.output(FRAMES, frames, np.float32, ["T", features.width])
    graph.output(START, start, np.int64, [1])
    graph.output(LENGTH, length, np.int64, [1])
    return graph.model()


def frames_of(waveform: Tensor, features: mfcc.MfccFrames) -> tuple[Tensor, Tensor, Tensor]:
    """Return frames, start and length of a waveform [shape=(n,)]; see `graph_of`."""
    graph = waveform.graph
    y, start, length = trimmed(waveform)
    hops = Hops(y, max(mfcc.N_FFT, WINDOW_LENGTH))

    def of_block(indices: Tensor) -> Tensor:
        level_db = _mel_db(hops.frames(indices.part(pitch.AROUND, -pitch.AROUND), mfcc.N_FFT))
        if not features.with_pitch:
            return level_db
        return graph.join([level_db, *pitch.peaks(hops.frames(indices, WINDOW_LENGTH))], axis=1)

    width = mfcc.N_MELS + 3 * features.with_pitch
    found = in_blocks(hops.count, of_block, width, pitch.AROUND)
    level_db = found.part(0, mfcc.N_MELS, axis=1)
    level_db = level_db.at_least(level_db.max() - features.top_db)
    cosines = scipy.fft.dct(np.eye(mfcc.N_MELS), axis=0, norm="ortho")[: mfcc.N_MFCC]
    coefficients = level_db @ cosines.T
    blocks = [coefficients, *(_derivative(coefficients, order) for order in range(1, mfcc.N_BLOCKS))]
    if features.with_pitch:
        columns = range(mfcc.N_MELS, width)
        blocks.append(pitch.channels(*(found.part(column, column + 1, axis=1) for column in columns)))
    return graph.join(blocks, axis=1), start, length


def _mel_db(frames: Tensor) -> Tensor:
    """Return the level of each mel band in dB [shape=(B, N_MELS)], of frames [shape=(B, N_FFT)]."""
    window = scipy.signal.get_window("hann", mfcc.N_FFT)
    power = _SPECTRUM.power(frames * window, mfcc.N_FFT)
    return decibels(_SPECTRUM.summed(power, mel_filters(mfcc.N_FFT, mfcc.N_MELS, SAMPLE_RATE_HZ).T))


def _derivative(frames: Tensor, order: int) -> Tensor:
    """Return the Savitzky-Golay derivative over time of frames [shape=(T, D)], T at least `DELTA_WIDTH`."""
    graph, width = frames.graph, mfcc.DELTA_WIDTH
    # Of each of the first and last frames, from all of a filter's width: those of librosa's mode "interp".
    ends = scipy.signal.savgol_filter(np.eye(width), width, deriv=order, polyorder=order, axis=0)
    count = frames.size() - (width - 1)
    middle = [frames.part(step, count + step) * weight for step, weight in enumerate(ends[width // 2])]
    first = ends[: width // 2] @ frames.part(0, width)
    last = ends[-(width // 2) :] @ frames.part(-width, np.iinfo(np.int64).max)
    return graph.join([first, sum(middle[1:], middle[0]), last])
