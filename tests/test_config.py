from __future__ import annotations

import pytest

from ser.config import Settings, load_settings
from ser.errors import ConfigError
from ser.processors import usable_processors


def test_the_defaults_need_no_environment() -> None:
    settings = load_settings()
    assert (settings.host, settings.port) == ("127.0.0.1", 5000)
    assert settings.engine == "onnx"
    assert settings.cors_origins == []
    assert settings.max_upload_bytes == 10 * 1024**2
    assert settings.workers <= usable_processors()


@pytest.mark.parametrize(
    ("name", "value", "field", "expected"),
    [
        ("SER_PORT", "8080", "port", 8080),
        ("SER_ENGINE", "keras", "engine", "keras"),
        ("SER_MAX_UPLOAD_MB", "3", "max_upload_bytes", 3 * 1024**2),
        ("SER_CORS_ORIGINS", "https://a.example, https://b.example,", "cors_origins",
         ["https://a.example", "https://b.example"]),
        ("SER_CORS_ORIGINS", "", "cors_origins", []),
        ("SER_CORS_ORIGINS", "*", "cors_origins", ["*"]),
        ("SER_CORS_ORIGINS", "null,http://[::1]:80,capacitor://localhost", "cors_origins",
         ["null", "http://[::1]:80", "capacitor://localhost"]),
        ("SER_CORS_ORIGINS", r"https?://[a-z]+\.example/?", "cors_origins", [r"https?://[a-z]+\.example/?"]),
        ("SER_ALLOWED_HOSTS", "Voice.example, .b.example:443,127.0.0.1,app,münchen.example", "allowed_hosts",
         ["voice.example", ".b.example:443", "127.0.0.1", "app", "münchen.example"]),
    ],
)  # fmt: skip
def test_the_environment_is_read(
    name: str, value: str, field: str, expected: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    assert getattr(load_settings(), field) == expected


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("SER_PORT", "80a", r"SER_PORT='80a'"),
        ("SER_PORT", "70000", r"SER_PORT='70000'"),
        ("SER_ENGINE", "torch", r"SER_ENGINE='torch'.*'onnx' or 'keras'"),
        ("SER_WORKERS", "0", r"SER_WORKERS='0'"),
        ("SER_MAX_AUDIO_S", "nan", r"SER_MAX_AUDIO_S"),
        ("SER_CORS_ORIGINS", "(?i)https://.*", r"SER_CORS_ORIGINS=.* neither an origin"),
        ("SER_CORS_ORIGINS", "https://[", r"SER_CORS_ORIGINS=.*'https://\['.* neither an origin"),
        ("SER_CORS_ORIGINS", "https://a.example/", r"'https://a.example/' is no origin.*without a path"),
        ("SER_CORS_ORIGINS", "https://a.example,b.example", r"'b.example' is no origin"),
        ("SER_ALLOWED_HOSTS", "https://a.example", r"'https://a.example' is no host.*without https://"),
        ("SER_ALLOWED_HOSTS", "a.example,b.example/x", r"'b.example/x' is no host"),
        ("SER_ALLOWED_HOSTS", "*", r"'\*' is no host"),
        ("SER_ALLOWED_HOSTS", "a.example b.example", r"'a.example b.example' is no host"),
        ("SER_PROT", "80", r"Unknown setting SER_PROT; did you mean SER_PORT\?"),
        ("SER_XYZ", "1", r"Unknown setting SER_XYZ; known: .*SER_PORT"),
    ],
)
def test_what_is_wrong_is_said(name: str, value: str, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError, match=message):
        load_settings()


def test_the_notebooks_variable_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SER_NOTEBOOK_DATA", "/data/CREMA-D")
    assert load_settings().port == 5000


def test_a_given_value_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SER_PORT", "8080")
    assert load_settings(port=9090).port == 9090


def test_settings_do_not_change() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Settings().port = 1
