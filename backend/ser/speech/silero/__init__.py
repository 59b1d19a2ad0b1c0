"""Silero's detector of speech (MIT) as one graph for many chunks: its own weights, in products of matrices.

`graph` writes the graph without weights, which is in the repository. `download` takes the weights from
Silero's package, and writes both into one file, which is not.
"""
