"""UAR of a new network, of a new last layer, and of their average, on the same folds of unseen speakers.

python benchmarks/averaged_folds.py --corpus NAME --data DIR --from MODEL --noise DIR

The average is that of the log-probabilities, with equal weights. What `ser cross-validate` has trained with
the same arguments and `--cache` is not trained again.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click
from scipy.special import log_softmax

from ser.cli.common import CACHE_OPTION, CORPUS_OPTION, DATA_OPTION, EMOTIONS_OPTION, FOLDER
from ser.cli.families import chosen_family
from ser.corpora import splits
from ser.evaluation.tables import aligned, interval
from ser.training import cross_validation
from ser.training.cross_validation import Fold
from ser.training.preparation import prepare


@click.command()
@CORPUS_OPTION
@DATA_OPTION
@EMOTIONS_OPTION
@click.option("--from", "start", required=True, metavar="MODEL", help="The model that gets new last layers.")
@click.option("--noise", type=FOLDER, help="Recorded noises, for simulated recording conditions.")
@click.option("--folds", default=6, show_default=True, type=click.IntRange(2))
@click.option("--seed", default=1, show_default=True)
@CACHE_OPTION
def measure(
    corpus: str,
    data: Path,
    emotions: tuple[str, ...] | None,
    start: str,
    noise: Path | None,
    folds: int,
    seed: int,
    cache: Path,
) -> None:
    """Print the UAR of both ways and of their average."""
    ways = {"new network": None, f"new last layer on {start}": start}
    found: dict[str, list[Fold]] = {}
    for way, model in ways.items():
        family = chosen_family("hybrid", model, None)
        prepared = prepare(
            corpus,
            data,
            emotions=emotions or family.emotions,
            task=family.task,
            also=None,
            cache=cache / "features",
        )
        prepared.require_unknown_to(family.start_manifest)
        everything = cross_validation.training_set(family, prepared, noise=noise, cache=cache)
        parts = splits.folds({clip.speaker for clip in prepared.clips}, folds, seed=seed)
        found[way] = cross_validation.score_by_speaker(
            family, everything, prepared, parts, seed=seed, cache=cache
        )
    found["both, averaged"] = [averaged(*pair) for pair in zip(*found.values(), strict=True)]
    baselines = list(found["new network"][0].scores.logits)
    rows = [["", *baselines]]
    for way, scored in found.items():
        scores = [
            cross_validation.subset_score(scored, prepared.emotions, prepared.emotions, baseline, seed)
            for baseline in baselines
        ]
        rows.append([way, *(interval(score.uar) for score in scores)])
    click.echo(aligned(rows))


def averaged(one: Fold, other: Fold) -> Fold:
    """Return a fold with the mean of both log-probabilities."""
    if [clip.path for clip in one.clips] != [clip.path for clip in other.clips]:
        raise ValueError("The folds hold different clips.")
    logits = {
        baseline: (log_softmax(each, axis=-1) + log_softmax(other.scores.logits[baseline], axis=-1)) / 2
        for baseline, each in one.scores.logits.items()
    }
    return replace(one, scores=replace(one.scores, logits=logits))


if __name__ == "__main__":
    measure()
