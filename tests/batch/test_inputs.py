"""What inputs stand for: manifests, and what is shown of addresses."""

from __future__ import annotations

import errno
import os
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.batch.archives import batch, rows

from clips import CLIPS
from ser.batch import remote
from ser.batch.addresses import id_of, shown, without_secrets
from ser.batch.errors import BatchError
from ser.batch.inputs import Inputs
from ser.batch.plan import Plan, grouped

NOON = datetime(2026, 2, 17, 12, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("b.wav", "a.MP3", "sub/c.opus", "sub/deep/d.wav", "x.txt", ".hidden/e.wav"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    return tmp_path


def listed(*inputs: object) -> list[str]:
    return [Path(entry.address).name for entry in Inputs([str(each) for each in inputs])]


def test_a_folder_is_listed_in_an_order_that_is_always_the_same(folder: Path) -> None:
    assert listed(folder) == ["a.MP3", "b.wav", "c.opus", "d.wav"]


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("*.wav", ["b.wav"]),
        ("**/*.wav", ["b.wav", "d.wav"]),
        ("*", ["a.MP3", "b.wav", "c.opus", "d.wav", "x.txt"]),
        ("[ab].*", ["a.MP3", "b.wav"]),
    ],
)
def test_a_glob_takes_any_name(pattern: str, found: list[str], folder: Path) -> None:
    assert sorted(listed(folder / pattern)) == found


def test_a_name_with_magic_characters_is_taken_as_it_is(folder: Path) -> None:
    (folder / "[ab].wav").touch()
    assert listed(folder / "[ab].wav") == ["[ab].wav"]


def test_a_folder_within_itself_is_read_once(folder: Path) -> None:
    (folder / "sub" / "up").symlink_to(folder, target_is_directory=True)
    (folder / "other").symlink_to(folder / "sub", target_is_directory=True)
    assert sorted(listed(folder)) == ["a.MP3", "b.wav", "c.opus", "d.wav"]


@pytest.mark.parametrize("pattern", ["**/*.wav", "**", "**/*/*.wav", "**/sub/**/*.wav", "sub/**/*", "**/*"])
def test_a_glob_reads_each_folder_once(pattern: str, folder: Path) -> None:
    (folder / "sub" / "up").symlink_to(folder, target_is_directory=True)
    (folder / "sub" / "deep" / "round").symlink_to(folder / "sub", target_is_directory=True)
    (folder / "other").symlink_to(folder / "sub", target_is_directory=True)
    inputs = Inputs([str(folder / pattern)])
    found = [Path(entry.address).name for entry in inputs]
    assert len(found) == len(set(found))
    assert set(found) >= {"d.wav"}
    assert not inputs.left_out


@pytest.mark.parametrize("pattern", ["", "**", "**/*.wav"])
def test_a_folder_that_cannot_be_read_is_a_failure(
    pattern: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scandir = os.scandir

    def refusing(place):
        if str(place).endswith("deep"):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), place)
        return scandir(place)

    monkeypatch.setattr(os, "scandir", refusing)
    problems = [entry.problem for entry in Inputs([str(folder / pattern)]) if entry.problem]
    assert problems == ["Folder: Permission denied"]


def test_a_glob_of_this_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    assert listed("**/*.wav") == ["b.wav", "d.wav"]
    assert listed("./**/d.wav") == ["d.wav"]
    assert listed("sub/**/") == ["c.opus", "d.wav"]


def test_a_glob_takes_all_that_is_in_the_folders_that_fit(tmp_path: Path) -> None:
    for name in ("2025/calls/a.wav", "2025/calls/deep/calls/b.wav", "2026/calls", "2027/calls/c.wav"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    (tmp_path / "2028").symlink_to(tmp_path / "2027", target_is_directory=True)
    assert listed(tmp_path / "**" / "calls") == ["a.wav", "b.wav", "calls", "c.wav"]
    assert listed(tmp_path / "*" / "calls") == ["a.wav", "b.wav", "calls", "c.wav"]


def ids(plan: Path, *inputs: object) -> dict[str, str]:
    """Return the id of each path of a batch, once it has these inputs, too."""
    Plan(plan).extend(Inputs([str(each) for each in inputs]))
    return {entry.path: entry.id for _, part in Plan(plan).parts() for entry in part}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([""], ["a.MP3", "b.wav", "sub/c.opus", "sub/deep/d.wav"]),
        (["sub/"], ["c.opus", "deep/d.wav"]),
        (["sub/deep/d.wav"], ["d.wav"]),
        (["sub/*/*.wav"], ["deep/d.wav"]),
        (["**/*.wav"], ["b.wav", "sub/deep/d.wav"]),
        (["sub/../b.wav"], ["b.wav"]),
        (["sub", "b.wav"], ["folder/b.wav", "sub/c.opus", "sub/deep/d.wav"]),
    ],
)
def test_an_id_is_the_path_below_the_input(
    given: list[str], expected: list[str], folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    inside = Path(shutil.copytree(folder, tmp_path_factory.mktemp("copy") / "folder"))
    found = ids(folder / "plan", *(f"{inside}/{each}" for each in given))
    assert sorted(found.values()) == expected
    assert all(path.endswith(id_.removeprefix("folder/")) for path, id_ in found.items())


def test_an_id_of_this_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder / "sub")
    assert sorted(ids(folder / "plan", ".").values()) == ["c.opus", "deep/d.wav"]
    assert sorted(ids(folder / "other", "*").values()) == ["c.opus", "deep/d.wav"]


