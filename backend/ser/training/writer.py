"""Writes model directories: a directory appears whole, or not at all."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ser import __version__
from ser.corpora.base import Clip
from ser.errors import ModelError
from ser.models import store as model_store
from ser.models.manifest import CARD_FILE, CROSS_VALIDATION, MANIFEST, NETWORK_FILES, Manifest
from ser.models.predictor import EmotionPredictor
from ser.models.store import ModelDirectory
from ser.training import card
from ser.training.cross_validation import CrossValidation

_VERSIONED = (
    "keras",
    "tensorflow",
    "onnx",
    "onnxruntime",
    "librosa",
    "scikit-learn",
    "skops",
    "numpy",
    "av",
)


class Package:
    """The hidden folder beside a model directory, in which the new one is written.

    Args:
        directory: where the model will be, named as the model.

    Attributes:
        directory: where the model will be.
        folder: the hidden folder.
        manifest: what `model.json` will say.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._owner: Package | None = None
        self.folder = _partial_place(directory)
        self.manifest: dict[str, Any] = {}
        if self.folder.is_dir():
            _require_ours(self.folder)
            shutil.rmtree(self.folder)
        self.folder.mkdir(parents=True)
        # Marks the folder as ours until `describe` writes the manifest.
        stub = {"name": directory.name, "labels": [], "sha256": {}}
        (self.folder / MANIFEST).write_text(json.dumps(stub) + "\n")

    def use_networks_of(self, other: Package) -> None:
        """Use the network files of another package, which must be installed with this one."""
        self._owner = other

    def describe(self, **facts: Any) -> None:
        """Write the manifest: the facts so far, and those that every model has."""
        self.manifest |= {
            "name": self.directory.name,
            "sha256": {
                name: hashlib.sha256((self.network_folder / name).read_bytes()).hexdigest()
                for name in NETWORK_FILES
                if (self.network_folder / name).is_file()
            },
            "weights_of": self._owner.folder.name if self._owner else None,
            "versions": {
                "python": platform.python_version(),
                **{name: version(name) for name in _VERSIONED},
                "ser": __version__,
            },
            "created": datetime.now(UTC).date().isoformat(),
            **facts,
        }
        self._write_manifest()

    def predictor(self) -> EmotionPredictor:
        """Load what has been written so far."""
        return EmotionPredictor.load(self.folder)

    def complete(self) -> None:
        """Write the card, and name the model that has the network files by its place to be."""
        (self.folder / CARD_FILE).write_text(card.render(ModelDirectory(self.folder).manifest))
        if self._owner is not None:
            self.manifest["weights_of"] = self._owner.directory.name
            self._write_manifest()

    @property
    def network_folder(self) -> Path:
        """Where the network files are: of another package, if this one uses its."""
        return self._owner.folder if self._owner else self.folder

    def _write_manifest(self) -> None:
        (self.folder / MANIFEST).write_text(json.dumps(self.manifest, indent=2) + "\n")


def show_cross_validation(found: CrossValidation, directory: ModelDirectory) -> list[str]:
    """Write scores into the manifest and the card of a model, and of those that use its network.

    Args:
        found: the scores; each model gets those among its labels.
        directory: the model's.

    Returns:
        the names of the models that had any.
    """
    path = directory.path.resolve()
    owner = path.parent / (directory.manifest.weights_of or path.name)
    shown = []
    for name in model_store.names(path.parent):
        place = path.parent / name
        try:
            scores = found.of_labels(ModelDirectory(place).manifest.labels)
        except ModelError:
            continue
        if scores is not None and (place == owner or owner in _owners(place)):
            _add_metrics(place, {CROSS_VALIDATION: scores.model_dump()})
            shown.append(name)
    return shown


def _add_metrics(directory: Path, metrics: dict[str, Any]) -> None:
    manifest = json.loads((directory / MANIFEST).read_bytes())
    manifest["metrics"] |= metrics
    text = card.render(Manifest.model_validate(manifest))
    _replace(directory / MANIFEST, json.dumps(manifest, indent=2) + "\n")
    _replace(directory / CARD_FILE, text)


def _replace(file: Path, text: str) -> None:
    """Give a file another text, whole or not at all."""
    partial = file.with_name(f".{file.name}.partial")
    partial.write_text(text)
    partial.replace(file)


def install(packages: Sequence[Package]) -> None:
    """Put packages in the places of their model directories, all at once as far as that is possible.

    Raises:
        ModelError: a place was taken by something else while the model was trained; the packages stay in
            their hidden folders.
    """
    for package in packages:
        package.complete()
        _require_free(package.directory)
    replaced = [package.directory for package in packages if package.directory.exists()]
    for directory in replaced:
        if model_store.old_place(directory).exists():
            shutil.rmtree(model_store.old_place(directory))
    for directory in replaced:
        directory.rename(model_store.old_place(directory))
    for package in packages:
        package.folder.rename(package.directory)
    for directory in replaced:
        shutil.rmtree(model_store.old_place(directory))


