"""Writes Silero's network without its weights: `python -m ser.speech.silero.graph`.

It computes what `silero_vad_16k_sequence.onnx` of Silero's package computes, and takes and gives the same.
There, convolutions over the four frames of a chunk are computed chunk by chunk; here, each is one product of
matrices for all chunks, which takes a third of the time.
"""

from __future__ import annotations

import numpy as np
import onnx

from ser.features.graphs.builder import Graph, Tensor
from ser.speech.silero import download

CHUNK_LENGTH, CONTEXT_LENGTH, STATE_SIZE = 512, 64, 128
# A chunk, with what comes before it and a reflection of its end, is four frames.
WINDOW_LENGTH, HOP_LENGTH, FRAMES, BINS = 256, 128, 4, 129
# Of each convolution over time: channels in and out, frames in, and the distance of two results.
CONVOLUTIONS = ((BINS, 128, FRAMES, 1), (128, 64, FRAMES, 2), (64, 64, 2, 2), (64, 128, 1, 1))
# As Silero's file names its weights, with their shapes.
WEIGHTS: dict[str, tuple[int, ...]] = {
    "stft.forward_basis_buffer": (2 * BINS, 1, WINDOW_LENGTH),
    **{
        f"encoder.{number}.{name}": shape
        for number, (channels, outputs, *_) in enumerate(CONVOLUTIONS)
        for name, shape in (("weight", (outputs, channels, 3)), ("bias", (outputs,)))
    },
    "onnx::LSTM_209": (1, 4 * STATE_SIZE, STATE_SIZE),
    "onnx::LSTM_210": (1, 4 * STATE_SIZE, STATE_SIZE),
    "onnx::LSTM_211": (1, 8 * STATE_SIZE),
    "output.weight": (1, STATE_SIZE, 1),
    "output.bias": (1,),
}


def network() -> onnx.ModelProto:
    """Return the network; its weights, `WEIGHTS`, are named and missing.

    Inputs: `input` [shape=(n, 576)], float32, chunks of 512 samples at 16 kHz, each after the 64 before it;
    `h` and `c` [shape=(1, 1, 128)], what it remembers. Outputs: `speech_probs` [shape=(n,)], `hn` and `cn`.
    """
    graph = Graph()
    chunks = graph.input("input", np.float32, ["chunks", CONTEXT_LENGTH + CHUNK_LENGTH])
    h, c = (graph.input(name, np.float32, [1, 1, STATE_SIZE]) for name in ("h", "c"))
    weights = {name: graph.input(name, np.float32, shape) for name, shape in WEIGHTS.items()}

    x = magnitudes(chunks, weights["stft.forward_basis_buffer"].reshape(2 * BINS, WINDOW_LENGTH))
    for number, (*_, frames, stride) in enumerate(CONVOLUTIONS):
        weight, bias = (weights[f"encoder.{number}.{name}"] for name in ("weight", "bias"))
        x = graph.node("Relu", convolution(x, weight, bias, frames, stride))
    of_lstm = (weights[f"onnx::LSTM_{number}"] for number in (209, 210, 211))
    sequence = x.reshape(-1, 1, STATE_SIZE)
    y, hn, cn = graph.nodes("LSTM", 3, sequence, *of_lstm, None, h, c, hidden_size=STATE_SIZE)
    units = graph.node("Relu", y.reshape(-1, STATE_SIZE))
    last = graph.node("Gemm", units, weights["output.weight"].reshape(STATE_SIZE, 1), weights["output.bias"])
    graph.output("speech_probs", graph.node("Sigmoid", last).reshape(-1), np.float32, ["chunks"])
    graph.output("hn", hn, np.float32, [1, 1, STATE_SIZE])
    graph.output("cn", cn, np.float32, [1, 1, STATE_SIZE])

    model = graph.model()
    # What are inputs with a value could be given anew: ONNX Runtime would compute matrices of them each time.
    del model.graph.input[3:]
    return model


def magnitudes(chunks: Tensor, basis: Tensor) -> Tensor:
    """Return the spectra of the four frames of each chunk, one after the other [shape=(n, 516)].

    Args:
        chunks: [shape=(n, 576)].
        basis: cosines and sines, windowed [shape=(258, 256)].
    """
    graph, length = chunks.graph, CONTEXT_LENGTH + CHUNK_LENGTH
    starts = [number * HOP_LENGTH for number in range(FRAMES)]
    reflected = np.arange(length - 2, length - 2 - CONTEXT_LENGTH, -1)
    frames = [chunks.part(start, min(start + WINDOW_LENGTH, length), axis=1) for start in starts]
    frames.append(graph.node("Gather", chunks, reflected, axis=1))
    of_all = graph.join(frames, axis=1).reshape(-1, WINDOW_LENGTH)
    spectra = of_all @ graph.node("Transpose", basis, perm=[1, 0])
    real, imaginary = graph.split(spectra, [BINS, BINS], axis=1)
    return graph.node("Sqrt", real * real + imaginary * imaginary).reshape(-1, FRAMES * BINS)


def convolution(x: Tensor, weight: Tensor, bias: Tensor, frames: int, stride: int) -> Tensor:
    """Return a convolution over time, three frames wide, with zeros around, as one product of matrices.

    Args:
        x: the frames of each chunk, one after the other [shape=(n, frames * channels)].
        weight: [shape=(outputs, channels, 3)].
        bias: [shape=(outputs,)].
        frames: how many there are.
        stride: the distance of two results, in frames.

    Returns:
        The results of each chunk, one after the other.
    """
    graph = x.graph
    # [shape=(3, channels, outputs)].
    taps = graph.split(graph.node("Transpose", weight, perm=[2, 1, 0]), [1, 1, 1], axis=0)
    zeros = taps[0] * 0.0
    results = range(0, frames, stride)
    rows = [
        graph.join([taps[at - result + 1] if abs(at - result) <= 1 else zeros for result in results], axis=2)
        for at in range(frames)
    ]
    matrix = graph.node("Squeeze", graph.join(rows, axis=1), np.array([0]))
    return graph.node("Gemm", x, matrix, graph.join([bias] * len(results)))


if __name__ == "__main__":
    download.NETWORK.write_bytes(network().SerializeToString())
