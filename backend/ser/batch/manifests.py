"""Manifests: tables that name the recordings of a batch, as CSV or Parquet."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from ser.batch import remote
from ser.batch.addresses import protocol_of, shown
from ser.batch.entries import Entry, changed_at
from ser.batch.errors import BatchError

SUFFIXES = (".csv", ".parquet", ".pq")
_REQUIRED, _OPTIONAL = ("id", "path"), ("group", "time")


def is_manifest(address: str) -> bool:
    """Return whether an input is a manifest, by its name."""
    name = address if protocol_of(address) is None else shown(address)
    return name.lower().endswith(SUFFIXES)


def read_manifest(address: str) -> Iterator[Entry]:
    """Read a manifest: the columns `id` and `path`, and where there are, `group` and `time`.

    A path that is not absolute is taken from the folder of the manifest. Times without a zone are in UTC.
    Other columns are not read. It is read in pieces.

    Args:
        address: a path or URL, which ends with one of `SUFFIXES`.

    Raises:
        BatchError: it cannot be read, has not these columns, or a row of it cannot be used.
    """
    name = shown(address)
    try:
        with _opened(address) as file:
            read = _csv_batches if name.lower().endswith(".csv") else _parquet_batches
            number = 0
            for batch in read(file, name):
                for row in batch.to_pylist():
                    number += 1
                    yield _entry(row, address, f"'{name}', row {number:,}")
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise BatchError(f"The manifest '{name}' cannot be read: {remote.reason(error)}.") from error


@contextmanager
def _opened(address: str) -> Iterator[BinaryIO]:
    if protocol_of(address) is None:
        with Path(address).open("rb") as file:
            yield file
    else:
        with remote.file_system(address).open(address, "rb") as file:
            yield file


def _csv_batches(file: BinaryIO, name: str) -> Iterator[pa.RecordBatch]:
    # All as text: an id such as 007 is no number.
    texts = dict.fromkeys((*_REQUIRED, *_OPTIONAL), pa.string())
    with pyarrow.csv.open_csv(
        file,
        parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True),
        convert_options=pyarrow.csv.ConvertOptions(column_types=texts, strings_can_be_null=False),
    ) as reader:
        columns = _columns(reader.schema, name)
        for batch in reader:
            yield batch.select(columns)


def _parquet_batches(file: BinaryIO, name: str) -> Iterator[pa.RecordBatch]:
    with pq.ParquetFile(file) as table:
        columns = _columns(table.schema_arrow, name)
        yield from table.iter_batches(10_000, columns=columns)


def _columns(schema: pa.Schema, name: str) -> list[str]:
    if missing := [each for each in _REQUIRED if each not in schema.names]:
        raise BatchError(
            f"The manifest '{name}' has no column {' and no column '.join(missing)}; it has "
            f"{', '.join(schema.names) or 'none'}."
        )
    return [each for each in (*_REQUIRED, *_OPTIONAL) if each in schema.names]


def _entry(row: dict[str, Any], manifest: str, where: str) -> Entry:
    id_, path = _text(row["id"]), _text(row["path"])
    if not id_ or not path:
        raise BatchError(f"{where}: it has no {'path' if id_ else 'id'}.")
    address, problem = _address(path, manifest), None
    size_bytes = modified_at = None
    if protocol_of(address) is None:
        try:
            state = os.stat(address)  # noqa: PTH116  (a Path cannot hold all that a text can)
            size_bytes, modified_at = state.st_size, changed_at(state.st_mtime)
        except OSError:
            # A worker on another machine may find it; what it does not find is a failure there.
            pass
        except ValueError as error:
            problem = str(error)
    else:
        remote.file_system(address)
    return Entry(
        id_,
        address,
        group=_text(row.get("group")) or None,
        time=_time(row.get("time"), where),
        size_bytes=size_bytes,
        modified_at=modified_at,
        problem=problem,
    )


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _address(path: str, manifest: str) -> str:
    if protocol_of(path) is not None:
        return path
    if protocol_of(manifest) is not None:
        return f"{manifest.partition('?')[0].rpartition('/')[0]}/{path.lstrip('/')}"
    return os.path.abspath(os.path.join(os.path.dirname(manifest), path))  # noqa: PTH100, PTH118, PTH120


def _time(value: object, where: str) -> datetime | None:
    if value is None or value == "":
        return None
    try:
        if isinstance(value, str):
            value = datetime.fromisoformat(value.strip())
        if isinstance(value, date) and not isinstance(value, datetime):
            value = datetime(value.year, value.month, value.day)
        if not isinstance(value, datetime):
            raise ValueError  # noqa: TRY004
        known = value if value.tzinfo else value.replace(tzinfo=UTC)
        return known.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise BatchError(f"{where}: '{value}' is no time; write it like 2026-02-17T15:45:00Z.") from error
