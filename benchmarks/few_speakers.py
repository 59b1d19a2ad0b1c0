"""UAR of a model of few speakers, with a shipped network below and with a new one, on all other speakers.

python benchmarks/few_speakers.py measure --corpus NAME --data DIR --from MODEL --speakers 2,4,8 --out FILE
python benchmarks/few_speakers.py draw FILE... --out PNG

Speakers whom MODEL was trained on are left out. For each number, several draws of speakers are trained on,
and each draw is scored on all speakers that are not in it, with nothing known of them.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import numpy as np
from matplotlib.figure import Figure
from pydantic import BaseModel

from ser.cli.common import CACHE_OPTION, CORPUS_OPTION, DATA_OPTION, EMOTIONS_OPTION, FOLDER
from ser.cli.families import family_with, trained_further
from ser.corpora import seen, splits
from ser.evaluation import metrics
from ser.evaluation.metrics import Bootstrap, Estimate
from ser.evaluation.png import write_png
from ser.evaluation.tables import aligned, interval
from ser.training.cross_validation import score_by_speaker, training_set
from ser.training.family import Family
from ser.training.preparation import Prepared, prepare

# Who is trained on, and who is scored.
Part = tuple[frozenset[str], frozenset[str]]

LAST_LAYER, UNFROZEN, ANEW = "new last layer", "all layers further", "new network"
COLORS = {LAST_LAYER: "#1f5fa8", UNFROZEN: "#5b8c3a", ANEW: "#c75b12"}


class Point(BaseModel):
    """The score of one way to train, with one number of speakers.

    Attributes:
        way: one of `COLORS`.
        speakers: how many a model was trained on.
        uar: over all scored speakers of all draws, with its interval over them.
        draws: UAR of each draw.
    """

    way: str
    speakers: int
    uar: Estimate
    draws: list[float]


class Measured(BaseModel):
    """All scores on a corpus.

    Attributes:
        corpus: its title.
        start: name of the model whose network is trained further.
        available: how many speakers the start was not trained on.
        clips: how many clips these have.
        emotions: how many are told apart.
        points: the scores.
    """

    corpus: str
    start: str
    available: int
    clips: int
    emotions: int
    points: list[Point]

    def as_text(self) -> str:
        """Return it as a table for a terminal."""
        rows = [["speakers", *(f"{way}, UAR" for way in COLORS), "lowest and highest draw"]]
        for count in sorted({point.speakers for point in self.points}):
            found = {point.way: point for point in self.points if point.speakers == count}
            spread = "; ".join(f"{min(p.draws):.3f} to {max(p.draws):.3f}" for p in found.values())
            rows.append([str(count), *(interval(found[way].uar) for way in COLORS), spread])
        return (
            f"{self.corpus}, {self.clips:,} clips of {self.available} speakers, {self.emotions} emotions, "
            f"from {self.start}\n\n{aligned(rows)}"
        )


def numbers(_context: object, _option: object, text: str) -> list[int]:
    """Read numbers that are separated by commas."""
    try:
        return [int(each) for each in text.split(",")]
    except ValueError as error:
        raise click.BadParameter("numbers such as 2,4,8") from error


def drawn(speakers: list[str], count: int, draws: int, seed: int) -> list[Part]:
    """Return who is trained on and who is scored, for each draw: in turn, everyone is scored."""
    order = np.random.default_rng(seed).permutation(speakers).tolist()
    left = len(order) - count
    rolled = (np.roll(order, -left * number).tolist() for number in range(draws))
    return [(frozenset(each[left:]), frozenset(each[:left])) for each in rolled]


@click.group()
def main() -> None:
    """Measure fine-tuning against training anew where there are few speakers."""


@main.command()
@CORPUS_OPTION
@DATA_OPTION
@EMOTIONS_OPTION
@click.option("--from", "start", required=True, help="The model whose network is trained further.")
@click.option("--speakers", "counts", default="2,4,8,16", callback=numbers, help="Numbers of speakers.")
@click.option("--draws", default=3, show_default=True, type=click.IntRange(1), help="Draws of each number.")
@click.option("--noise", type=FOLDER, help="Recorded noises, for simulated recording conditions.")
@click.option("--epochs", type=click.IntRange(1), help="Number of epochs of the networks.")
@click.option("--seed", default=0, show_default=True, help="Of everything random.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True)
@CACHE_OPTION
def measure(
    corpus: str,
    data: Path,
    emotions: tuple[str, ...] | None,
    start: str,
    counts: list[int],
    draws: int,
    noise: Path | None,
    epochs: int | None,
    seed: int,
    out: Path,
    cache: Path,
) -> None:
    """Train and score in each way; write the scores as JSON."""
    unfrozen = trained_further(start, "hybrid", epochs, unfreeze=True)
    families = {
        LAST_LAYER: trained_further(start, "hybrid"),
        UNFROZEN: unfrozen,
        ANEW: family_with("hybrid", epochs),
    }
    prepared = prepare(
        corpus, data, emotions=emotions or unfrozen.emotions, few_left_out=False, cache=cache / "features"
    )
    manifest = unfrozen.start_manifest
    assert manifest is not None
    known = seen.trained_on(manifest, prepared.facts.title, prepared.clips)
    available = sorted({clip.speaker for clip in prepared.clips} - known)
    prepared = replace(prepared, clips=splits.of_speakers(prepared.clips, frozenset(available)))
    found = Measured(
        corpus=prepared.facts.title,
        start=manifest.name,
        available=len(available),
        clips=len(prepared.clips),
        emotions=len(prepared.emotions),
        points=[],
    )
    if not all(clip.speaker_known for clip in prepared.clips):
        raise click.UsageError("The speakers of these clips are not known.")
    if not all(0 < count < len(available) for count in counts):
        raise click.UsageError(f"--speakers: from 1 to {len(available) - 1}, as one must be left to score.")
    for count in counts:
        parts = drawn(available, count, draws, seed)
        for way, family in families.items():
            found.points.append(
                _point(way, count, family, prepared, parts, noise=noise, seed=seed, cache=cache)
            )
            out.write_text(found.model_dump_json(indent=2) + "\n")
    click.echo(found.as_text())


def _point(
    way: str,
    count: int,
    family: Family[Any],
    prepared: Prepared,
    parts: list[Part],
    *,
    noise: Path | None,
    seed: int,
    cache: Path,
) -> Point:
    everything = training_set(family, prepared, noise=noise, cache=cache)
    folds = score_by_speaker(family, everything, prepared, parts, seed=seed, cache=cache)
    names = sorted({clip.speaker for fold in folds for clip in fold.clips})
    indices = list(range(len(prepared.emotions)))
    counts = [fold.tally(indices, "none", {name: i for i, name in enumerate(names)}) for fold in folds]
    return Point(
        way=way,
        speakers=count,
        uar=Bootstrap(len(names), seed=seed).estimate(np.sum(counts, axis=0), metrics.uar),
        draws=[float(metrics.uar(each.sum(axis=(0, 1)))) for each in counts],
    )


@main.command()
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, dir_okay=False)
)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True)
def draw(files: tuple[Path, ...], out: Path) -> None:
    """Draw the scores of several corpora side by side."""
    found = [Measured.model_validate_json(file.read_text()) for file in files]
    figure = Figure(figsize=(4.2 * len(found), 4.4), layout="constrained")
    for axes, each in zip(figure.subplots(1, len(found), squeeze=False)[0], found, strict=True):
        axes.set_title(f"{each.corpus}, {each.emotions} emotions\nfrom {each.start}", fontsize=10)
        for way, color in COLORS.items():
            points = [point for point in each.points if point.way == way]
            at = [point.speakers for point in points]
            uars = [point.uar.value for point in points]
            axes.plot(at, uars, color=color, marker="o", label=way)
            for point in points:
                axes.scatter([point.speakers] * len(point.draws), point.draws, s=10, color=color, alpha=0.4)
        axes.axhline(1 / each.emotions, color="#777777", linestyle="--", linewidth=1, label="chance")
        axes.set_xscale("log", base=2)
        axes.set_xticks(at, [str(count) for count in at])
        axes.set_xlabel("speakers trained on")
        axes.set_ylabel("UAR of all others (small points: draws)")
        axes.grid(alpha=0.3)
        axes.legend(loc="best", fontsize=8)
    write_png(figure, out, dpi=120)


if __name__ == "__main__":
    main()
