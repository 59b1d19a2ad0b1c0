"""How long the stages of a prediction take, and how much audio is decoded, for whoever wants to know.

The pipeline knows neither metrics nor traces: it says what happens here, and whoever counts it subscribes.
Without a subscriber, a stage costs next to nothing.
"""

from __future__ import annotations

from time import perf_counter
from types import TracebackType
from typing import Literal, Protocol, get_args

Stage = Literal["decode", "speech", "features", "network"]
STAGES: tuple[Stage, ...] = get_args(Stage)


class Observer(Protocol):
    """Whoever wants to know. It is called in the thread that does the work, and must be quick."""

    def stage_ended(self, name: Stage, started_s: float, seconds: float) -> None:
        """Take note of a stage.

        Args:
            name: of the stage.
            started_s: when it began, as `perf_counter` counts.
            seconds: how long it took.
        """

    def audio_decoded(self, seconds: float) -> None:
        """Take note of so many seconds of audio, which were decoded."""


# Replaced as a whole, so that threads read it without a lock.
_observers: tuple[Observer, ...] = ()


def subscribe(observer: Observer) -> None:
    """Tell an observer of everything from now on; a second time is without effect."""
    global _observers
    if observer not in _observers:
        _observers = (*_observers, observer)


def unsubscribe(observer: Observer) -> None:
    """Tell an observer no more."""
    global _observers
    _observers = tuple(each for each in _observers if each is not observer)


class stage:  # noqa: N801
    """Measures one stage, also one that fails: `with stage("network"): ...`."""

    __slots__ = ("_name", "_started_s")

    def __init__(self, name: Stage) -> None:
        self._name: Stage = name

    def __enter__(self) -> None:
        self._started_s = perf_counter()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if _observers:
            ended(self._name, self._started_s, perf_counter() - self._started_s)


def ended(name: Stage, started_s: float, seconds: float) -> None:
    """Say that a stage is over, where `stage` cannot measure it; see `Observer.stage_ended`."""
    for observer in _observers:
        observer.stage_ended(name, started_s, seconds)


def decoded(seconds: float) -> None:
    """Say that so many seconds of audio were decoded."""
    for observer in _observers:
        observer.audio_decoded(seconds)