def require_free(directories: Sequence[Path], sources: Iterable[Path | None] = ()) -> None:
    """Make sure, before anything is read or trained, that models can be written without loss.

    A model directory and the two hidden folders beside it must each be absent, empty or a model of ours, as
    they are removed when the model is replaced.

    Args:
        directories: the models'.
        sources: files and folders that training reads; None stands for one that was not given.

    Raises:
        ModelError: a place is taken by something else, or is inside or above one of `sources`.
    """
    for directory in directories:
        place = directory.resolve()
        for source in sources:
            if source is not None and _overlap(place, source.resolve()):
                raise ModelError(
                    f"The model would be written to '{directory}', which is inside or above '{source}'. "
                    "Choose another --out or --name."
                )
        _require_free(directory)


def require_apart(directories: Sequence[Path], files: Iterable[Path]) -> None:
    """Make sure that no file that training reads is in a folder that a model replaces.

    Raises:
        ModelError: one is, by its path or by where its link leads.
    """
    places = [directory.resolve() for directory in directories]
    for file in files:
        real = file.resolve()
        for place in places:
            if place in real.parents:
                raise ModelError(
                    f"The model would replace '{place}', which holds the recording '{file}'. "
                    "Choose another --out or --name."
                )


def require_same_corpus(directories: Sequence[Path], title: str) -> None:
    """Make sure that no model of another corpus is replaced: its name may be in documents, and in requests.

    Args:
        directories: the models'.
        title: of the corpus that is trained on.

    Raises:
        ModelError: one would be.
    """
    for directory in directories:
        try:
            known = ModelDirectory(directory).manifest.corpus.title
        except ModelError:
            continue
        if known != title:
            raise ModelError(
                f"'{directory}' is a model of {known}, and this one would be of {title}. Choose another "
                "--name, or remove the model first."
            )


def make_ready(directories: Sequence[Path]) -> None:
    """Make sure, before anything is trained, that models can be installed together in these places.

    What a killed run left half replaced is restored first.

    Args:
        directories: the models', all in one folder.

    Raises:
        ModelError: a place is taken by something that is no model, or another model shares the files of
            one that is to be replaced.
    """
    root = directories[0].parent
    _restore(root)
    require_free(directories)
    wanted = {directory.resolve() for directory in directories}
    for name in model_store.names(root):
        if (root / name).resolve() in wanted:
            continue
        for owner in _owners(root / name):
            if owner in wanted:
                raise ModelError(
                    f"The model '{name}' shares the files of '{owner.name}' and would break without them. "
                    f"Train both (--core-name {name}), train under another --name, or remove '{name}' first."
                )


def _overlap(place: Path, source: Path) -> bool:
    # A CSV is a file: a model may well be written beside it.
    return place == source or place in source.parents or source in place.parents


def _require_free(directory: Path) -> None:
    if directory.parent.exists() and not directory.parent.is_dir():
        raise ModelError(f"Models cannot be written to '{directory.parent}': it is no folder.")
    for place in (directory, _partial_place(directory), model_store.old_place(directory)):
        _require_ours(place)


def _require_ours(place: Path) -> None:
    if not (_is_vacant(place) or _is_model(place)):
        raise ModelError(
            f"'{place}' is no model, and writing the model would remove it. Choose another --out or --name, "
            "or move it away."
        )


def _is_vacant(place: Path) -> bool:
    """Return whether there is nothing: no such path, or an empty folder."""
    if place.is_dir() and not place.is_symlink():
        return not any(place.iterdir())
    return not os.path.lexists(place)


def _is_model(place: Path) -> bool:
    """Return whether a folder holds a manifest of ours, of whatever version."""
    if place.is_symlink():
        return False
    try:
        manifest = json.loads((place / MANIFEST).read_bytes())
    except (OSError, ValueError, RecursionError):
        return False
    kinds = {"name": str, "labels": list, "sha256": dict}
    return isinstance(manifest, dict) and all(
        isinstance(manifest.get(field), kind) for field, kind in kinds.items()
    )


def _partial_place(directory: Path) -> Path:
    return directory.with_name(f".{directory.name}.partial")


def _owners(directory: Path) -> set[Path]:
    """Return the directories whose network files a model uses; links are those of older versions."""
    try:
        named = ModelDirectory(directory).manifest.weights_of
    except ModelError:
        named = None
    linked = {(directory / file).resolve().parent for file in NETWORK_FILES}
    return linked | ({(directory.parent / named).resolve()} if named else set())


def _restore(root: Path) -> None:
    olds = {}
    for path in root.glob(".*.old"):
        name = path.name.removeprefix(".").removesuffix(".old")
        # What has taken the place of a model in the meantime is not ours to replace.
        if _is_model(path) and (_is_vacant(root / name) or _is_model(root / name)):
            olds[name] = path
    missing = [name for name in olds if _is_vacant(root / name)]
    # Where none is missing, it was killed when all the new ones were there.
    if missing:
        # The missing ones last: while there is one, not all the old ones are back.
        for name in sorted(olds, key=missing.__contains__):
            if name not in missing:
                shutil.rmtree(root / name)
            olds[name].rename(root / name)
    else:
        for old in olds.values():
            shutil.rmtree(old)


def predictions(predictor: EmotionPredictor, clips: Sequence[Clip]) -> dict[str, Any]:
    """Return what a model predicts for some clips, for its manifest."""
    return {
        clip.path.stem: {
            "intended": clip.emotion,
            "emotion": (prediction := predictor.predict(clip.path)).emotion,
            "probabilities": dict(prediction.probabilities),
        }
        for clip in clips
    }
