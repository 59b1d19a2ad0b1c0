"""Where models are written: no file of the user's is removed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from clips import CLIPS, PUBLISHED, copied_model, of_own_recordings, pieces
from ser.cli.main import main
from ser.errors import ModelError
from ser.models.manifest import MANIFEST
from ser.models.store import old_place
from ser.training import writer
from ser.training.writer import Package, install, make_ready, require_free


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def refused(*arguments: object) -> str:
    """Run `ser train`, which must refuse before it trains; return its message."""
    result = CliRunner().invoke(main, ["train", *map(str, arguments)])
    assert result.exit_code == 2, result.output
    assert "Traceback" not in result.stderr
    assert "epoch" not in result.output
    return " ".join(result.stderr.replace("│", " ").split())


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with recordings in `own`."""
    pieces(tmp_path / "own")
    monkeypatch.chdir(tmp_path)
    return tmp_path


QUICK = ("--corpus", "folder", "--epochs", "1")


def test_recordings_of_the_models_name_survive(home: Path) -> None:
    before = files(home)
    message = refused(*QUICK, "--data", "own", "--out", ".")
    assert "inside or above 'own'" in message
    assert files(home) == before


@pytest.mark.parametrize(
    ("out", "name"),
    [("own", "model"), ("own/Angry", "mine"), (".", "parent"), ("link", "model"), ("model", "to-own")],
)
def test_a_model_is_written_neither_inside_nor_above_the_recordings(out: str, name: str, home: Path) -> None:
    (home / "parent").mkdir()
    (home / "own").rename(home / "parent" / "own")
    (home / "own").symlink_to(home / "parent" / "own")
    (home / "link").symlink_to(home / "own")
    (home / "model").mkdir()
    (home / "model" / "to-own").symlink_to(home / "own")
    before = files(home / "parent")
    message = refused(*QUICK, "--data", "own", "--out", out, "--name", name)
    assert "inside or above 'own'" in message
    assert files(home / "parent") == before
    assert (home / "model" / "to-own").is_symlink()


@pytest.mark.parametrize("option", ["--examples", "--noise", "--cache"])
def test_a_model_replaces_no_other_folder_of_the_command(option: str, home: Path) -> None:
    folder = home / "model" / "mine" / "deeper"
    folder.mkdir(parents=True)
    shutil.copy(CLIPS[0].path, folder)
    shutil.copy(PUBLISHED / MANIFEST, folder.parent)
    of_own_recordings(folder.parent)
    before = files(home)
    message = refused(*QUICK, "--data", "own", option, folder, "--out", "model", "--name", "mine")
    assert "inside or above" in message
    assert files(home) == before


def test_a_model_of_another_corpus_is_not_replaced(home: Path) -> None:
    copied_model(home / "model" / "mine", PUBLISHED)
    before = files(home)
    message = refused(*QUICK, "--data", "own", "--out", "model", "--name", "mine")
    assert "is a model of CREMA-D, and this one would be of own recordings" in message
    assert files(home) == before


def test_recordings_that_a_csv_or_a_link_names_survive(home: Path) -> None:
    of_own = home / "model" / "mine"
    shutil.move(home / "own", of_own)
    shutil.copy(PUBLISHED / MANIFEST, of_own)
    of_own_recordings(of_own)
    recordings = sorted((home / "model" / "mine").rglob("*.wav"))
    rows = [f"{path.relative_to(home)},{path.parts[-3]},{path.parts[-2]}" for path in recordings]
    (home / "own.csv").write_text("\n".join(["path,emotion,speaker", *rows]))
    (home / "links").mkdir()
    for number, path in enumerate(recordings):
        place = home / "links" / path.parts[-3] / path.parts[-2]
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{number}.wav").symlink_to(path)
    before = files(home / "model")
    for data in ("own.csv", "links"):
        message = refused(*QUICK, "--data", home / data, "--out", "model", "--name", "mine")
        assert "which holds the recording" in message
        assert files(home / "model") == before


@pytest.mark.parametrize("place", ["notes", ".notes.partial", ".notes.old"])
def test_a_folder_that_is_no_model_survives(place: str, home: Path) -> None:
    (home / "model" / place).mkdir(parents=True)
    (home / "model" / place / "diary.txt").write_text("dear diary")
    before = files(home)
    message = refused(*QUICK, "--data", "own", "--out", "model", "--name", "notes")
    assert f"{place}' is no model" in message
    assert files(home) == before