def test_ids_are_of_one_recording_each_whatever_the_inputs(tmp_path: Path) -> None:
    for name in ("2025/calls/x.wav", "2026/calls/x.wav", "2026/calls/y.wav"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    first, second = (tmp_path / year / "calls" for year in ("2025", "2026"))
    assert ids(tmp_path / "plan", first) == {f"{first}/x.wav": "x.wav"}
    # What was added later, and has a folder of the same name; what is known keeps its id.
    assert ids(tmp_path / "plan", second, first) == {
        f"{first}/x.wav": "x.wav",
        f"{second}/x.wav": "calls/x.wav",
        f"{second}/y.wav": "calls/y.wav",
    }
    assert ids(tmp_path / "both", first, second) == {
        f"{first}/x.wav": "calls/x.wav",
        f"{second}/x.wav": f"{second}/x.wav",
        f"{second}/y.wav": "calls/y.wav",
    }
    # In another order, nothing is new.
    assert Plan(tmp_path / "both").extend(Inputs([str(second), str(first)])).added == 0


def test_one_id_is_of_one_recording(tmp_path: Path) -> None:
    (tmp_path / "calls.csv").write_text("id,path\n/d/a.wav,/d/b.wav\n/d/a.wav,/d/a.wav\n")
    with pytest.raises(BatchError, match="stands for two recordings"):
        Plan(tmp_path / "plan").extend(Inputs([str(tmp_path / "calls.csv")]))


def test_names_that_are_shown_alike_have_ids_of_their_own(tmp_path: Path) -> None:
    for name in (b"\xff.wav", b"\\xff.wav"):
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name)).touch()
    found = list(Inputs([str(tmp_path)]))
    assert len({entry.path for entry in found}) == 1
    assert len({entry.id for entry in found}) == 2


def test_columns_that_are_not_used_are_not_looked_at(tmp_path: Path) -> None:
    # The type of `note` changes after what a reader looks at to guess it.
    lines = [f"{number},x.wav,{number},1,2" for number in range(150_000)]
    text = "\n".join(["\ufeffid,path,note,twice,twice", *lines, "last,x.wav,none,a,b"])
    (tmp_path / "calls.csv").write_text(text)
    *_, last = Inputs([str(tmp_path / "calls.csv")])
    assert last.id == "last"


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ([("id", [b"1"]), ("path", ["x.wav"])], "has binary in the column id; text or whole numbers"),
        ([("id", ["1"]), ("path", [b"x.wav"])], "has binary in the column path"),
        ([("id", [1.5]), ("path", ["x.wav"])], "has double in the column id"),
        ([("id", ["1"]), ("path", ["x.wav"]), ("time", [5])], "has int64 in the column time; times or text"),
        ([("id", ["1"]), ("path", ["x.wav"]), ("id", ["2"])], "has several columns id"),
    ],
)
def test_a_faulty_manifest_in_parquet_is_refused(columns, told: str, tmp_path: Path) -> None:
    names, values = zip(*columns, strict=True)
    table = pa.Table.from_arrays([pa.array(each) for each in values], names)
    pq.write_table(table, tmp_path / "calls.parquet")
    with pytest.raises(BatchError, match=told):
        list(Inputs([str(tmp_path / "calls.parquet")]))


def test_times_in_nanoseconds_are_read(tmp_path: Path) -> None:
    nanoseconds = pa.array([int(NOON.timestamp()) * 10**9 + 1], pa.timestamp("ns"))
    pq.write_table(
        pa.table({"id": ["1"], "path": ["x.wav"], "time": nanoseconds}), tmp_path / "calls.parquet"
    )
    (entry,) = Inputs([str(tmp_path / "calls.parquet")])
    assert entry.time == NOON


