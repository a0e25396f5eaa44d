"""Which ECUs may still answer an earlier request of ours, by gateway: kept from one command to the next."""

from collections.abc import Iterator
from contextlib import contextmanager


class OwingEcus:
    """Lends each gateway's set of ECU addresses. One that is empty and that nobody has is forgotten."""

    def __init__(self) -> None:
        self._sets: dict[tuple[str, int, int], set[int]] = {}
        self._users: dict[tuple[str, int, int], int] = {}

    def __len__(self) -> int:
        """How many gateways there are with such ECUs, or with a command under way."""
        return len(self._sets)

    @contextmanager
    def of(self, host: str, port: int, tester: int) -> Iterator[set[int]]:
        """The set of a gateway, the same for all commands that run on it side by side, to be read and changed."""
        key = (host, port, tester)
        owing = self._sets.setdefault(key, set())
        self._users[key] = self._users.get(key, 0) + 1
        try:
            yield owing
        finally:
            self._users[key] -= 1
            if not self._users[key]:
                del self._users[key]
                if not owing:
                    del self._sets[key]
