"""How much is taken, unless a setting says otherwise."""

from __future__ import annotations

# A baseline's token, or any other text of a form: far more than a token needs.
MAX_TEXT_BYTES = 64 * 1024
# One clip of /predict.
MAX_DURATION_S = 300.0
# Processor time to decode it. 300 s of Opus took 0.6 s, and a CPU three times slower must still read it.
MAX_DECODING_S = 3.0
# One recording of /analyze.
MAX_ANALYZED_S = 4 * 3600.0
