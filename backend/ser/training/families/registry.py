"""The families of models by name. A new family is one file beside this one, and one line here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ser.errors import ConfigError
from ser.registry import Registry

if TYPE_CHECKING:
    from ser.training.family import Family

FAMILIES: Registry[type[Family[Any]]] = Registry(
    "family of models",
    {
        "hybrid": "ser.training.families.hybrid:Hybrid",
        "bilstm": "ser.training.families.bilstm:Bilstm",
    },
    error=ConfigError,
)
