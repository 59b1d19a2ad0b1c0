"""The files of a Keras network."""

from __future__ import annotations

import os
from pathlib import Path
from zipfile import ZipFile

import pytest

from ser.training.export import deflate

CONTENT = {"config.json": b"{}" * 5000, "folder/model.weights.h5": bytes(range(256)) * 40}


def stored(file: Path, time_s: float) -> Path:
    source = file.with_suffix(".part")
    with ZipFile(file, "w") as archive:
        for name, content in CONTENT.items():
            source.write_bytes(content)
            os.utime(source, (time_s, time_s))
            archive.write(source, name)
    return file


def test_an_archive_is_the_same_in_fewer_bytes_whenever_it_was_written(tmp_path: Path) -> None:
    files = [stored(tmp_path / f"{year}.keras", time_s) for year, time_s in ((2001, 1e9), (2033, 2e9))]
    assert files[0].read_bytes() != files[1].read_bytes()
    before = files[0].stat().st_size
    for file in files:
        deflate(file)
    assert files[0].read_bytes() == files[1].read_bytes()
    assert files[0].stat().st_size < before / 2
    with ZipFile(files[0]) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == CONTENT


def test_a_file_that_is_no_archive_stays_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "other.keras"
    file.write_bytes(b"no archive")
    with pytest.raises(Exception, match="not a zip file"):
        deflate(file)
    assert file.read_bytes() == b"no archive"
