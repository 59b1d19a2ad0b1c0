"""What a worker process does: some recordings -> rows. Nothing here knows where the results go."""

from __future__ import annotations

import errno
import os
import stat
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import pyarrow as pa

from ser import __version__
from ser.analysis import timeline
from ser.analysis.events import Analysis
from ser.audio.sources import Readable
from ser.audio.stream import AudioStream
from ser.batch import remote
from ser.batch.addresses import protocol_of, without_secrets
from ser.batch.entries import Entry
from ser.batch.errors import BatchError
from ser.batch.options import Options, find_model
from ser.batch.tables import TABLES, Row, Schemas, failure_row, file_row, segment_rows
from ser.config import load_settings
from ser.errors import AudioError, FileTooLarge, SerError, as_body, unreadable
from ser.models.predictor import EmotionPredictor
from ser.speech import detector

# Of a remote file: networks fail for a moment.
_ATTEMPTS = 3
_PAUSE_S = 1.0
_NOT_REGULAR = "It is not a regular file"
# What is wrong with a file rather than with the way to it.
_OF_ONE_FILE = frozenset(
    [remote.NO_SUCH_FILE, _NOT_REGULAR, *map(os.strerror, (errno.ENOENT, errno.EACCES, errno.EISDIR))]
)


@dataclass(frozen=True)
class Rows:
    """The results of some recordings, in their order.

    Attributes:
        tables: by the names of `TABLES`.
        recordings: how many there were.
        failed: how many of them failed.
        audio_s: the duration of the others together.
        unreachable: how many failed in a way that an outage has.
    """

    tables: dict[str, pa.Table]
    recordings: int
    failed: int
    audio_s: float
    unreachable: int = 0


def analyze_entries(entries: Sequence[Entry], options: Options) -> Rows:
    """Analyse recordings one after the other; what is wrong with one of them is a row.

    Args:
        entries: the recordings.
        options: how.

    Raises:
        BatchError: this worker has another version or another model than the batch.
        ModelError: it has no usable model.
    """
    predictor = load_predictor(options)
    rows: dict[str, list[Row]] = {name: [] for name in TABLES}
    audio_s, unreachable = 0.0, 0
    for entry in entries:
        found = analyze_entry(entry, predictor, options)
        if isinstance(found, Analysis):
            rows["files"].append(file_row(entry, found))
            rows["segments"] += segment_rows(entry, found)
            audio_s += found.duration_s
        else:
            rows["failures"].append(found)
            unreachable += entry.problem is None and _is_outage(found)
    return replace(as_rows(rows, options, audio_s), unreachable=unreachable)


def _is_outage(failure: Row) -> bool:
    return failure["code"] == "unreadable" and failure["detail"] not in _OF_ONE_FILE


def failed(entries: Sequence[Entry], error: SerError, options: Options, attempts: int) -> Rows:
    """Return the results of recordings that all failed in one way."""
    rows = {"failures": [failure_row(entry, as_body(error), attempts) for entry in entries]}
    return as_rows(rows, options, 0.0)


def as_rows(rows: dict[str, list[Row]], options: Options, audio_s: float) -> Rows:
    """Return rows as typed tables."""
    schemas = Schemas.of(options)
    tables = {name: pa.Table.from_pylist(rows.get(name, []), schemas[name]) for name in TABLES}
    bad = len(tables["failures"])
    return Rows(tables, len(tables["files"]) + bad, bad, audio_s)


def analyze_entry(entry: Entry, predictor: EmotionPredictor, options: Options) -> Analysis | Row:
    """Return the analysis of a recording, or the row of its failure."""
    if entry.problem is not None:
        body = {"code": "unreadable", "error": "File could not be read", "detail": entry.problem}
        return failure_row(entry, body, 1)
    is_remote = protocol_of(entry.address) is not None
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            return _analyze(entry, predictor, options)
        except (AudioError, FileTooLarge) as error:
            return failure_row(entry, as_body(error), attempt)
        except BatchError:
            raise
        except Exception as error:  # noqa: BLE001
            if is_remote and attempt < _ATTEMPTS and not remote.is_final(error):
                time.sleep(_PAUSE_S * attempt)
                continue
            return failure_row(entry, _body_of(error, entry.address), attempt)
    raise AssertionError


def _body_of(error: Exception, address: str) -> dict[str, str]:
    if isinstance(error, SerError):
        return as_body(error)
    if protocol_of(address) is not None:
        detail = remote.reason(error, address)
        return {"code": "unreadable", "error": "File could not be read", "detail": detail}
    if isinstance(error, OSError):
        return unreadable(error)
    # Whoever runs a batch is its operator, and may see what happened inside.
    return as_body(error) | {"detail": without_secrets(f"{type(error).__name__}: {error}")}


def _analyze(entry: Entry, predictor: EmotionPredictor, options: Options) -> Analysis:
    """Analyse a recording as `ser analyze` does."""
    with (
        _opened(entry, options) as source,
        AudioStream(
            source, max_duration_s=options.max_duration_s, max_decoding_s=options.max_decoding_s
        ) as recording,
    ):
        lines = timeline.analyze(
            recording,
            predictor,
            baseline="recording" if options.own_baseline else None,
            voices_by=options.voices_by,
        )
        for line in lines:
            if isinstance(line, Analysis):
                return line
    raise AssertionError("an analysis ends with its result")


@contextmanager
def _opened(entry: Entry, options: Options) -> Iterator[Path | Readable]:
    if protocol_of(entry.address) is not None:
        with remote.opened(entry.address, options.max_remote_bytes) as source:
            yield source
        return
    path = Path(entry.address)
    mode = path.stat().st_mode
    # A pipe or a device may have no end.
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        raise OSError(_NOT_REGULAR)
    yield path


# A worker of a cluster lives longer than one batch.
@lru_cache(maxsize=2)
def load_predictor(options: Options) -> EmotionPredictor:
    """Return the model of a batch, loaded once by each process.

    Raises:
        BatchError: this process has another version or another model than the batch.
        ModelError: there is no usable model.
    """
    if __version__ != options.ser_version:
        raise BatchError(
            f"A worker has ser {__version__}, and the batch is made with ser {options.ser_version}; "
            "install the same version on all machines."
        )
    directory = find_model(options, load_settings().model_dir)
    facts = type(options.facts).of(directory)
    if facts.manifest_sha256 != options.facts.manifest_sha256:
        raise BatchError(
            f"A worker has another model '{options.model}' ('{directory.path}', manifest "
            f"{facts.manifest_sha256[:12]}, expected {options.facts.manifest_sha256[:12]}); give all "
            "machines the same model directory."
        )
    predictor = EmotionPredictor.load(directory, engine=options.engine)
    predictor.feature_set.warm_up()
    detector.warm_up()
    return predictor.with_prior(options.prior)
