"""A client of the server's HTTP API and live streams: `Client`, and `AsyncClient` for asyncio.

    with Client("http://127.0.0.1:5000") as client:
        print(client.predict("clip.webm").emotion)

It needs the extra `client`, and imports nothing of the server. docs/python-client.md shows more.
"""

from __future__ import annotations

try:
    import httpx  # noqa: F401
except ModuleNotFoundError as error:
    if error.name != "httpx":
        raise
    raise ModuleNotFoundError(
        "ser.client needs httpx, which is not installed: `pip install httpx`, or install the server's wheel "
        "with the extra 'client'.",
        name="httpx",
    ) from error

from ser.client.answers import (
    Analysis,
    AnalysisLine,
    AnalysisStarted,
    Answer,
    Baseline,
    FoundVoice,
    Health,
    Model,
    ModelDetails,
    Models,
    PeaksFound,
    Prediction,
    Progress,
    RecordingVoiceGender,
    Segment,
    Voice,
    VoiceGender,
    VoicesFound,
    Window,
    WindowVote,
)
from ser.client.asynchronous import AsyncClient, AsyncLiveStream
from ser.client.errors import (
    AccessRefused,
    ApiError,
    AudioRefused,
    BaselineRefused,
    Busy,
    ClientError,
    ConnectionFailed,
    ModelRefused,
    NoSpeech,
    RequestRefused,
    ServerFault,
    StreamRefused,
    TimedOut,
    UnexpectedAnswer,
)
from ser.client.files import Audio
from ser.client.messages import Ready, Result, SpeechEnded, SpeechStarted, StreamEvent
from ser.client.options import AnalyzeOptions, LearnOptions, PredictOptions, StreamOptions
from ser.client.synchronous import Client, LiveStream

__all__ = [
    "AccessRefused",
    "Analysis",
    "AnalysisLine",
    "AnalysisStarted",
    "AnalyzeOptions",
    "Answer",
    "ApiError",
    "AsyncClient",
    "AsyncLiveStream",
    "Audio",
    "AudioRefused",
    "Baseline",
    "BaselineRefused",
    "Busy",
    "Client",
    "ClientError",
    "ConnectionFailed",
    "FoundVoice",
    "Health",
    "LearnOptions",
    "LiveStream",
    "Model",
    "ModelDetails",
    "ModelRefused",
    "Models",
    "NoSpeech",
    "PeaksFound",
    "PredictOptions",
    "Prediction",
    "Progress",
    "Ready",
    "RecordingVoiceGender",
    "RequestRefused",
    "Result",
    "Segment",
    "ServerFault",
    "SpeechEnded",
    "SpeechStarted",
    "StreamEvent",
    "StreamOptions",
    "StreamRefused",
    "TimedOut",
    "UnexpectedAnswer",
    "Voice",
    "VoiceGender",
    "VoicesFound",
    "Window",
    "WindowVote",
]
