"""The text of GET /metrics: what all processes of the server have counted, and what is derived from it."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any

import numpy as np
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from ser import __version__
from ser.api.metrics import processes, record
from ser.api.metrics.instruments import REGISTRY
from ser.api.metrics.recent import Recent
from ser.api.metrics.shared import locked, shared_folder
from ser.config import Settings
from ser.models.manifest import ONNX_FILE, Manifest
from ser.models.pool import ModelPool


class Exposition(Collector):
    """Everything of one server.

    Args:
        models: of it.
        settings: of it.
        streams_limit: how many live streams it takes at once.
        draining: whether the server is about to stop.
    """

    def __init__(self, models: ModelPool, settings: Settings, *, streams_limit: int, draining: bool) -> None:
        self._models, self._settings = models, settings
        self._streams_limit, self._draining = streams_limit, draining

    def text(self, accepted: str) -> tuple[bytes, str]:
        """Return the text and its type, in a format out of those that are accepted.

        Args:
            accepted: the header `Accept` of the request.
        """
        encode, kind = choose_encoder(accepted)
        registry = CollectorRegistry()
        registry.register(self)
        return encode(registry), kind

    def describe(self) -> list[Metric]:
        """Return nothing, so that registering does not collect."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Yield all metrics."""
        folder = shared_folder()
        with nullcontext() if folder is None else locked(folder):
            counted: Any = REGISTRY if folder is None else MultiProcessCollector(None, str(folder))
            yield from list(counted.collect())
            of_models = list(self._of_models())
        yield from of_models
        yield from self._of_server()

    def _of_server(self) -> Iterator[Metric]:
        yield _gauge("ser_workers_expected", "Server processes that there should be.", self._settings.workers)
        yield _gauge("ser_streams_limit", "So many live streams at once.", self._streams_limit)
        yield _gauge("ser_draining", "1 while the server is about to stop.", self._draining)
        yield _gauge("ser_ready", "1 while the default model is loaded.", self._models.ready)
        build = GaugeMetricFamily(
            "ser_build_info", "Which version runs.", labels=["version", "python", "engine"]
        )
        build.add_metric([__version__, platform.python_version(), self._settings.engine], 1)
        yield build
        used = processes.usage(shared_folder() is not None)
        if used is not None:
            yield CounterMetricFamily(
                "process_cpu_seconds", "Processor seconds of all processes of the server.", used.cpu_s
            )
            text = "Memory of all processes of the server; what several share counts once."
            yield _gauge("process_resident_memory_bytes", text, used.memory_bytes)
            yield _gauge("process_open_fds", "Open files and connections of all processes.", used.open_files)

    def _of_models(self) -> Iterator[Metric]:
        info = GaugeMetricFamily(
            "ser_model_info", "The models that there are.", labels=["model", "task", "sha256", "default"]
        )
        recent = _Families("recent", "answers of late")
        reference = _Families("reference", "training speakers, which the answers are compared with")
        answers = GaugeMetricFamily(
            "ser_recent_answers", "How many answers the shares and means are of.", labels=["model"]
        )
        deviation = GaugeMetricFamily(
            "ser_recent_feature_deviation",
            "How far the features of late are from the mean of the training speakers, in their deviations.",
            labels=["model", "group"],
        )
        for name, directory in self._models.directories.items():
            manifest = directory.manifest
            is_default = str(name == self._models.default).lower()
            info.add_metric([name, manifest.task, manifest.sha256.get(ONNX_FILE, ""), is_default], 1)
            if manifest.reference is not None:
                known = manifest.reference
                reference.add(name, known.emotions, known.confidence, known.low_information)
            found = record.recent_answers().of(name, manifest)
            if found is None:
                continue
            answers.add_metric([name], found.answers)
            recent.add(name, found.emotions, found.confidence, found.low_information)
            for group, value in _deviations(manifest, found, directory.feature_set.groups):
                deviation.add_metric([name, group], value)
        return iter([info, answers, deviation, *recent.all, *reference.all])


class _Families:
    """The three gauges that there are of late and of the reference."""

    def __init__(self, name: str, of: str) -> None:
        self._emotions = GaugeMetricFamily(
            f"ser_{name}_emotion_ratio", f"Share of each emotion, of the {of}.", labels=["model", "emotion"]
        )
        self._confidence = GaugeMetricFamily(
            f"ser_{name}_confidence_ratio", f"Mean confidence, of the {of}.", labels=["model"]
        )
        self._low_information = GaugeMetricFamily(
            f"ser_{name}_low_information_ratio", f"Share of low information, of the {of}.", labels=["model"]
        )

    def add(self, model: str, emotions: Any, confidence: float, low_information: float) -> None:
        for emotion, share in emotions.items():
            self._emotions.add_metric([model, emotion], share)
        self._confidence.add_metric([model], confidence)
        self._low_information.add_metric([model], low_information)

    @property
    def all(self) -> list[Metric]:
        return [self._emotions, self._confidence, self._low_information]


def _deviations(manifest: Manifest, found: Recent, groups: Any) -> Iterator[tuple[str, float]]:
    """Yield for each group of features how far their means are from those of the training speakers."""
    if manifest.scaling is None or found.features is None:
        return
    mean, scale = np.array(manifest.scaling.mean), np.array(manifest.scaling.scale)
    standardised = np.abs((found.features - mean) / scale)
    for group, members in groups.items():
        yield group, float(standardised[members].mean())


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, value=float(value))
