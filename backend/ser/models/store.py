"""Finds, verifies and reads model directories.

A directory holds `final_ser_model.keras`, `scaler.skops`, `model.onnx`, `model.json` (the manifest) and
`MODEL_CARD.md`; `scaler.pkl` is there for other tools and is never read. A file is used only if its SHA-256
is the manifest's.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from pydantic import ValidationError

from ser.errors import ModelCorrupt, ModelError, ModelNotFound, ModelUnavailable
from ser.features.registry import FEATURE_SETS, FeatureSet
from ser.models.baseline import MIN_CONFIDENCE_UNKNOWN
from ser.models.manifest import (
    CARD_FILE,
    MANIFEST,
    NETWORK_FILES,
    VOICE_GENDER,
    FileList,
    Manifest,
    faults_of,
)

# Larger files are not read. A manifest has 70 bytes for each of one's own training clips.
_MAX_MANIFEST_BYTES = 16 * 2**20
_MAX_CARD_BYTES = 2**20
# Of a protobuf message, which an ONNX file is: https://protobuf.dev/programming-guides/encoding/#size-limit
_MAX_NETWORK_BYTES = 2**31 - 1

M_co = TypeVar("M_co", bound=FileList, covariant=True)


class ModelFiles(Generic[M_co]):
    """The files of one model on disk; each is checked as it is read.

    Args:
        path: the directory.
        schema: how much of `model.json` is needed.

    Attributes:
        manifest: what `model.json` says.

    Raises:
        ModelNotFound: there is no manifest in it.
        ModelCorrupt: the manifest is malformed.
    """

    def __init__(self, path: Path, schema: type[M_co]) -> None:
        self.path = path
        self._kept: dict[str, bytes] = {}
        try:
            text = _content(path / MANIFEST, _MAX_MANIFEST_BYTES)
        except OSError as error:
            raise ModelNotFound(f"No model at '{path}': {MANIFEST}: {_reason(error)}.") from error
        try:
            self.manifest = schema.model_validate_json(text)
        except ValidationError as error:
            faults = (f"{MANIFEST} of '{self.name}' is malformed: {fault}" for fault in faults_of(error))
            raise ModelCorrupt(*faults) from error

    @property
    def name(self) -> str:
        """The directory's own name, also where the path is `.`; of a link, the link's."""
        path = self.path.absolute()
        return path.name if path.name != ".." else path.resolve().name

    @property
    def size_bytes(self) -> int | None:
        """The size of all files in the directory; None where they may not be listed."""
        try:
            return sum(each.lstat().st_size for each in self.path.iterdir() if each.is_file())
        except OSError:
            return None

    @property
    def card(self) -> str:
        """The model card in Markdown; empty where there is none that can be read."""
        try:
            return _content(self.path / CARD_FILE, _MAX_CARD_BYTES).decode(errors="replace")
        except OSError:
            return ""

    @property
    def owner(self) -> Path:
        """The directory that holds the network files."""
        if self.manifest.weights_of is None:
            return self.path
        return self.path.resolve().parent / self.manifest.weights_of

    def keep(self, name: str) -> None:
        """Read a file now, and keep it: from now on, `read` returns this, whatever is on the disk.

        Raises as `read`.
        """
        self._kept[name] = self.read(name)

    def read(self, name: str) -> bytes:
        """Return the content of a file of the model.

        Raises:
            ModelCorrupt: it is missing, not listed, or not the one the manifest describes.
        """
        if name in self._kept:
            return self._kept[name]
        expected = self.manifest.sha256.get(name)
        if expected is None:
            raise ModelCorrupt(f"{MANIFEST} of '{self.name}' lists no {name}.")
        folder = self.owner if name in NETWORK_FILES else self.path
        try:
            content = _content(folder / name, _MAX_NETWORK_BYTES)
        except OSError as error:
            owner, where = self.manifest.weights_of, ""
            if owner and name in NETWORK_FILES:
                if not os.path.isdir(folder):  # noqa: PTH112  (a Path's may raise)
                    fault = (
                        f"'{self.name}' uses the network of '{owner}', and there is no such model beside it."
                    )
                    raise ModelCorrupt(fault) from error
                where = f", which it takes from '{owner}' beside it,"
            raise ModelCorrupt(f"{name} of '{self.name}'{where} cannot be read: {_reason(error)}.") from error
        if hashlib.sha256(content).hexdigest() != expected:
            raise ModelCorrupt(f"{name} of '{self.name}' has not the SHA-256 of {MANIFEST}.")
        return content


class ModelDirectory(ModelFiles[Manifest]):
    """One model on disk, its manifest checked; files are checked as they are read.

    Args:
        path: the directory.

    Attributes:
        manifest: what `model.json` says.
        feature_set: what its network reads.

    Raises:
        ModelNotFound: there is no manifest in it.
        ModelCorrupt: the manifest is malformed, or made for other features than ours.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path, Manifest)
        self.feature_set = self._known_features()
        scaling = self.manifest.scaling
        if scaling and len(scaling.mean) != self.feature_set.width:
            raise ModelCorrupt(
                f"{MANIFEST} of '{self.name}' is malformed: scaling has not one number per feature."
            )

    @property
    def takes_baseline(self) -> bool:
        """Whether features can be normalised with a speaker's own statistics."""
        return takes_baseline(self.manifest, self.feature_set)

    @property
    def min_confidence_unknown(self) -> float:
        """The least confidence of an emotion while less than `MIN_BASELINE_S` of the speaker are known.

        Clients apply it: an answer does not know what else the client knows of the speaker.
        """
        least = self.manifest.min_confidence
        return max(least, MIN_CONFIDENCE_UNKNOWN) if self.takes_baseline else least

    def _known_features(self) -> FeatureSet:
        read = self.manifest.features
        differ = f"it has no '{read.name}'"
        if read.name in FEATURE_SETS:
            known = FEATURE_SETS.get(read.name)
            trained_on = {"version": read.version, **read.parameters}
            extracted = {"version": known.version, **known.parameters}
            if trained_on == extracted:
                return known
            names = [name for name in trained_on | extracted if trained_on.get(name) != extracted.get(name)]
            differ = f"'{read.name}' has another {', '.join(names)}"
        raise ModelCorrupt(
            f"Model '{self.name}' was trained on other features than this version extracts ({differ}); "
            "train it again with this version."
        )