@pytest.mark.parametrize(
    "manifest",
    ["", "{}", "[]", '{"format": "layers-model", "weightsManifest": []}', '{"name": 1, "labels": []}'],
)
@pytest.mark.parametrize("place", ["notes", ".notes.partial", ".notes.old"])
def test_a_manifest_of_another_tool_makes_no_model(place: str, manifest: str, tmp_path: Path) -> None:
    (tmp_path / place).mkdir()
    (tmp_path / place / MANIFEST).write_text(manifest)
    with pytest.raises(ModelError, match=f"{place}' is no model"):
        make_ready([tmp_path / "notes"])
    assert (tmp_path / place / MANIFEST).read_text() == manifest


def test_a_file_and_a_link_survive(home: Path) -> None:
    (home / "model").mkdir()
    (home / "model" / "file").write_text("mine")
    (home / "model" / "link").symlink_to(PUBLISHED)
    (home / "model" / "dangling").symlink_to(home / "nowhere")
    for name in ("file", "link", "dangling"):
        with pytest.raises(ModelError, match=f"{name}' is no model"):
            make_ready([home / "model" / name])
    assert (home / "model" / "file").read_text() == "mine"
    assert (home / "model" / "link").readlink() == PUBLISHED
    assert (home / "model" / "dangling").is_symlink()
    assert "it is no folder" in refused(*QUICK, "--data", "own", "--out", "model/file")


def test_absent_and_empty_places_and_models_are_free(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    shutil.copytree(PUBLISHED, tmp_path / "there")
    # What the next version writes, or an older one wrote.
    manifest = json.loads((PUBLISHED / MANIFEST).read_text()) | {"another": 1}
    del manifest["features"]
    (tmp_path / "there" / MANIFEST).write_text(json.dumps(manifest))
    names = ("absent", "empty", "there")
    require_free([tmp_path / name for name in names], [tmp_path / "data", None])
    for name in names:
        make_ready([tmp_path / name])


@pytest.mark.parametrize("manifest", [None, "{}"])
@pytest.mark.parametrize("replaced", [False, True])
def test_other_hidden_folders_that_end_in_old_survive(
    replaced: bool, manifest: str | None, tmp_path: Path
) -> None:
    for name in ("vim", "notes"):
        folder = tmp_path / f".{name}.old"
        folder.mkdir()
        (folder / "file.txt").write_text(name)
        if manifest is not None:
            (folder / MANIFEST).write_text(manifest)
    (tmp_path / ".single.old").write_text("a file")
    (tmp_path / "vim").mkdir()
    (tmp_path / "vim" / "vimrc").write_text("set nocompatible")
    if replaced:
        # A run that was killed while it replaced a model: it must be restored, and nothing else.
        shutil.copytree(PUBLISHED, tmp_path / ".killed.old")
    before = files(tmp_path)
    make_ready([tmp_path / "mine"])
    after = files(tmp_path)
    assert (tmp_path / "killed").is_dir() is replaced
    assert {name: content for name, content in before.items() if not name.startswith(".killed.old")} == {
        name: content for name, content in after.items() if not name.startswith("killed")
    }


@pytest.mark.parametrize("missing", [False, True])
def test_what_took_the_place_of_a_replaced_model_survives(missing: bool, tmp_path: Path) -> None:
    shutil.copytree(PUBLISHED, tmp_path / ".mine.old")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "diary.txt").write_text("dear diary")
    if missing:
        shutil.copytree(PUBLISHED, tmp_path / ".other.old")
    make_ready([tmp_path / "another"])
    assert (tmp_path / "mine" / "diary.txt").read_text() == "dear diary"
    assert (tmp_path / ".mine.old" / MANIFEST).is_file()
    assert (tmp_path / "other" / MANIFEST).is_file() is missing


def test_an_emptied_place_is_restored(tmp_path: Path) -> None:
    shutil.copytree(PUBLISHED, tmp_path / ".mine.old")
    (tmp_path / "mine").mkdir()
    make_ready([tmp_path / "another"])
    assert (tmp_path / "mine" / MANIFEST).is_file()


def test_what_is_put_into_the_place_during_training_survives(tmp_path: Path) -> None:
    package = Package(tmp_path / "mine")
    for name in writer.NETWORK_FILES:
        shutil.copy(PUBLISHED / name, package.folder)
    package.manifest = json.loads((PUBLISHED / MANIFEST).read_text())
    package.describe()
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "diary.txt").write_text("dear diary")
    with pytest.raises(ModelError, match="mine' is no model"):
        install([package])
    assert (tmp_path / "mine" / "diary.txt").read_text() == "dear diary"
    assert (package.folder / MANIFEST).is_file()
    assert not old_place(tmp_path / "mine").exists()


def test_a_package_of_a_killed_run_is_begun_again(tmp_path: Path) -> None:
    (Package(tmp_path / "mine").folder / "half.onnx").write_text("half")
    assert [path.name for path in Package(tmp_path / "mine").folder.iterdir()] == [MANIFEST]
