"""The models a server answers with, all loaded and warm before the first request."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path

from ser.config import EngineName
from ser.errors import ModelError, ModelNotFound, ModelUnavailable
from ser.models import store as model_store
from ser.models.manifest import VOICE_GENDER
from ser.models.predictor import EmotionPredictor

logger = logging.getLogger(__name__)


class ModelPool:
    """Loaded models by name, one of them the default.

    Args:
        predictors: name -> model.
        default: the name of the model for whoever names none; it may be missing.
    """

    def __init__(self, predictors: Mapping[str, EmotionPredictor], *, default: str) -> None:
        self.predictors = predictors
        self.default = default

    @classmethod
    def load(cls, root: Path, *, default: str, engine: EngineName) -> ModelPool:
        """Load every model under `root`, and the default one, which may be a path elsewhere.

        A model that cannot be loaded is left out, and the log says why.
        """
        predictors: dict[str, EmotionPredictor] = {}
        name = default
        for wanted in dict.fromkeys([default, *model_store.names(root)]):
            try:
                directory = model_store.find(wanted, root)
                predictor = EmotionPredictor.load(directory, engine=engine)
                predictor.warm_up()
            except ModelError as error:
                logger.error("model left out: %s", error)
                continue
            predictors.setdefault(directory.name, predictor)
            if wanted == default:
                name = directory.name
        return cls(predictors, default=name)

    @property
    def ready(self) -> bool:
        """Whether there is a model for whoever names none."""
        return self.default in self.predictors

    def get(self, name: str | None = None) -> EmotionPredictor:
        """Return a model by its name, or the default one.

        Raises:
            ModelNotFound: there is none of that name.
            ModelUnavailable: the default one could not be loaded.
        """
        if name and name not in self.predictors:
            raise ModelNotFound(f"No model '{name}'; there are: {', '.join(self.predictors) or 'none'}.")
        if not name and not self.ready:
            raise ModelUnavailable("The server's log says why no model could be loaded.")
        return self.predictors[name or self.default]

    def for_voice_gender(self) -> EmotionPredictor:
        """Return the first model, by name, that tells whether a voice sounds female or male.

        Raises:
            ModelUnavailable: there is none.
        """
        for name, each in sorted(self.predictors.items()):
            if each.manifest.task == VOICE_GENDER:
                return self.get(name)
        raise model_store.no_voice_gender()
