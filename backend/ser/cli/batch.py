"""`ser batch`."""

from __future__ import annotations

import importlib.util
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ser.cli.common import CHANNELS_OPTION, MODEL_HELP, PRIOR_HELP, SPEAKERS_OPTION, voices_of
from ser.config import load_settings
from ser.processors import usable_processors
from ser.text import counted

if TYPE_CHECKING:
    from collections import Counter

    from ser.batch.backend import Backend
    from ser.batch.options import Options
    from ser.batch.progress import BatchProgress
    from ser.batch.run import Summary

_PACKAGES = ("pyarrow", "fsspec", "tqdm")
_INTERRUPTED = 130


@click.command()
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT...")
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path),
    help="Folder for the results; a batch that is in it already goes on.",
)
@click.option("--model", help=MODEL_HELP)
@click.option(
    "--baseline",
    default="recording",
    show_default=True,
    type=click.Choice(["recording", "none"]),
    help="Statistics to normalise with: of each recording, or of the training speakers.",
)
@click.option("--prior", help=PRIOR_HELP)
@CHANNELS_OPTION
@SPEAKERS_OPTION
@click.option("--jobs", type=click.IntRange(1), help="Worker processes on this machine [default: all cores].")
@click.option("--cluster", metavar="ADDRESS", help="Dask scheduler to work with, as tcp://scheduler:8786.")
@click.option(
    "--retry-failures",
    is_flag=True,
    help="Also analyse again what could not be read before, or ended its worker; not what is no audio.",
)
@click.option(
    "--max-unreachable",
    default=100,
    show_default=True,
    type=click.IntRange(0),
    help="Stop when so many recordings in a row cannot be reached, as in an outage; 0: never.",
)
def batch(
    inputs: tuple[str, ...],
    out: Path,
    model: str | None,
    baseline: str,
    prior: str | None,
    channels: str,
    speakers: str,
    jobs: int | None,
    cluster: str | None,
    retry_failures: bool,
    max_unreachable: int,
) -> None:
    """Analyse an archive, and write Parquet tables of its files, segments and failures.

    INPUT is a folder, a glob, a file, a manifest (CSV or Parquet with the columns id and path), or a URL of
    s3, gs, http or https. A run that was interrupted goes on where it was.

    The exit status is 0 also where some recordings failed, 1 if all of them did, some need their inputs again
    or the run had to stop, 2 for wrong usage.
    """
    if jobs and cluster:
        raise click.UsageError("--jobs is of this machine; take it without --cluster.")
    if "://" in str(out) or str(out).startswith(("s3:/", "gs:/")):
        raise click.BadParameter(f"'{out}' is no folder of this machine.", param_hint="--out")
    require_packages("batch", *_PACKAGES, "distributed" if cluster else "joblib")
    from ser.batch.errors import BatchStopped
    from ser.batch.options import Options

    settings = load_settings()
    options = Options.of(
        settings,
        model=model,
        own_baseline=baseline == "recording",
        prior=prior,
        voices_by=voices_of(channels, speakers),
    )
    try:
        summary, left_out = _run(
            inputs,
            out,
            options,
            jobs=jobs,
            cluster=cluster,
            retry_failures=retry_failures,
            max_unreachable=max_unreachable,
        )
    except BatchStopped as error:
        raise click.ClickException(str(error)) from error
    except KeyboardInterrupt:
        from ser.batch.plan import MAX_ENTRIES

        click.echo(
            "Interrupted. Run the same command again: what is finished is kept, in parts of up to "
            f"{MAX_ENTRIES} files, and the rest is analysed.",
            err=True,
        )
        sys.exit(_INTERRUPTED)
    for line in _lines(summary, left_out, out):
        click.echo(line)
    all_failed = not summary.analysed and summary.failed + summary.kept_failed > 0
    sys.exit(all_failed or summary.lacking > 0)


def require_packages(command: str, *names: str) -> None:
    """Say what to install, where a package is missing.

    Raises:
        click.UsageError: one is.
    """
    for name in names:
        if importlib.util.find_spec(name) is None:
            raise click.UsageError(
                f"`ser {command}` needs {name}, which is not installed: install the extra 'batch' "
                "(docs/batch.md)."
            )