def takes_baseline(manifest: Manifest, feature_set: FeatureSet) -> bool:
    """Return whether a model's features can be normalised with a speaker's own statistics."""
    return manifest.scaling is not None and feature_set.over_time


def _content(path: Path, max_bytes: int) -> bytes:
    """Return the content of a file.

    Raises:
        OSError: it cannot be read, is larger, or is no file: a pipe or a device may have no end.
    """
    state = path.stat()
    if not stat.S_ISREG(state.st_mode):
        raise OSError(errno.EINVAL, "it is not a regular file")
    if state.st_size > max_bytes:
        raise OSError(errno.EFBIG, f"it has {state.st_size:,} bytes, at most {max_bytes:,} are read")
    return path.read_bytes()


def _reason(error: OSError) -> str:
    return error.strerror or str(error)


def find(model: str, root: Path) -> ModelDirectory:
    """Return a model by its name under `root`, or by the path of its directory.

    Raises:
        ModelNotFound: neither leads to a model; see `locate`.
        ModelCorrupt: its manifest cannot be used.
    """
    return ModelDirectory(locate(model, root))


def locate(model: str, root: Path) -> Path:
    """Return the directory of a model by its name under `root`, or by its path.

    Raises:
        ModelNotFound: neither leads to a manifest; the message lists the models there are, or says where the
            model is that a killed run was about to replace.
    """
    for path in (root / model, Path(model)):
        try:
            if (path / MANIFEST).is_file():
                return path
            replaced = bool(path.name) and old_place(path).is_dir()
        except OSError as error:
            # A name that is too long, or a folder that may not be read.
            raise ModelNotFound(f"No model '{model}': {error.strerror}.") from error
        if replaced:
            raise ModelNotFound(
                f"'{path.name}' was being replaced when the run was killed. The old one is in "
                f"'{old_place(path)}': rename it back, or train again."
            )
    known = ", ".join(names(root)) or "none"
    raise ModelNotFound(f"No model '{model}'; models in '{root}': {known}.")


def find_voice_gender(root: Path) -> ModelDirectory:
    """Return the first model under `root`, by name, that tells whether a voice sounds female or male.

    Raises:
        ModelUnavailable: there is none.
    """
    for name in names(root):
        try:
            directory = ModelDirectory(root / name)
        except ModelError:
            continue
        if directory.manifest.task == VOICE_GENDER:
            return directory
    raise no_voice_gender()


def no_voice_gender() -> ModelUnavailable:
    """Return the error where no model tells whether a voice sounds female or male."""
    return ModelUnavailable(
        "There is no model that tells whether a voice sounds female or male; "
        "`ser train --family voice-gender` makes one."
    )


def old_place(path: Path) -> Path:
    """Return where a model directory is for the moment in which another one takes its place."""
    return path.with_name(f".{path.name}.old")


def names(root: Path) -> list[str]:
    """Return the names of the models under `root`, sorted; hidden folders are unfinished ones."""
    found = (path.parent.name for path in root.glob(f"*/{MANIFEST}"))
    return sorted(name for name in found if not name.startswith("."))


@dataclass(frozen=True)
class Found:
    """The models that can be used, and those that cannot.

    Attributes:
        directories: name -> model.
        faulty: name -> why its manifest cannot be used.
        default: the name of the default one; it may be among the faulty ones.
    """

    directories: dict[str, ModelDirectory]
    faulty: dict[str, ModelError]
    default: str


def find_all(root: Path, default: str) -> Found:
    """Read the manifests of all models under `root`, and of the default one, which may be elsewhere."""
    directories: dict[str, ModelDirectory] = {}
    faulty: dict[str, ModelError] = {}
    name = default
    for wanted in dict.fromkeys([default, *names(root)]):
        try:
            directory = find(wanted, root)
        except ModelError as error:
            faulty[wanted] = error
            continue
        directories.setdefault(directory.name, directory)
        if wanted == default:
            name = directory.name
    return Found(directories, faulty, name)
