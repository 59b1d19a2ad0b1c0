"""What routes need of the application: settings, models, the decoder, the waiting line, live streams."""

from __future__ import annotations

from flask import current_app

from ser.api.draining import Draining
from ser.api.live.streams import LiveStreams
from ser.api.waiting_line import WaitingLine
from ser.audio.decoders import Decoder
from ser.config import Settings
from ser.models.pool import ModelPool


def settings() -> Settings:
    """Return the application's settings."""
    found: Settings = current_app.extensions["ser"]["settings"]
    return found


def models() -> ModelPool:
    """Return the application's models."""
    found: ModelPool = current_app.extensions["ser"]["models"]
    return found


def decoder() -> Decoder:
    """Return who decodes for the application."""
    found: Decoder = current_app.extensions["ser"]["decoder"]
    return found


def waiting_line() -> WaitingLine:
    """Return the line of the application's requests."""
    found: WaitingLine = current_app.extensions["ser"]["waiting_line"]
    return found


def live_streams() -> LiveStreams:
    """Return the application's live streams."""
    found: LiveStreams = current_app.extensions["ser"]["live_streams"]
    return found


def draining() -> Draining:
    """Return whether the server is about to stop."""
    found: Draining = current_app.extensions["ser"]["draining"]
    return found