def test_a_manifest_in_csv(folder: Path) -> None:
    table = folder / "calls.csv"
    table.write_text(
        "\ufeffpath,team,group,id,time\n"
        "b.wav,x,sales,007,2026-02-17T12:00:00\n"
        f'{folder}/sub/c.opus,y,,"two\nlines",2026-02-17T14:00:00+02:00\n'
        "s3://bucket/x.wav,z,NA,3,\n"
    )
    first, second, third = Inputs([str(table)])
    assert (first.id, first.address, first.group, first.time) == ("007", f"{folder}/b.wav", "sales", NOON)
    assert first.size_bytes == 5
    assert (second.id, second.group, second.time) == ("two\nlines", None, NOON)
    assert (third.address, third.group, third.time) == ("s3://bucket/x.wav", "NA", None)


@pytest.mark.parametrize("zone", [None, "Europe/Berlin"])
def test_a_manifest_in_parquet(zone: str | None, folder: Path) -> None:
    columns = {
        "id": pa.array([7, 8]),
        "path": ["b.wav", "none.wav"],
        "time": pa.array([NOON, None], pa.timestamp("ms", tz=zone)),
    }
    pq.write_table(pa.table(columns), folder / "calls.parquet")
    first, second = Inputs([str(folder / "calls.parquet")])
    assert (first.id, first.time, first.group) == ("7", NOON, None)
    assert (second.size_bytes, second.problem) == (None, None)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "cannot be read"),
        ("id,file\n1,x.wav\n", "no column path; it has id, file"),
        ("id,path\n1\n", "cannot be read"),
        ("id,path,path\n1,x.wav,y.wav\n", "has several columns path"),
        ("id,path\n,x.wav\n", "row 1: it has no id"),
        ("id,path\n1,\n", "row 1: it has no path"),
        ("id,path,time\n1,a.wav,\n2,x.wav,yesterday\n", "row 2: 'yesterday' is no time"),
        ("id,path\n1,ftp://host/x.wav\n", "'ftp://' is not read"),
        ("id,path\n1,a.wav\n1,b.wav\n", "'1' stands for two recordings"),
    ],
)
def test_a_faulty_manifest_is_refused(text: str, told: str, tmp_path: Path) -> None:
    (tmp_path / "calls.csv").write_text(text)
    with pytest.raises(BatchError, match=told.replace("(", r"\(")):
        Plan(tmp_path / "plan").extend(Inputs([str(tmp_path / "calls.csv")]))
    assert not list((tmp_path / "plan").iterdir())


def test_group_time_and_id_are_kept(tmp_path: Path) -> None:
    lines = [
        f"{number},{clip.path},team {number % 2},2026-02-1{number}" for number, clip in enumerate(CLIPS[:3])
    ]
    (tmp_path / "calls.csv").write_text(
        "\n".join(["id,path,group,time", *lines, "gone,no.wav,team 0,", lines[0]])
    )
    result = batch(tmp_path / "calls.csv", "--out", tmp_path / "out", "--jobs", 1)
    assert result.exit_code == 0, result.output
    assert "1 duplicate" in result.stdout
    found = rows(tmp_path / "out", "files")
    assert [(row["id"], row["group"], row["time"].day) for row in found] == [
        ("0", "team 0", 10),
        ("1", "team 1", 11),
        ("2", "team 0", 12),
    ]
    assert {row["id"] for row in rows(tmp_path / "out", "segments")} == {"0", "1", "2"}
    (failure,) = rows(tmp_path / "out", "failures")
    assert (failure["id"], failure["group"], failure["detail"]) == (
        "gone",
        "team 0",
        "No such file or directory",
    )


@pytest.mark.parametrize(
    ("address", "seen"),
    [
        ("https://user:secret@host/a b.wav", "https://host/a b.wav"),
        ("https://host/x.wav?X-Amz-Signature=secret&b=1#c", "https://host/x.wav"),
        ("https://host/x.wav?a='secret'(b)>c secret", "https://host/x.wav"),
        ("https://host/it's (a) b.wav?sig=secret", "https://host/it's (a) b.wav"),
        ("HTTPS://user:secret@host/x.wav?secret", "HTTPS://host/x.wav"),
        ("https://user:p@secret@host/x.wav", "https://host/x.wav"),
        ("https://user:my secret@host/a@b.wav", "https://host/a@b.wav"),
        ("https://host/x.wav#secret", "https://host/x.wav"),
        ("s3://key:secret@bucket/what?.wav", "s3://bucket/what?.wav"),
        ("s3://bucket/what?.wav", "s3://bucket/what?.wav"),
        ("/plain/what?.wav", "/plain/what?.wav"),
        (os.fsdecode(b"/odd/\xff.wav"), "/odd/\\xff.wav"),
    ],
)
def test_what_is_secret_in_an_address_is_not_shown(address: str, seen: str) -> None:
    assert shown(address) == seen
    assert "secret" not in id_of(address)
    assert shown(seen) == seen or "\\" in seen
    if "://" in address:
        assert seen in without_secrets(f"403, url='{address}', and more", address)
    assert "secret" not in without_secrets(f"403, url='{address}', and more", address)


