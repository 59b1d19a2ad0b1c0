from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from clips import CLIPS
from ser.audio.decode import decode
from ser.errors import ModelError
from ser.speech.detector import CHUNK_LENGTH, SpeechDetector, _session, chunk_probabilities


def test_pieces_and_the_whole_recording_have_the_same_probabilities() -> None:
    y = decode(CLIPS[0].path)
    whole = SpeechDetector().probabilities(y)
    pieces = SpeechDetector()
    found = [pieces.probabilities(part) for part in np.split(y, [1, 700, 5_000, 5_001])]
    assert len(whole) == len(y) // CHUNK_LENGTH
    np.testing.assert_allclose(np.concatenate(found), whole, atol=1e-5)
    assert whole.max() > 0.5


def test_a_waveform_has_a_probability_for_each_chunk_begun() -> None:
    y = decode(CLIPS[0].path)[: 10 * CHUNK_LENGTH + 1]
    found = list(chunk_probabilities(y))
    assert len(found) == 11
    assert all(0 <= probability <= 1 for probability in found)
    # The state of the detector does not outlast a waveform.
    assert list(chunk_probabilities(y)) == found


def test_what_was_skipped_is_not_remembered() -> None:
    y = decode(CLIPS[0].path)
    detector = SpeechDetector()
    detector.probabilities(np.zeros(100, np.float32))
    assert detector.skip(len(y) + CHUNK_LENGTH - 100) == len(y) // CHUNK_LENGTH + 1
    anew = SpeechDetector()
    anew.probabilities(np.zeros(len(y) % CHUNK_LENGTH, np.float32))
    expected = anew.probabilities(y)
    np.testing.assert_allclose(detector.probabilities(y), expected, atol=1e-5)


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="threads are counted by Linux")
def test_it_starts_no_threads() -> None:
    program = """
import os
import numpy as np
from ser.speech import detector
from ser.speech.gate import has_speech
import onnxruntime
before = len(os.listdir("/proc/self/task"))
has_speech(np.random.default_rng(0).normal(0, 0.1, 160_000).astype(np.float32))
print(len(os.listdir("/proc/self/task")) - before)
"""
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "0"


def test_a_missing_file_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ser.speech.detector.FILE_NAME", "nothing.onnx")
    with pytest.raises(ModelError, match=r"nothing\.onnx is missing.*silero\.download"):
        _session.__wrapped__()


def test_a_quiet_recording_is_amplified() -> None:
    y = decode(CLIPS[1].path)
    quiet = (y * 10 ** (-40 / 20)).astype(np.float32)
    assert np.mean(SpeechDetector().probabilities(quiet) > 0.5) > 0.5 * np.mean(
        SpeechDetector().probabilities(y) > 0.5
    )
