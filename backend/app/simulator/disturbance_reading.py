"""Reads disturbances from a description or from the control interface. Pure."""

from collections.abc import Iterable

from app.simulator.description import EcuDescription
from app.simulator.disturbances import MEMBERS, OF_THE_CONNECTION, Disturbance, DisturbanceKind
from app.simulator.strict_reading import DescriptionError, Members


def read_disturbance(members: Members) -> Disturbance:
    """One disturbance. Raises DescriptionError naming the member that is wrong."""
    kind = _read_kind(members)
    ecu_address = _read_address(members)
    if ecu_address is not None and kind in OF_THE_CONNECTION:
        raise members.fail("ecu", f"{kind} concerns the whole vehicle: leave this out")
    for name in ("seconds", "times", "nrc", "code"):
        if members.has(name) and name not in MEMBERS.get(kind, ()):
            raise members.fail(name, f"means nothing to {kind}: leave this out")
    return Disturbance(
        kind=kind,
        ecu_address=ecu_address,
        service=members.optional_whole("service", low=0x10, high=0xBE),
        count=members.optional_whole("count", low=1, high=1_000_000),
        chance=members.number("chance", 1.0, low=0, high=1),
        seconds=members.number("seconds", 1.0, low=0, high=3600),
        times=members.whole("times", 3, low=1, high=1000),
        nrc=members.whole("nrc", 0x22, low=1, high=0xFF),
        code=members.whole("code", 0x00, low=0, high=0xFF),
    )


def check_disturbed_ecu(disturbance: Disturbance, ecus: Iterable[EcuDescription], path: str) -> None:
    """Raises DescriptionError where a disturbance names an ECU that there is not: it would never do anything."""
    address = disturbance.ecu_address
    known = [ecu.address for ecu in ecus]
    if address is not None and address not in known:
        raise DescriptionError(
            path, f"there is no ECU 0x{address:04X}, only {', '.join(f'0x{item:04X}' for item in known)}"
        )


def _read_kind(members: Members) -> DisturbanceKind:
    kind = members.text("kind")
    try:
        return DisturbanceKind(kind)
    except ValueError as error:
        raise members.fail("kind", f"must be one of {', '.join(DisturbanceKind)}") from error


def _read_address(members: Members) -> int | None:
    """A number in YAML; JSON has no hexadecimal numbers, so there it is a text."""
    if not members.has("ecu"):
        return None
    value = members.take("ecu")
    if isinstance(value, str):
        try:
            value = int(value, 16)
        except ValueError as error:
            raise members.fail("ecu", "must be a logical address, for example 0x1010") from error
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 0xFFFF:
        raise members.fail("ecu", "must be a logical address, for example 0x1010")
    return value
