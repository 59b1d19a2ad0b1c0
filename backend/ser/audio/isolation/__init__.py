"""Decoding in processes of their own, which may neither open files nor reach a network.

`launcher` starts them, `decoder_process` is what they run within the limits of `sandbox`, and `decoder` is
how the others use them, by the messages of `messages`.
"""
