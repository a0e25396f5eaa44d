"""Reads the moving values of a vehicle from its description. Pure."""

from itertools import pairwise

from app.simulator.signals import PathSignal, Signal, SteadySignal, WarmUpSignal, WaveSignal
from app.simulator.strict_reading import DescriptionError, Members


def read_signal(members: Members) -> Signal:
    """One signal; its one member `steady`, `wave`, `path` or `warm_up` says which kind. Raises DescriptionError."""
    noise = members.number("noise", 0.0, low=0, high=1)
    if members.has("steady"):
        return SteadySignal(value=members.number("steady"), noise=noise)
    if members.has("path"):
        stepped = members.flag("stepped", default=False)
        return PathSignal(points=_read_points(members), stepped=stepped, noise=noise)
    if members.has("wave"):
        return _read_wave(members.mapping("wave"), noise)
    if members.has("warm_up"):
        return _read_warm_up(members.mapping("warm_up"), noise)
    raise DescriptionError(members.path, "must have one of steady, wave, path, warm_up")


def _read_wave(wave: Members, noise: float) -> Signal:
    signal = WaveSignal(
        middle=wave.number("middle"),
        amplitude=wave.number("amplitude"),
        period_s=wave.number("period_s", low=0.001),
        noise=noise,
    )
    wave.done()
    return signal


def _read_warm_up(warm_up: Members, noise: float) -> Signal:
    signal = WarmUpSignal(
        start=warm_up.number("start"),
        end=warm_up.number("end"),
        time_constant_s=warm_up.number("time_constant_s", low=0.001),
        noise=noise,
    )
    warm_up.done()
    return signal


def _read_points(members: Members) -> tuple[tuple[float, float], ...]:
    points = members.items("path", _read_point)
    if len(points) < 2 or points[0][0] != 0:
        raise members.fail("path", "must have at least two points [time, value], the first at time 0")
    if any(later[0] <= earlier[0] for earlier, later in pairwise(points)):
        raise members.fail("path", "times must rise from point to point")
    return points


def _read_point(item: object, path: str) -> tuple[float, float]:
    if not isinstance(item, list) or len(item) != 2 or not all(_is_number(part) for part in item):
        raise DescriptionError(path, "must be [time in s, value]")
    return float(item[0]), float(item[1])


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
