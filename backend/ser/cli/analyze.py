"""`ser analyze`."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TextIO

import click

from ser.analysis import exports
from ser.analysis.exports import FORMATS
from ser.cli.common import (
    CHANNELS_OPTION,
    MODEL_HELP,
    PRIOR_HELP,
    SPEAKERS_OPTION,
    VOICE_GENDER_OPTION,
    load_emotion_predictor,
    load_voice_gender,
    read_baseline,
    voices_of,
)
from ser.config import Settings, load_settings
from ser.errors import AudioError, as_body, unreadable

if TYPE_CHECKING:
    from ser.analysis.events import Analysis, FileLine
    from ser.models.baseline import Baseline

_STEPS = 1000


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--format",
    "form",
    default="json",
    show_default=True,
    type=click.Choice(["json", "ndjson", *FORMATS]),
    help="What to write. ndjson also writes windows and progress as they come.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Folder for one NAME.<extension> per file [default: standard output].",
)
@click.option("--model", help=MODEL_HELP)
@click.option(
    "--baseline",
    default="recording",
    show_default=True,
    help="Statistics to normalise with: 'recording' (of each file), 'none', or a file as for predict.",
)
@click.option("--prior", help=PRIOR_HELP)
@VOICE_GENDER_OPTION
@CHANNELS_OPTION
@SPEAKERS_OPTION
@click.option("--peaks", is_flag=True, help="Also write the peaks of the waveform; json and ndjson only.")
def analyze(
    files: tuple[Path, ...],
    form: str,
    out: Path | None,
    model: str | None,
    baseline: str,
    prior: str | None,
    voice_gender: bool,
    channels: str,
    speakers: str,
    peaks: bool,
) -> None:
    """Analyse long FILEs: which emotion, and when.

    The exit status is 1 if a file failed, 2 for wrong usage.
    """
    for option, is_given in (("--voice-gender", voice_gender), ("--peaks", peaks)):
        if is_given and form in FORMATS:
            raise click.UsageError(f"{option}: '{form}' has no place for it; take json or ndjson.")
    voices_by = voices_of(channels, speakers)
    settings = load_settings()
    predictor = load_emotion_predictor(model, settings, prior)
    voice = load_voice_gender(settings) if voice_gender else None
    against: Baseline | Literal["recording"] | None = None
    if baseline == "recording":
        against = "recording"
    elif baseline != "none":
        # Unlike a Path's, this does not raise: the text may be anything.
        if not os.path.isfile(baseline):  # noqa: PTH113
            raise click.BadParameter(f"'{baseline}' is neither a file nor 'recording' or 'none'.")
        if voices_by:
            raise click.UsageError(
                "--baseline FILE is of one speaker; of two voices, take recording or none."
            )
        against = read_baseline(Path(baseline), predictor, settings)
    from ser.analysis import timeline

    lines_of = partial(
        timeline.analyze,
        predictor=predictor,
        baseline=against,
        voice=voice,
        voices_by=voices_by,
        peaks=peaks,
    )
    sys.exit(not _analyze_files(files, lines_of, form=form, out=out, settings=settings))


def _analyze_files(
    files: Sequence[Path],
    lines_of: Callable[..., Iterable[FileLine]],
    *,
    form: str,
    out: Path | None,
    settings: Settings,
) -> bool:
    """Write the timeline of each file, and return whether all of them could be analysed.

    Args:
        files: audio files. If one cannot be read, the others still are.
        lines_of: `timeline.analyze`, with the user's options.
        form: json, ndjson or one of `FORMATS`.
        out: the folder to write to; standard output without it.
        settings: how long a recording may be, and its decoding may take.
    """
    from ser.audio.stream import AudioStream

    if out is None and len(files) > 1 and form in FORMATS:
        raise click.UsageError(f"Several files in the format '{form}' need a folder: add --out DIR.")
    if out:
        try:
            out.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise click.BadParameter(f"'{out}': {error.strerror}", param_hint="--out") from error
    failed = False
    for file, name in zip(files, _names(files), strict=True):
        known = {"file": os.fsdecode(file)} if len(files) > 1 else {}
        last: Analysis | None = None
        try:
            with AudioStream(
                file, max_duration_s=settings.max_analyze_s, max_decoding_s=settings.max_decoding_s
            ) as recording:
                lines = lines_of(recording, size_bytes=file.stat().st_size)
                with ExitStack() as stack:
                    write = stack.enter_context(_opened(out, name, form)) if form == "ndjson" else None
                    last = _follow(lines, file.name, write, known)
        except BrokenPipeError:
            raise
        except (AudioError, OSError) as error:
            failed = True
            body = unreadable(error) if isinstance(error, OSError) else as_body(error)
            line = {**known, "type": "error", **body} if form == "ndjson" else {**known, **body}
            click.echo(json.dumps(line), err=form not in ("json", "ndjson") or out is not None)
        if last is not None and form != "ndjson":
            with _opened(out, name, form) as write:
                write(_text(last, form, name, known))
    return not failed


def _follow(
    lines: Iterable[FileLine], label: str, write: Callable[[str], None] | None, known: dict[str, str]
) -> Analysis | None:
    from ser.analysis.events import Analysis, Progress

    with click.progressbar(length=_STEPS, label=label, file=sys.stderr) as bar:
        for line in lines:
            if write:
                write(json.dumps({**known, **line.as_dict()}) + "\n")
            if isinstance(line, Progress) and line.share is not None:
                bar.update(max(0, int(line.share * _STEPS) - bar.pos))
            if isinstance(line, Analysis):
                return line
    return None


def _text(analysis: Analysis, form: str, name: str, known: dict[str, str]) -> str:
    if form == "json":
        return json.dumps({**known, **analysis.body()}) + "\n"
    return exports.write(analysis, form, recording=name)


def _names(files: Sequence[Path]) -> list[str]:
    """Return a name for each file, none twice: two folders may hold files of the same name."""
    names: list[str] = []
    for file in files:
        name, number = file.stem, 1
        while name in names:
            number += 1
            name = f"{file.stem}-{number}"
        names.append(name)
    return names


@contextmanager
def _opened(out: Path | None, name: str, form: str) -> Iterator[Callable[[str], None]]:
    """Open where the timeline of a file goes, and yield what writes text to it.

    Raises:
        click.ClickException: it cannot be written.
    """
    if out is None:
        yield partial(_write, sys.stdout)
        return
    chosen = FORMATS.get(form)
    target = out / f"{name}.{chosen.extension if chosen else form}"
    # Whole or not at all.
    part = target.with_name(f"{target.name}.part")
    with _writing():
        file = part.open("w", encoding="utf-8", newline="")
    try:
        with file:
            yield partial(_write, file)
        with _writing():
            part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def _write(target: TextIO, text: str) -> None:
    with _writing():
        target.write(text)
        target.flush()


@contextmanager
def _writing() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise click.ClickException(f"The result cannot be written: {error.strerror}.") from error
