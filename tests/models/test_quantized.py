from __future__ import annotations

import numpy as np

from ser.models.quantized import QuantizedFrames


def test_restored_frames_are_at_most_half_a_step_off() -> None:
    rng = np.random.default_rng(0)
    frames = (rng.normal(0, 10 ** rng.uniform(-3, 3, 12), (500, 12))).astype(np.float32)
    kept = QuantizedFrames.of(frames)
    assert kept.steps.nbytes == frames.size
    step = np.ptp(frames, axis=0) / 255
    assert (np.abs(kept.restored() - frames) <= 0.51 * step).all()


def test_features_that_do_not_change_stay_as_they_are() -> None:
    frames = np.full((7, 3), 1.5, np.float32)
    np.testing.assert_array_equal(QuantizedFrames.of(frames).restored(), frames)
