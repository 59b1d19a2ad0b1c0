from __future__ import annotations

import numpy as np

from clips import CLIPS
from ser.audio.decode import decode
from ser.speech.detector import CHUNK_LENGTH, SpeechDetector, chunk_probabilities


def test_pieces_and_the_whole_recording_have_the_same_probabilities() -> None:
    y = decode(CLIPS[0].path)
    whole = SpeechDetector().probabilities(y)
    pieces = SpeechDetector()
    found = [pieces.probabilities(part) for part in np.split(y, [1, 700, 5_000, 5_001])]
    assert len(whole) == len(y) // CHUNK_LENGTH
    np.testing.assert_array_equal(np.concatenate(found), whole)
    assert whole.max() > 0.5


def test_a_waveform_has_a_probability_for_each_chunk_begun() -> None:
    y = decode(CLIPS[0].path)[: 10 * CHUNK_LENGTH + 1]
    found = list(chunk_probabilities(y))
    assert len(found) == 11
    assert all(0 <= probability <= 1 for probability in found)
    # The state of the detector does not outlast a waveform.
    assert list(chunk_probabilities(y)) == found


def test_a_quiet_recording_is_amplified() -> None:
    y = decode(CLIPS[1].path)
    quiet = (y * 10 ** (-40 / 20)).astype(np.float32)
    assert np.mean(SpeechDetector().probabilities(quiet) > 0.5) > 0.5 * np.mean(
        SpeechDetector().probabilities(y) > 0.5
    )