def _run(
    inputs: tuple[str, ...],
    out: Path,
    options: Options,
    *,
    jobs: int | None,
    cluster: str | None,
    retry_failures: bool,
    max_unreachable: int,
) -> tuple[Summary, Counter[str]]:
    from ser.analysis.calls import require_frames
    from ser.batch.errors import BatchError
    from ser.batch.inputs import Inputs
    from ser.batch.progress import BatchProgress
    from ser.batch.run import Run, Summary
    from ser.batch.state import RETRIED, BatchFolder
    from ser.batch.worker import load_predictor

    # Here as well, so that what is wrong with the model or the prior is said before anything is begun.
    predictor = load_predictor(options)
    if options.voices_by is not None:
        require_frames(predictor)
    folder, listed = BatchFolder(out), Inputs(inputs)
    with folder.held(options):
        found = folder.plan.extend(listed)
        if not found.listed and not found.duplicates:
            raise BatchError("The inputs hold no recordings." + _left_out(listed.left_out))
        finished, total = folder.finished(), sum(folder.plan.sizes())
        # Parts with recordings whose addresses are not known now are left for a run that knows them.
        lacking = folder.plan.lacking(finished)
        again = folder.failed(RETRIED) if retry_failures else {}
        again = folder.plan.readable(again)
        done, retried = sum(folder.counts()), sum(map(len, again.values()))
        summary = Summary()
        skip = finished | lacking.keys()
        if again or len(skip) < len(folder.plan.sizes()):
            with (
                closing(BatchProgress(total, done - retried)) as progress,
                closing(_backend(options, jobs, cluster, progress)) as backend,
            ):
                summary = Run(folder, options, backend, progress, max_unreachable).run(skip, again)
        analysed, failed = folder.counts()
    summary.found, summary.analysed, summary.lacking = found, analysed, sum(lacking.values())
    summary.kept, summary.kept_failed = done - retried, failed - summary.failed
    return summary, listed.left_out


def _backend(options: Options, jobs: int | None, cluster: str | None, progress: BatchProgress) -> Backend:
    if cluster:
        from ser.batch.cluster import ClusterBackend

        return ClusterBackend(cluster, options, progress.tell)
    from ser.batch.local import LocalBackend

    return LocalBackend(jobs or usable_processors(), options)


def _lines(summary: Summary, left_out: Counter[str], out: Path) -> list[str]:
    """Return what a run did, as sentences."""
    analysed = counted(summary.recordings - summary.failed, "file")
    hours, rate = summary.audio_s / 3600, ""
    if summary.lasted_s:
        rate = f" in {summary.lasted_s:.1f} s, {hours / (summary.lasted_s / 60):.2f} audio hours per minute"
    done = f"{analysed} analysed ({hours:.2f} hours of audio){rate}; {summary.failed:,} failed"
    of_before = f" ({summary.kept_failed:,} of them failed)" if summary.kept_failed else ""
    lines = [f"{done}, {summary.kept:,} kept from before{of_before}."]
    if summary.lacking:
        lines.append(
            f"{counted(summary.lacking, 'recording')} not analysed, with the others of the same parts: their "
            "addresses have a query or a password, which is not kept. Run the same command with all inputs, "
            "and they are."
        )
    found = summary.found
    if found.duplicates:
        lines.append(f"{counted(found.duplicates, 'duplicate')} in the inputs left out.")
    if found.changed:
        lines.append(
            f"{counted(found.changed, 'file')} changed since listed; finished ones keep their results: take "
            "another --out to analyse them anew."
        )
    if left_out:
        lines.append(_left_out(left_out).strip())
    return [*lines, f"written: {out}; `ser report {out}` makes a page of it."]


def _left_out(left_out: Counter[str]) -> str:
    if not left_out:
        return ""
    kinds = ", ".join(f"{count:,} {suffix}" for suffix, count in left_out.most_common(5))
    return f" Left out in folders, by their names: {kinds}; a glob takes any name."
