"""Reads a decoded YAML or JSON document member by member, and says by path what is wrong. Pure."""

import math
from collections.abc import Callable
from typing import TypeVar

_Value = TypeVar("_Value")


class DescriptionError(ValueError):
    """A field of a description is wrong. The message begins with its path, for example `ecus[0].address`."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"{path or 'the document'}: {message}")
        self.path = path


class Members:
    """The members of one mapping. `done()` refuses those nobody has asked for: a typing error never passes."""

    def __init__(self, value: object, path: str = "") -> None:
        if not isinstance(value, dict):
            raise DescriptionError(path, "must be a mapping of names to values")
        self.path = path
        self._left: dict[object, object] = dict(value)

    def has(self, name: str) -> bool:
        """Whether the member is given and has not been read yet."""
        return name in self._left

    def fail(self, name: str, message: str) -> DescriptionError:
        """The error for one member."""
        return DescriptionError(self.path_of(name), message)

    def path_of(self, name: str) -> str:
        """The path of a member."""
        return f"{self.path}.{name}" if self.path else name

    def done(self) -> None:
        """Raises DescriptionError if there are members that were not read."""
        if self._left:
            name = next(iter(self._left))
            raise DescriptionError(self.path_of(str(name)), "there is no such field")

    def take(self, name: str, default: object = ...) -> object:
        """A member as it is. Raises DescriptionError where it is missing and has no default."""
        value = self._left.pop(name, default)
        if value is ...:
            raise self.fail(name, "is missing")
        return value

    def text(self, name: str, default: str | None = None) -> str:
        """A text. Raises DescriptionError."""
        value = self.take(name, ... if default is None else default)
        if not isinstance(value, str):
            raise self.fail(name, "must be a text; put it in quotes")
        return value

    def flag(self, name: str, default: bool) -> bool:
        """true or false. Raises DescriptionError."""
        value = self.take(name, default)
        if not isinstance(value, bool):
            raise self.fail(name, "must be true or false")
        return value

    def whole(self, name: str, default: int | None = None, *, low: int = 0, high: int = 0xFFFFFFFF) -> int:
        """A whole number from `low` to `high`; YAML reads 0x1010 as one. Raises DescriptionError."""
        value = self.take(name, ... if default is None else default)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise self.fail(name, f"must be a whole number from {low} to {high} (0x{low:X} to 0x{high:X})")
        return value

    def optional_whole(self, name: str, *, low: int = 0, high: int = 0xFFFFFFFF) -> int | None:
        """A whole number, or None where it is not given. Raises DescriptionError."""
        return self.whole(name, low=low, high=high) if self.has(name) else None

    def number(self, name: str, default: float | None = None, *, low: float = -1e12, high: float = 1e12) -> float:
        """A number from `low` to `high`. Raises DescriptionError."""
        value = self.take(name, ... if default is None else default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise self.fail(name, "must be a number")
        if not low <= value <= high:
            raise self.fail(name, f"must be from {low:g} to {high:g}")
        return float(value)

    def optional_number(self, name: str) -> float | None:
        """A number, or None where it is not given. Raises DescriptionError."""
        return self.number(name) if self.has(name) else None

    def mapping(self, name: str) -> "Members":
        """A mapping inside; where it is not given, an empty one. Raises DescriptionError."""
        return Members(self.take(name, {}), self.path_of(name))

    def each(self, name: str, read: Callable[["Members"], _Value]) -> tuple[_Value, ...]:
        """The mappings of a list, each read by `read` and then checked for what is left over."""

        def read_all(item: object, path: str) -> _Value:
            members = Members(item, path)
            result = read(members)
            members.done()
            return result

        return self.items(name, read_all)

    def items(self, name: str, read: Callable[[object, str], _Value]) -> tuple[_Value, ...]:
        """The items of a list, each read by `read` with its path; where it is not given, none."""
        value = self.take(name, [])
        if not isinstance(value, list):
            raise self.fail(name, "must be a list")
        return tuple(read(item, f"{self.path_of(name)}[{index}]") for index, item in enumerate(value))

    def named(self, name: str, read: Callable[["Members"], _Value]) -> tuple[tuple[str, _Value], ...]:
        """The members of a mapping of names to mappings, in their order."""
        members = self.mapping(name)
        found = []
        for key in list(members.names()):
            inner = members.mapping(key)
            found.append((key, read(inner)))
            inner.done()
        return tuple(found)

    def names(self) -> tuple[str, ...]:
        """Names that were not read yet. Raises DescriptionError for a key that is no text."""
        for key in self._left:
            if not isinstance(key, str):
                raise DescriptionError(self.path, f"{key!r} must be a text; put it in quotes")
        return tuple(str(key) for key in self._left)
