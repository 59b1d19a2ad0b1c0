"""Feature sets as ONNX graphs, from a waveform on: what serves a model needs neither librosa nor Python.

librosa defines the features, and training uses it; tests hold the graphs to it.
"""
