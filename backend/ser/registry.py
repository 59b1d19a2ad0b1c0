"""Names, each with a line that says where the thing stands; it is imported when it is first asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Registry(Generic[T]):
    """Maps names to objects of other modules, which are imported only when they are asked for.

    A new entry is one line: `"name": "package.module:attribute"`.

    Args:
        what: what the entries are, for messages, e.g. "feature set".
        entries: name -> "module:attribute".
        error: raised for a name that is not there.
    """

    def __init__(self, what: str, entries: Mapping[str, str], *, error: type[Exception]) -> None:
        self._what = what
        self._entries = dict(entries)
        self._error = error

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def add(self, name: str, entry: str) -> None:
        """Add an entry, as a line of the registry would.

        Raises:
            ValueError: the name is taken.
        """
        if name in self._entries:
            raise ValueError(f"There is a {self._what} '{name}' already.")
        self._entries[name] = entry

    def remove(self, name: str) -> None:
        """Take an entry out again."""
        del self._entries[name]

    def get(self, name: str) -> T:
        """Return the object of this name.

        Raises:
            Exception: the registry's `error`; there is no such name. The message lists the names.
        """
        if name not in self._entries:
            raise self._error(f"No {self._what} '{name}' is known; there are: {', '.join(self)}.")
        module, attribute = self._entries[name].split(":")
        found: Any = getattr(import_module(module), attribute)
        return found  # type: ignore[no-any-return]
