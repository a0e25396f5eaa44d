"""The moving values of one virtual vehicle, the same for all its ECUs; each can be held at a value by hand."""

from collections.abc import Mapping
from types import MappingProxyType

from app.simulator.signals import Signal, signal_at


class VehicleSignals:
    """Signals by name. Time is passed in, on the clock on which the vehicle was switched on at `started_at`."""

    def __init__(self, signals: Mapping[str, Signal], seed: int, started_at: float) -> None:
        self._signals = signals
        self._seed = seed
        self._started_at = started_at
        self._held: dict[str, float] = {}

    def value(self, name: str, now: float) -> float:
        """The value at a moment. Raises KeyError for a name that is not there."""
        if name in self._held:
            return self._held[name]
        return signal_at(self._signals[name], name, self._seed, now - self._started_at)

    def hold(self, name: str, value: float) -> None:
        """Keep a signal at a value until it is released. Raises KeyError for a name that is not there."""
        if name not in self._signals:
            raise KeyError(name)
        self._held[name] = value

    def release(self, name: str) -> None:
        """Let a signal move again."""
        self._held.pop(name, None)

    @property
    def names(self) -> tuple[str, ...]:
        """All signals."""
        return tuple(self._signals)

    @property
    def held(self) -> Mapping[str, float]:
        """The signals that are held, and where."""
        return MappingProxyType(self._held)