def test_queries_tell_recordings_apart_that_have_no_id() -> None:
    assert id_of("https://host/get?id=1") != id_of("https://host/get?id=2")
    assert id_of("https://host/x.wav") == "https://host/x.wav"


def test_a_message_has_no_secrets() -> None:
    said = without_secrets("403, url='https://me:pw@host/x.wav?sig=secret', again http://host/y?z=secret")
    assert said == "403, url='https://host/x.wav', again http://host/y"
    said = without_secrets("(HTTPS://me:p@w@host/it's.wav?sig='secret'(secret)>secret), and")
    assert said == "(HTTPS://host/it's.wav), and"


def test_a_space_before_an_address_shows_no_secret(tmp_path: Path) -> None:
    (tmp_path / "calls.csv").write_text("id,path\n1, https://me:secret@host/x.wav?sig=secret\n")
    (entry,) = Inputs([str(tmp_path / "calls.csv")])
    assert entry.path == "https://host/x.wav"


def test_a_package_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gcsfs", None)
    # What another test has imported.
    monkeypatch.delitem(sys.modules["fsspec.registry"]._registry, "gs", raising=False)
    with pytest.raises(BatchError, match="'gs://' needs gcsfs, which is not installed: `pip install gcsfs`"):
        remote.file_system("gs://bucket/x.wav")


class Store:
    """A bucket of which one folder cannot be listed."""

    tree: dict[str, list[str]] = {  # noqa: RUF012
        "b": ["b/x/", "b/a.wav"],
        "b/x": ["b/x/y/", "b/x/b.wav"],
        "b/x/y": [],
    }

    def __init__(self, error: Exception) -> None:
        self._error = error

    def info(self, address: str) -> dict[str, str]:
        name = self._strip_protocol(address)
        if name not in self.tree:
            raise FileNotFoundError(name)
        return {"name": name, "type": "directory"}

    def ls(self, name: str, *, detail: bool) -> list[dict[str, str]]:
        assert detail
        if not self.tree[name]:
            raise self._error
        types = {True: "directory", False: "file"}
        return [{"name": each.rstrip("/"), "type": types[each[-1] == "/"]} for each in self.tree[name]]

    def _strip_protocol(self, address: str) -> str:
        return address.removeprefix("s3://")

    def unstrip_protocol(self, name: str) -> str:
        return f"s3://{name}"


@pytest.mark.parametrize("address", ["s3://b", "s3://b/**/*.wav", "s3://b/*/*/*.wav"])
@pytest.mark.parametrize("error", [PermissionError("Access Denied"), FileNotFoundError("b/x/y")])
def test_what_cannot_be_listed_is_not_left_out(
    address: str, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote, "file_system", lambda _: Store(error))
    with pytest.raises(BatchError, match="'s3://b/x/y' cannot be listed: "):
        list(Inputs([address]))
    assert listed("s3://b/*.wav") == ["a.wav"]
    assert listed("s3://b/x/*") == ["b.wav"]


def test_parts_have_bounds(folder: Path) -> None:
    entries = list(Inputs([str(folder)]))
    assert [len(part) for part in grouped(entries, 3, 10**9)] == [3, 1]
    assert [len(part) for part in grouped(entries, 9, 12)] == [2, 1, 1]
    assert [len(part) for part in grouped(entries, 9, 1)] == [1, 1, 1, 1]


def test_a_secret_query_is_used_but_not_written(tmp_path: Path) -> None:
    (tmp_path / "calls.csv").write_text("id,path\n1,https://host/x.wav?sig=secret\n")
    plan = Plan(tmp_path / "plan")
    plan.extend(Inputs([str(tmp_path / "calls.csv")]))
    ((_, (entry,)),) = plan.parts()
    assert entry.address == "https://host/x.wav?sig=secret"
    assert "secret" not in repr(entry)
    assert not [path for path in (tmp_path / "plan").iterdir() if b"secret" in path.read_bytes()]
    assert plan.lacking() == {}
    assert Plan(tmp_path / "plan").lacking() == {0: 1}
    # A signature that is renewed is of the same recording.
    (tmp_path / "calls.csv").write_text("id,path\n1,https://host/x.wav?sig=other\n")
    again = Plan(tmp_path / "plan")
    assert again.extend(Inputs([str(tmp_path / "calls.csv")])).added == 0
    ((_, (entry,)),) = again.parts()
    assert entry.address == "https://host/x.wav?sig=other"
