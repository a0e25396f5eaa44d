"""Values that move: what the sensors of a simulated vehicle would measure at a moment.

Pure and deterministic: the same description, seed and time give the same value. Time is in seconds since the vehicle
was switched on.
"""

import hashlib
import math
from dataclasses import dataclass

NOISE_STEP_S = 0.1
"""Noise stays the same for this long, as a sensor that is sampled ten times a second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SteadySignal:
    """Stays at `value`."""

    value: float
    noise: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class WaveSignal:
    """Swings around `middle` by `amplitude` in `period_s`."""

    middle: float
    amplitude: float
    period_s: float
    noise: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PathSignal:
    """Goes from point to point (time, value) in straight lines, over and over. Stepped: jumps instead."""

    points: tuple[tuple[float, float], ...]
    stepped: bool = False
    noise: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class WarmUpSignal:
    """Comes from `start` close to `end`: two thirds of the way in `time_constant_s`."""

    start: float
    end: float
    time_constant_s: float
    noise: float = 0.0


Signal = SteadySignal | WaveSignal | PathSignal | WarmUpSignal
"""`noise` is relative: 0.02 is ±2 % of the value, so that zero stays zero."""


def signal_at(signal: Signal, name: str, seed: int, elapsed_s: float) -> float:
    """The signal's value; `name` and `seed` choose its noise."""
    value = _smooth(signal, elapsed_s)
    if signal.noise:
        value *= 1 + signal.noise * _noise(f"{name}/{seed}/{math.floor(elapsed_s / NOISE_STEP_S)}")
    return value


def _smooth(signal: Signal, elapsed_s: float) -> float:
    match signal:
        case SteadySignal():
            return signal.value
        case WaveSignal():
            return signal.middle + signal.amplitude * math.sin(2 * math.pi * elapsed_s / signal.period_s)
        case PathSignal():
            return _along(signal, elapsed_s)
        case WarmUpSignal():
            left = math.exp(-max(0.0, elapsed_s) / signal.time_constant_s)
            return signal.end - (signal.end - signal.start) * left


def _along(signal: PathSignal, elapsed_s: float) -> float:
    length = signal.points[-1][0]
    position = elapsed_s % length if length > 0 else 0.0
    before = signal.points[0]
    for point in signal.points:
        if point[0] > position:
            if signal.stepped:
                return before[1]
            return before[1] + (point[1] - before[1]) * (position - before[0]) / (point[0] - before[0])
        before = point
    return before[1]


def _noise(key: str) -> float:
    """Between -1 and 1. A hash rather than a generator: it needs no memory of what was asked before."""
    digest = hashlib.blake2b(key.encode(), digest_size=4).digest()
    return int.from_bytes(digest, "big") / 0x7FFFFFFF - 1
