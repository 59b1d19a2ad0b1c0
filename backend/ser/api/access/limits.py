"""How much one client may ask for: requests, seconds of audio, live streams at once."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable
from contextvars import ContextVar
from threading import Lock

from flask import Flask, Response, g

from ser import stages
from ser.api.access.clients import Client
from ser.api.access.counters import Counters, SharedCounters
from ser.config import Settings
from ser.errors import TooManyRequests

_HOUR_S = 3600
# Audio is counted in tenths of a second, as counters are whole numbers.
_TENTHS = 10
# So much of a recording is counted at once.
_STEP_S = 10.0
# Whose audio the work of this thread is; `ser.processor_slots` and `ser.analysis.workers` pass it on.
_account: ContextVar[AudioAccount | None] = ContextVar("audio account", default=None)


class Limits:
    """The limits of one process; they count together with those of the others.

    Args:
        settings: which there are.
        shared: the counters of all processes of the server.

    Raises:
        ConfigError: the address of Redis is none.
    """

    def __init__(self, settings: Settings, shared: SharedCounters) -> None:
        self.streams = settings.limit_streams
        self._requests = settings.limit_requests
        self._audio_s = settings.limit_audio_s
        is_counting = self._requests or self._audio_s
        url = settings.limits_storage.get_secret_value() if is_counting else ""
        self._counters = Counters(shared, url)

    def init_app(self, app: Flask, refuse: Callable[[TooManyRequests], Response]) -> None:
        """Count the requests of `app` that `g.counted` is set for, and the audio that is decoded for them.

        Args:
            app: the application.
            refuse: makes the answer to one request too many.
        """
        if self._audio_s:
            stages.subscribe(_meter)
        if self._requests:
            self._limit_requests(app, refuse)

    def begin_audio(self, client: Client) -> None:
        """Count what this thread decodes for a client, up to `end_audio`.

        Raises:
            TooManyRequests: the client has used up its audio.
        """
        account = self.account(client)
        account.require_rest()
        _account.set(account)

    def end_audio(self) -> None:
        """Count what is not counted yet."""
        account = _account.get()
        if account is not None:
            account.settle()
            _account.set(None)

    def account(self, client: Client) -> AudioAccount:
        """Return the account of a client's audio."""
        return AudioAccount(self._counters, client, self._audio_s)

    def _limit_requests(self, app: Flask, refuse: Callable[[TooManyRequests], Response]) -> None:
        # Not at the top: few servers have limits.
        from flask_limiter import Limiter, RateLimitExceeded

        from ser.api.access import storage

        # It logs each refusal, as the audit does.
        logging.getLogger("flask-limiter").setLevel(logging.WARNING)
        limiter = Limiter(
            lambda: g.counted.identity,
            application_limits=[self._requests],
            storage_uri=f"{storage.SCHEME}://",
            storage_options={"counters": self._counters},  # type: ignore[dict-item]
            strategy="fixed-window",
        )
        limiter.request_filter(lambda: g.get("counted") is None)

        def on_exceeded(_: RateLimitExceeded) -> Response:
            limit = limiter.current_limit
            left_s = limit.window.reset_time - time.time() if limit is not None else 0.0
            detail = f"At most {self._requests} requests are taken."
            return refuse(TooManyRequests(detail, retry_after_s=_whole_seconds(left_s)))

        app.register_error_handler(RateLimitExceeded, on_exceeded)
        limiter.init_app(app)


class AudioAccount:
    """Counts the seconds of audio of a client, over all of its requests and live streams.

    Args:
        counters: where.
        client: whose.
        limit_s: how much it may send in an hour; 0 for any.
    """

    def __init__(self, counters: Counters, client: Client, limit_s: int) -> None:
        self._counters = counters
        self._name = f"audio/{client.identity}"
        self._limit_s = limit_s
        self._lock = Lock()
        self._pending_s = 0.0

    @property
    def is_limited(self) -> bool:
        """Whether there is a limit."""
        return self._limit_s > 0

    def note(self, seconds: float) -> bool:
        """Take note of audio, and return whether it is time to `settle`, which may wait for Redis."""
        with self._lock:
            self._pending_s += seconds if self._limit_s else 0.0
            return self._pending_s >= _STEP_S

    def settle(self) -> None:
        """Count what was noted."""
        with self._lock:
            tenths = round(self._pending_s * _TENTHS)
            self._pending_s = 0.0
        if tenths:
            self._counters.add(self._name, tenths, _HOUR_S)

    def require_rest(self) -> None:
        """Refuse a client that has used up its audio.

        Raises:
            TooManyRequests: it has.
        """
        if not self._limit_s:
            return
        used, left_s = self._counters.get(self._name)
        if used >= self._limit_s * _TENTHS:
            raise TooManyRequests(
                f"At most {self._limit_s} s of audio are taken in an hour.",
                retry_after_s=_whole_seconds(left_s),
            )


class _Meter:
    """Adds what the pipeline decodes to the account that the work is for."""

    def stage_ended(self, name: stages.Stage, started_s: float, seconds: float) -> None:
        """See `ser.stages.Observer`."""

    def audio_decoded(self, seconds: float) -> None:
        """See `ser.stages.Observer`."""
        account = _account.get()
        if account is not None and account.note(seconds):
            account.settle()


_meter = _Meter()


def _whole_seconds(left_s: float) -> int:
    return max(1, math.ceil(left_s))
