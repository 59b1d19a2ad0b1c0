"""Settings: read once from `SER_*` environment variables, and validated."""

from __future__ import annotations

import os
import re
from difflib import get_close_matches
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from ser.errors import ConfigError
from ser.limits import MAX_ANALYZED_S, MAX_DECODING_S, MAX_DURATION_S
from ser.processors import usable_processors

PREFIX = "SER_"
EngineName = Literal["onnx", "keras"]
# Read by other programs: the notebook.
_FOREIGN = {"SER_NOTEBOOK_DATA"}
_ORIGIN = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#]+")
# What has one of these is a regular expression to flask-cors.
_REGEX_CHARACTERS = frozenset(r"*\]?$^[()")
_LIMIT = re.compile(r"[1-9]\d{0,8}/(second|minute|hour|day)(\s*,\s*[1-9]\d{0,8}/(second|minute|hour|day))*")
_REDIS = re.compile(r"(redis|rediss|redis\+unix)://\S+")
# Their values stand in no message: somebody may have put a key or a password there.
_SECRET = frozenset({"api_keys", "limits_storage"})
# A name or an IPv4 address, maybe with a port, which does not count; with a point before it, also the names
# below it. Flask compares no IPv6 addresses.
_HOST = re.compile(r"[^\s:/?#@*\[\]]+(?::\d{1,5})?")
_PACKAGE = Path(__file__).resolve().parent
_CARRIED = _PACKAGE / "shipped"
# What holds `model`, `frontend/dist` and `docs`: a wheel carries copies (`setup.py`), a checkout has its own.
SHIPPED = _CARRIED if _CARRIED.is_dir() else _PACKAGE.parents[1]


