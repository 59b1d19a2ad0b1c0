"""The models a server answers with: the default one is always loaded, the others when they are asked for."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from threading import Lock

from ser.config import EngineName
from ser.errors import ModelError, ModelNotFound, ModelUnavailable
from ser.models import store as model_store
from ser.models.engines import ENGINE_FILES
from ser.models.manifest import ONNX_FILE, VOICE_GENDER
from ser.models.predictor import EmotionPredictor
from ser.models.store import Found, ModelDirectory

logger = logging.getLogger(__name__)


def find_checked(root: Path, default: str, engine: EngineName) -> Found:
    """Find every model under `root` and the default one, which may be a path elsewhere; check their files.

    What the default one runs is kept in memory, for it and for the models that run the same.
    """
    found = model_store.find_all(root, default)
    usable: dict[str, ModelDirectory] = {}
    faulty = dict(found.faulty)
    # The default one is the first.
    for name, directory in found.directories.items():
        try:
            if name == found.default:
                directory.manifest.require_emotions()
            is_kept = name == found.default or _runs_same_file(directory, usable.get(found.default), engine)
            for file in ENGINE_FILES[engine]:
                if is_kept:
                    directory.keep(file)
                else:
                    directory.read(file)
        except ModelError as error:
            faulty[name] = error
        else:
            usable[name] = directory
    return Found(usable, faulty, found.default)


class ModelPool:
    """Models by name, one of them the default.

    The default one is loaded and warm from the start, and so are the models that run the same ONNX file, as
    they share its session. Any other model is loaded when it is asked for.

    Args:
        default: the name of the model for whoever names none; it may be missing.
        engine: what runs the networks.
        max_loaded: how many models stay loaded beside those of the start. The least recently used one is
            dropped; it still works for whoever holds it.
    """

    def __init__(self, *, default: str, engine: EngineName, max_loaded: int) -> None:
        self.default = default
        self._engine: EngineName = engine
        self._max_loaded = max_loaded
        self._directories: dict[str, ModelDirectory] = {}
        self._kept: dict[str, EmotionPredictor] = {}
        self._recent: OrderedDict[str, EmotionPredictor] = OrderedDict()
        self._lock = Lock()
        # One model at a time: two at once would take as long, and more memory.
        self._loading = Lock()

    @classmethod
    def load(cls, root: Path, *, default: str, engine: EngineName, max_loaded: int) -> ModelPool:
        """Return the models under `root` and the default one; see `find_checked` and `of`."""
        return cls.of(find_checked(root, default, engine), engine=engine, max_loaded=max_loaded)

    @classmethod
    def of(cls, found: Found, *, engine: EngineName, max_loaded: int) -> ModelPool:
        """Load the default model of those that were found and checked.

        A model that cannot be used is left out, and the log says why.
        """
        pool = cls(default=found.default, engine=engine, max_loaded=max_loaded)
        for name, error in found.faulty.items():
            _log_left_out(name, error)
        # The default one is the first.
        for name, directory in found.directories.items():
            try:
                pool._add(name, directory)
            except ModelError as error:
                _log_left_out(name, error)
        return pool

    def _add(self, name: str, directory: ModelDirectory) -> None:
        default = self._directories.get(self.default)
        if name == self.default or _runs_same_file(directory, default, self._engine):
            self._kept[name] = self._loaded(directory)
        self._directories[name] = directory

    def _loaded(self, directory: ModelDirectory) -> EmotionPredictor:
        predictor = EmotionPredictor.load(directory, engine=self._engine)
        predictor.warm_up()
        return predictor

    @property
    def directories(self) -> Mapping[str, ModelDirectory]:
        """Name -> model: first those that are loaded from the start."""
        return {name: self._directories[name] for name in [*self._kept, *self._directories]}

    @property
    def ready(self) -> bool:
        """Whether there is a model for whoever names none."""
        return self.default in self._kept

    def directory(self, name: str) -> ModelDirectory:
        """Return a model that need not be loaded.

        Raises:
            ModelNotFound: there is none of that name.
        """
        if name not in self._directories:
            raise ModelNotFound(f"No model '{name}'; there are: {', '.join(self.directories) or 'none'}.")
        return self._directories[name]

    def get(self, name: str | None = None) -> EmotionPredictor:
        """Return a model by its name, or the default one; one that is not loaded takes some time.

        Raises:
            ModelNotFound: there is none of that name.
            ModelUnavailable: it cannot be loaded.
        """
        if not name and not self.ready:
            raise ModelUnavailable("The server's log says why no model could be loaded.")
        name = name or self.default
        if name in self._kept:
            return self._kept[name]
        directory = self.directory(name)
        if found := self._recently_used(name):
            return found
        with self._loading:
            # Another request may have loaded it while this one waited.
            return self._recently_used(name) or self._load_again(name, directory.path)

    def for_emotions(self, name: str | None = None) -> EmotionPredictor:
        """Return a model as `get`, if it predicts emotions.

        Raises:
            WrongTask: it predicts something else.
        """
        if name:
            self.directory(name).manifest.require_emotions()
        return self.get(name)

    def for_voice_gender(self) -> EmotionPredictor:
        """Return the first model, by name, that tells whether a voice sounds female or male.

        Raises:
            ModelUnavailable: there is none, or it cannot be loaded.
        """
        for name, directory in sorted(self._directories.items()):
            if directory.manifest.task == VOICE_GENDER:
                return self.get(name)
        raise model_store.no_voice_gender()

    def _recently_used(self, name: str) -> EmotionPredictor | None:
        with self._lock:
            if name in self._recent:
                self._recent.move_to_end(name)
            return self._recent.get(name)

    def _load_again(self, name: str, path: Path) -> EmotionPredictor:
        try:
            # With its manifest: the model may have been trained again meanwhile.
            directory = ModelDirectory(path)
            predictor = self._loaded(directory)
        except ModelError as error:
            logger.error("model '%s' not loaded: %s", name, error)
            raise ModelUnavailable(f"'{name}' cannot be loaded; the server's log says why.") from error
        with self._lock:
            self._directories[name] = directory
            self._recent[name] = predictor
            if len(self._recent) > self._max_loaded:
                self._recent.popitem(last=False)
        return predictor


def _runs_same_file(one: ModelDirectory, other: ModelDirectory | None, engine: EngineName) -> bool:
    if other is None or engine != "onnx":
        return False
    return one.manifest.sha256.get(ONNX_FILE) == other.manifest.sha256[ONNX_FILE]


def _log_left_out(name: str, error: ModelError) -> None:
    logger.error("model '%s' left out: %s", name, error)
