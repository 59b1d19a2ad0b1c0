"""How well a model tells how strongly an emotion is expressed, against what loudness alone tells."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from joblib import Parallel, delayed
from scipy.stats import rankdata

from ser.audio import decode as audio
from ser.corpora.base import UNSPECIFIED
from ser.errors import AudioError
from ser.evaluation.contents import IntensityReport, PlayedIntensity
from ser.evaluation.evaluator import Answers, Evaluator
from ser.evaluation.metrics import Estimate, Floats
from ser.evaluation.tables import as_table, interval
from ser.features.trimming import trimmed

# The RMS of silence, so that its level is finite.
_SILENCE = 1e-6


def measure(evaluator: Evaluator, none: Answers) -> IntensityReport | None:
    """Compare the intensities with what listeners rated; None where either is not there.

    Args:
        evaluator: of the model.
        none: its answers without a baseline.
    """
    rated = np.array([np.nan if clip.strength is None else clip.strength for clip in evaluator.scored])
    told = none.intensity
    kept = np.flatnonzero(~np.isnan(rated) & ~np.isnan(told))
    if not len(kept) or np.ptp(rated[kept]) == 0 or np.ptp(told[kept]) == 0:
        return None
    levels = _levels_db([evaluator.scored[index].path for index in kept])

    def rank_correlation(found: Floats) -> Estimate:
        sums = _sums(rankdata(found), rankdata(rated[kept]))
        of_speakers = np.zeros((1, len(evaluator.speakers), 1, sums.shape[1]))
        np.add.at(of_speakers[0, :, 0], evaluator.speaker_of[kept], sums)
        return evaluator.bootstrap.estimate(of_speakers, _correlation)

    played = np.array([evaluator.scored[index].intensity for index in kept])
    return IntensityReport(
        clips=len(kept),
        model=rank_correlation(told[kept]),
        loudness=rank_correlation(levels),
        played=[
            PlayedIntensity(
                name=str(name),
                clips=int((played == name).sum()),
                rated=float(rated[kept][played == name].mean()),
                model=float(told[kept][played == name].mean()),
            )
            for name in sorted(
                set(played) - {UNSPECIFIED}, key=lambda name: rated[kept][played == name].mean()
            )
        ],
    )


def section(found: IntensityReport) -> str:
    """Return the figures in Markdown, for a page."""
    text = (
        f"Rank correlation (Spearman) with what listeners rated, over {found.clips:,} clips: "
        f"**{interval(found.model)}**; that of loudness alone (RMS of the clip): {interval(found.loudness)}. "
        "A listener who heard no emotion counts as 0."
    )
    if not found.played:
        return text
    rows = [
        [each.name, f"{each.clips}", f"{100 * each.rated:.0f} %", f"{100 * each.model:.0f} %"]
        for each in found.played
    ]
    table = as_table([["as the actor was to play it", "clips", "listeners, mean", "model, mean"], *rows])
    return f"{text}\n\n{table}"


def _sums(x: Floats, y: Floats) -> Floats:
    """Return what a correlation is made of, for each clip [shape=(n, 6)]."""
    return np.stack([np.ones(len(x)), x, y, x * x, y * y, x * y], axis=1)


def _correlation(sums: Floats) -> Floats:
    """Return the correlation [shape=(...)] of sums [shape=(..., 1, 6)]; NaN of a constant."""
    n, x, y, xx, yy, xy = np.moveaxis(sums[..., 0, :], -1, 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        found: Floats = (n * xy - x * y) / np.sqrt((n * xx - x**2) * (n * yy - y**2))
    return found


def _levels_db(files: Sequence[Path]) -> Floats:
    return np.array(Parallel(n_jobs=-1)(delayed(_level_db)(file) for file in files))


def _level_db(file: Path) -> float:
    """Return the RMS of a clip's sound between the silence at its ends, in decibels below full scale."""
    try:
        y, _ = trimmed(audio.decode(file))
    except AudioError:
        return float(20 * np.log10(_SILENCE))
    rms = float(np.sqrt(np.mean(y.astype(np.float64) ** 2)))
    return float(20 * np.log10(max(rms, _SILENCE)))