class Settings(BaseSettings):
    """Every setting, with its default; each is the environment variable `SER_<NAME>`."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid")

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(5000, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    workers: int = Field(
        default_factory=lambda: min(2, usable_processors()),
        ge=1,
        le=64,
        description="Server processes, each with its own model.",
    )
    # More than may wait, so that a thread is left to refuse the others, and for clients that send slowly.
    threads: int = Field(128, ge=1, le=256, description="Threads of each process.")
    max_waiting: int = Field(
        64,
        ge=1,
        le=1000,
        description="Clips that each process works on or lets wait; one more request is refused.",
    )
    read_timeout_s: int = Field(
        10, ge=1, le=600, description="How long a client may be silent during a request, in seconds."
    )
    model: str = Field("cremad-4", min_length=1, description="Default model: name or path.")
    model_dir: Path = Field(SHIPPED / "model", description="Folder of the model directories.")
    max_loaded_models: int = Field(
        4, ge=1, le=1000, description="Models that each process keeps loaded beside the default one."
    )
    engine: EngineName = Field("onnx", description="Runtime of the network: onnx or keras.")
    cors_origins: Annotated[list[str], NoDecode] = Field(
        default_factory=list,
        description="Other origins whose pages may call the API, comma-separated; * for all.",
    )
    allowed_hosts: Annotated[list[str], NoDecode] = Field(
        default_factory=list,
        description="Hosts that requests may be addressed to (`Host`), comma-separated; all without it.",
    )
    max_upload_mb: int = Field(10, ge=1, le=1024, description="Largest upload, in MiB.")
    max_audio_s: float = Field(
        MAX_DURATION_S, gt=0, le=3600, description="Longest audio of one /predict, in seconds."
    )
    max_decoding_s: float = Field(
        MAX_DECODING_S,
        gt=0,
        le=60,
        description="Processor time to decode one upload, in seconds; 15 % more for each second of /analyze.",
    )
    max_analyze_mb: int = Field(500, ge=1, le=4096, description="Largest upload of /analyze, in MiB.")
    max_analyze_s: float = Field(
        MAX_ANALYZED_S, gt=0, le=86_400, description="Longest recording of /analyze, in seconds."
    )
    max_streams: int = Field(200, ge=1, le=10_000, description="Live streams at once, over all processes.")
    stream_max_s: float = Field(3600, gt=0, le=86_400, description="Longest live stream, in seconds.")
    stream_idle_s: float = Field(
        8, ge=0.5, le=600, description="How long a live stream may go without sound, in seconds."
    )
    api_keys: Path | None = Field(None, description="File of the keys that requests need: `ser keys`.")
    limit_requests: str = Field(
        "", description="Requests of one client, as 60/minute or 60/minute, 1000/day."
    )
    limit_audio_s: int = Field(
        0, ge=0, le=10_000_000, description="Audio of one client in an hour, in seconds; 0 for any."
    )
    limit_streams: int = Field(
        0, ge=0, le=10_000, description="Live streams of one client at once; 0 for any number."
    )
    limits_storage: SecretStr = Field(
        SecretStr(""), description="Redis that counts for several servers, as redis://host:6379/0."
    )
    trusted_proxies: Annotated[list[str], NoDecode] = Field(
        default_factory=list,
        description="Addresses or networks of proxies whose X-Forwarded-For is believed, comma-separated.",
    )
    metrics: bool = Field(True, description="Whether GET /metrics answers.")
    grace_s: int = Field(
        25,
        ge=0,
        le=86_400,
        description="How long running requests and live streams may go on when the server stops, in seconds.",
    )
    drain_delay_s: float = Field(
        0,
        ge=0,
        le=600,
        description="How long before that new requests are taken, while /health/ready says 503, in seconds.",
    )
    frontend_dir: Path = Field(SHIPPED / "frontend" / "dist", description="Folder of the built page.")

    @field_validator("api_keys", mode="before")
    @classmethod
    def _unset_if_empty(cls, value: object) -> object:
        # Compose sets a variable to nothing where there is none.
        return value or None

    @field_validator("limit_requests")
    @classmethod
    def _check_limit(cls, value: str) -> str:
        if value and not _LIMIT.fullmatch(value):
            raise ValueError("write it like 60/minute, or 60/minute, 1000/day (second, minute, hour, day)")
        return value

    @field_validator("limits_storage")
    @classmethod
    def _check_storage(cls, value: SecretStr) -> SecretStr:
        if value.get_secret_value() and not _REDIS.fullmatch(value.get_secret_value()):
            raise ValueError("write it like redis://host:6379/0, rediss://... or redis+unix:///socket")
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _check_proxies(cls, proxies: list[str]) -> list[str]:
        for proxy in proxies:
            try:
                ip_network(proxy)
            except ValueError as error:
                raise ValueError(f"'{proxy}' is no address or network, as 10.0.0.1 or 10.0.0.0/8") from error
        return proxies

    @field_validator("cors_origins", "allowed_hosts", "trusted_proxies", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return [origin.strip() for origin in value.split(",") if origin.strip()]
        return value

    @field_validator("cors_origins")
    @classmethod
    def _check_origins(cls, origins: list[str]) -> list[str]:
        for origin in origins:
            if origin in ("*", "null"):
                continue
            if _REGEX_CHARACTERS.isdisjoint(origin) and not _ORIGIN.fullmatch(origin):
                raise ValueError(
                    f"'{origin}' is no origin: write it like https://example.org, without a path"
                )
            try:
                # In a group, as it is used.
                re.compile(f"(?:{origin})")
            except re.error as error:
                raise ValueError(f"'{origin}' is neither an origin nor a regular expression") from error
        return origins

    @field_validator("allowed_hosts")
    @classmethod
    def _check_hosts(cls, hosts: list[str]) -> list[str]:
        for host in hosts:
            if not _HOST.fullmatch(host):
                raise ValueError(
                    f"'{host}' is no host: write it like example.org, without https:// and without a path"
                )
        # As browsers send them.
        return [host.lower() for host in hosts]

    @property
    def max_upload_bytes(self) -> int:
        """Largest upload, in bytes."""
        return self.max_upload_mb * 1024 * 1024

    @property
    def max_analyze_bytes(self) -> int:
        """Largest upload of /analyze, in bytes."""
        return self.max_analyze_mb * 1024 * 1024


def traces_wanted() -> bool:
    """Return whether traces are to be sent: the variables are those of OpenTelemetry, for all programs."""
    names = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
    is_off = os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true"
    return not is_off and any(os.environ.get(name) for name in names)


def trace_service_name() -> str:
    """Return under which name traces are sent."""
    return os.environ.get("OTEL_SERVICE_NAME") or "ser"


def _shown(fault: ErrorDetails) -> str:
    return "..." if _SECRET.intersection(fault["loc"]) else repr(fault["input"])


def load_settings(**overrides: object) -> Settings:
    """Return the settings of the environment, with `overrides` on top.

    Raises:
        ConfigError: a `SER_*` variable is unknown, or a value is not allowed; the message says which.
    """
    known = {PREFIX + name.upper() for name in Settings.model_fields} | _FOREIGN
    for name in os.environ:
        if name.upper().startswith(PREFIX) and name.upper() not in known:
            close = get_close_matches(name.upper(), known, n=1)
            hint = f"; did you mean {close[0]}?" if close else f"; known: {', '.join(sorted(known))}."
            raise ConfigError(f"Unknown setting {name}{hint}")
    try:
        return Settings(**overrides)  # type: ignore[arg-type]
    except ValidationError as error:
        faults = "; ".join(
            f"{PREFIX}{'_'.join(map(str, fault['loc'])).upper()}={_shown(fault)}: {fault['msg']}"
            for fault in error.errors()
        )
        raise ConfigError(faults) from error
