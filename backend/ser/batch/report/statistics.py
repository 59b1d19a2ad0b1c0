"""The tables of a batch -> the figures of its report, read in pieces."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from ser.batch.errors import BatchError
from ser.batch.state import BatchFolder
from ser.models.affect import RATINGS

Floats = NDArray[np.float64]
_BATCH_ROWS = 10_000
# Beyond so many groups, further ones are counted together.
MAX_GROUPS = 100_000
MOST_NEGATIVE = 20
_EXAMPLES = 3
_DAY_US = 86_400_000_000
_EPOCH = date(1970, 1, 1)
# A trend has no more columns than can be told apart.
_MAX_COLUMNS = 62


@dataclass
class Sum:
    """What some recordings have together.

    Attributes:
        seconds: of speech of each emotion [shape=(C,)], float64.
        files: how many recordings.
        uncertain: how many of them are of low information.
    """

    seconds: Floats
    files: int = 0
    uncertain: int = 0

    @property
    def speech_s(self) -> float:
        """All seconds of speech."""
        return float(self.seconds.sum())

    @property
    def shares(self) -> Floats:
        """The share of each emotion [shape=(C,)], 0-1; zeros without speech."""
        return self.seconds / self.speech_s if self.speech_s else np.zeros_like(self.seconds)

    def add(self, seconds: Floats, files: int, uncertain: int) -> None:
        """Add further recordings."""
        self.seconds += seconds
        self.files += files
        self.uncertain += uncertain


@dataclass(frozen=True, order=True)
class NegativeCall:
    """A recording with many seconds of negative emotions.

    Attributes:
        negative_s: how many.
        id: of the recording.
        path: where it is.
        group: of the manifest.
        time: of the manifest.
        speech_s: all seconds of speech.
        emotion: of the recording.
    """

    negative_s: float
    id: str
    path: str = field(compare=False)
    group: str | None = field(compare=False)
    time: datetime | None = field(compare=False)
    speech_s: float = field(compare=False)
    emotion: str | None = field(compare=False)


@dataclass
class FailureKind:
    """Recordings that failed for one reason."""

    sentence: str
    count: int = 0
    examples: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Trend:
    """How emotions changed over time.

    Attributes:
        unit: `day`, `week`, `month` or `year`.
        columns: the first day of each, and what was recorded in it; those without recordings are left out.
        of_manifest: whether the times are those of the manifest, not of the files.
        without_time: how many recordings have none.
    """

    unit: str
    columns: Sequence[tuple[date, Sum]]
    of_manifest: bool
    without_time: int


@dataclass
class Statistics:
    """The figures of a batch.

    Attributes:
        labels: the emotions.
        run: what `run.json` says.
        planned: how many recordings the batch has.
        total: of all that were analysed.
        audio_s: their duration.
        silent: how many of them hold no speech.
        without_baseline: how many with speech were normalised with the statistics of the training speakers.
        groups: by the group of the manifest; empty where none has one.
        more_groups: how many recordings are in groups beyond `MAX_GROUPS`.
        failures: by their codes.
        most_negative: the recordings with most negative seconds, the first with most.
    """

    labels: Sequence[str]
    run: Mapping[str, Any]
    planned: int
    total: Sum
    audio_s: float = 0.0
    silent: int = 0
    without_baseline: int = 0
    groups: dict[str | None, Sum] = field(default_factory=dict)
    more_groups: int = 0
    failures: dict[str, FailureKind] = field(default_factory=dict)
    most_negative: list[NegativeCall] = field(default_factory=list)
    _by_day: dict[str, dict[int, Sum]] = field(default_factory=lambda: {"time": {}, "modified_at": {}})

    @property
    def failed(self) -> int:
        """How many recordings failed."""
        return sum(kind.count for kind in self.failures.values())

    @property
    def negative(self) -> NDArray[np.bool_]:
        """Which emotions are negative [shape=(C,)]; see `ser.models.affect`."""
        return np.array([_is_negative(label) for label in self.labels])

    @property
    def trend(self) -> Trend | None:
        """How emotions changed over time; None where no recording has a time."""
        of_manifest = bool(self._by_day["time"])
        by_day = self._by_day["time" if of_manifest else "modified_at"]
        if not by_day:
            return None
        unit, columns = _columns(by_day, len(self.labels))
        known = sum(column.files for _, column in columns)
        return Trend(unit, columns, of_manifest, self.total.files - known)

    def add_files(self, batch: pa.RecordBatch) -> None:
        """Add some rows of `files/`."""
        seconds = np.column_stack(
            [batch[f"distribution_s_{label}"].to_numpy(zero_copy_only=False) for label in self.labels]
        )
        uncertain = batch["low_information"].to_numpy(zero_copy_only=False).astype(bool)
        self.total.add(seconds.sum(axis=0), len(batch), int(uncertain.sum()))
        self.audio_s += float(np.sum(batch["duration_s"].to_numpy()))
        self.silent += batch["emotion"].null_count
        without = pc.and_(batch["emotion"].is_valid(), pc.equal(batch["baseline"], "none"))
        self.without_baseline += pc.sum(without).as_py() or 0
        self._add_days(batch, seconds, uncertain)
        self._add_groups(batch["group"].to_pylist(), seconds, uncertain)
        self._add_negative(batch, seconds)

    def add_failures(self, batch: pa.RecordBatch) -> None:
        """Add some rows of `failures/`."""
        for row in batch.to_pylist():
            kind = self.failures.setdefault(row["code"], FailureKind(row["error"]))
            kind.count += 1
            if len(kind.examples) < _EXAMPLES:
                kind.examples.append((row["id"], row["detail"] or ""))

    def _add_days(self, batch: pa.RecordBatch, seconds: Floats, uncertain: NDArray[np.bool_]) -> None:
        for name, by_day in self._by_day.items():
            known = batch[name].is_valid().to_numpy(zero_copy_only=False)
            days = batch[name].drop_null().cast(pa.int64()).to_numpy() // _DAY_US
            for day in np.unique(days).tolist():
                of_day = np.flatnonzero(known)[days == day]
                total = by_day.setdefault(day, self._empty())
                total.add(seconds[of_day].sum(axis=0), len(of_day), int(uncertain[of_day].sum()))

    def _add_groups(
        self, groups: Sequence[str | None], seconds: Floats, uncertain: NDArray[np.bool_]
    ) -> None:
        for group, of_file, is_uncertain in zip(groups, seconds, uncertain, strict=True):
            if group not in self.groups and len(self.groups) >= MAX_GROUPS:
                self.more_groups += 1
                continue
            self.groups.setdefault(group, self._empty()).add(of_file, 1, int(is_uncertain))

    def _add_negative(self, batch: pa.RecordBatch, seconds: Floats) -> None:
        negative_s = seconds[:, self.negative].sum(axis=1)
        # Of a piece, only the highest can be among the highest of all.
        highest = np.argsort(-negative_s, kind="stable")[:MOST_NEGATIVE]
        picked = batch.take(pa.array(highest[negative_s[highest] > 0])).to_pylist()
        calls = [
            NegativeCall(
                float(sum(row[f"distribution_s_{label}"] for label in self.labels if _is_negative(label))),
                row["id"],
                row["path"],
                row["group"],
                row["time"],
                row["speech_s"],
                row["emotion"],
            )
            for row in picked
        ]
        self.most_negative = heapq.nlargest(MOST_NEGATIVE, [*self.most_negative, *calls])

    def _empty(self) -> Sum:
        return Sum(np.zeros(len(self.labels)))


def read_statistics(path: Path) -> Statistics:
    """Read the tables of a batch; memory does not grow with them.

    Args:
        path: the folder of the batch. Parts that are not finished are not read.

    Raises:
        BatchError: it is no batch, or a table cannot be read.
    """
    folder = BatchFolder(path)
    run = folder.read()
    if run is None:
        raise BatchError(f"'{path}' holds no batch; `ser batch INPUT... --out DIR` makes one.")
    labels = run["options"]["facts"]["labels"]
    try:
        found = Statistics(labels, run, sum(folder.plan.sizes()), Sum(np.zeros(len(labels))))
        finished = {file.name for file in folder.files("files")}
        for table, add in (("files", found.add_files), ("failures", found.add_failures)):
            for file in folder.files(table):
                if file.name in finished:
                    for batch in _batches(file):
                        add(batch)
    except (pa.ArrowException, OSError, LookupError) as error:
        raise BatchError(f"A table of '{path}' cannot be read: {error}.") from error
    if set(found.groups) == {None}:
        found.groups = {}
    return found


def _batches(file: Path) -> Iterator[pa.RecordBatch]:
    with pq.ParquetFile(file) as table:
        columns = [name for name in table.schema_arrow.names if name != "voices"]
        for batch in table.iter_batches(_BATCH_ROWS, columns=columns):
            if len(batch):
                yield batch


def _is_negative(label: str) -> bool:
    return label in RATINGS and RATINGS[label].sentiment == "negative"


def _columns(by_day: Mapping[int, Sum], labels: int) -> tuple[str, list[tuple[date, Sum]]]:
    units: dict[str, Callable[[date], date]] = {
        "day": lambda day: day,
        "week": lambda day: day - timedelta(days=day.weekday()),
        "month": lambda day: day.replace(day=1),
        "year": lambda day: day.replace(month=1, day=1),
    }
    for unit, start_of in units.items():
        columns: dict[date, Sum] = {}
        for number in sorted(by_day):
            try:
                start = start_of(_EPOCH + timedelta(days=number))
            except OverflowError:
                # A file may claim any time.
                continue
            of_day = by_day[number]
            columns.setdefault(start, Sum(np.zeros(labels))).add(
                of_day.seconds, of_day.files, of_day.uncertain
            )
        if len(columns) <= _MAX_COLUMNS or unit == "year":
            return unit, list(columns.items())
    raise AssertionError


def as_utc(text: str) -> datetime:
    """Return a time of `run.json`."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
