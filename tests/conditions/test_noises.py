"""Background noise: folders of recordings, levels, and the mixes that models are tested with."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from clips import CLIPS, sound_file
from ser.audio.waveform import Waveform
from ser.conditions import noises
from ser.conditions.mixes import NoiseMixer
from ser.errors import CorpusError

TALKERS = [(clip.speaker, clip.path) for clip in CLIPS]


def test_a_folder_of_noise_may_hold_other_files(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    for name in ("LICENSE.txt", "cut.ogg", ".DS_Store"):
        (tmp_path / name).write_text("no sound")
    (tmp_path / "silent.wav").write_bytes(sound_file(np.zeros(16_000)))
    with pytest.raises(CorpusError, match=r"no recording of noise(?s:.+)LICENSE.txt: "):
        noises.load(tmp_path)
    (tmp_path / "rain.wav").write_bytes(sound_file(np.ones(16_000) / 2))
    (tmp_path / "hum").write_bytes(sound_file(np.ones(16_000) / 2))
    assert [path.name for path in noises.load(tmp_path)] == ["hum", "rain.wav"]
    assert "3 files of" in caplog.text
    for name in ("LICENSE.txt", "cut.ogg", "silent.wav"):
        assert f"{name}: " in caplog.text


@pytest.mark.parametrize("snr_db", [0, 10, 20])
def test_noise_is_added_at_the_ratio_asked_for(snr_db: int, speech: Waveform) -> None:
    quiet = speech / 10
    noise = np.random.default_rng(0).standard_normal(100).astype(np.float32)
    added = noises.add(quiet, noise, snr_db) - quiet
    ratio_db = 10 * np.log10(np.square(quiet).mean() / np.square(added).mean())
    assert ratio_db == pytest.approx(snr_db, abs=0.1)
    np.testing.assert_array_equal(noises.add(quiet, np.zeros(10, np.float32), snr_db), quiet)
    np.testing.assert_array_equal(noises.add(quiet, None, snr_db), quiet)


def test_babble_is_made_of_other_speakers() -> None:
    alone = NoiseMixer(TALKERS[:1], None, seed=0)
    assert alone.lacks == {"babble", "noise", "reference"}
    (one,) = alone.draw([TALKERS[0][0]])
    assert one.babble is None
    assert NoiseMixer(TALKERS, None, seed=0).lacks == {"noise", "reference"}


def test_recorded_noise_comes_from_a_folder(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="no recording"):
        NoiseMixer(TALKERS, tmp_path, seed=0)
    (tmp_path / "broken.wav").write_bytes(b"RIFF")
    with pytest.raises(CorpusError, match="no recording"):
        NoiseMixer(TALKERS, tmp_path, seed=0)
    (tmp_path / "noise.webm").write_bytes(CLIPS[0].path.read_bytes())
    mixer = NoiseMixer(TALKERS, tmp_path, seed=0)
    assert mixer.lacks == {"reference"}
    mixes = list(mixer.draw([speaker for speaker, _ in TALKERS]))
    assert all(each.noise is not None and each.noise.any() for each in mixes)
