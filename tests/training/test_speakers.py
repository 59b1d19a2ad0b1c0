from __future__ import annotations

import numpy as np

from clips import CLIPS
from ser.speech import speakers
from ser.training.speakers import DIMENSIONS, Speaker, fit, speakers_of

RNG = np.random.default_rng(0)


def test_the_projection_keeps_what_differs_between_speakers() -> None:
    # Feature 0 differs between speakers, feature 1 varies as much within each.
    voices = [RNG.normal(0, 1, 124) * (np.arange(124) != 1) for _ in range(60)]
    noise = np.where(np.arange(124) == 1, 10.0, 1.0)
    parts = [Speaker(voice + noise * RNG.normal(0, 1, (50, 124)), True) for voice in voices]
    scale, shift = fit(parts)
    assert scale.shape == (124, DIMENSIONS)
    assert shift.shape == (DIMENSIONS,)
    weights = np.linalg.norm(scale * noise[:, np.newaxis], axis=1)
    assert weights[1] < 0.5 * np.median(weights)
    projected = np.concatenate([each.parts for each in parts]) @ scale + shift
    np.testing.assert_allclose(projected.mean(axis=0), 0, atol=1e-6)


def test_clips_become_parts_of_their_speakers() -> None:
    found = list(speakers_of(CLIPS[:3], None, RNG))
    assert len(found) == 3
    assert all(each.is_plain and each.parts.shape[1] == 124 and len(each.parts) for each in found)


def test_the_shipped_projection_reads_what_speech_is_described_by() -> None:
    scale, shift = speakers._projection()
    assert scale.shape == (124, DIMENSIONS)
    assert shift.shape == (DIMENSIONS,)
    assert np.isfinite(scale).all()
    assert np.isfinite(shift).all()
