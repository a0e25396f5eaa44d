"""Reads the YAML description of a vehicle. Strict: an unknown or wrong field is an error that names its path.

`read_description` takes text; `built_in_description` and `built_in_text` give the one that comes with the program.
"""

from importlib.resources import files

import yaml

from app.domain.vin import normalized_vin
from app.simulator.description import EcuDescription, SecurityDescription, VehicleDescription
from app.simulator.disturbance_reading import check_disturbed_ecu, read_disturbance
from app.simulator.fault_reading import read_fault
from app.simulator.identifier_reading import identification, read_identifier, read_routine
from app.simulator.signal_reading import read_signal
from app.simulator.strict_reading import DescriptionError, Members

SMALLEST_VIN_NUMBER_DIGITS = 4


def built_in_text() -> str:
    """The description that comes with the program, to start an own one from."""
    return (files("app.simulator") / "descriptions" / "default.yaml").read_text(encoding="utf-8")


def built_in_description() -> VehicleDescription:
    """The vehicle that comes with the program: a gateway and five ECUs."""
    return read_description(built_in_text())


def read_description(text: str) -> VehicleDescription:
    """The vehicle a YAML text describes. Raises DescriptionError naming the field that is wrong."""
    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise DescriptionError("", f"this is not YAML: {error}") from error
    members = Members(document)
    vehicle = VehicleDescription(
        make=members.text("make"),
        model=members.text("model"),
        year=members.whole("year", low=1980, high=2100),
        vin_pattern=_read_vin_pattern(members),
        gateway_address=members.whole("gateway_address", 0x1000, low=1, high=0xFFFF),
        functional_address=members.whole("functional_address", 0xE400, low=1, high=0xFFFF),
        signals=members.named("signals", read_signal),
        ecus=members.each("ecus", _read_ecu),
        disturbances=members.each("disturbances", read_disturbance),
        idle_close_s=members.number("idle_close_s", 300.0, low=0.1, high=86400),
        max_testers=members.whole("max_testers", 16, low=1, high=255),
    )
    members.done()
    _check_references(vehicle)
    return vehicle


def _read_vin_pattern(members: Members) -> str:
    pattern = members.text("vin", "1SVCMD00*RA######")
    try:
        normalized_vin(pattern.replace("#", "0").replace("*", "0"))
    except ValueError as error:
        raise members.fail("vin", str(error)) from error
    if pattern.count("#") < SMALLEST_VIN_NUMBER_DIGITS or "#" * pattern.count("#") not in pattern:
        raise members.fail("vin", "must hold at least four # in a row, where the vehicle's number goes")
    if pattern.count("*") > 1 or ("*" in pattern and pattern.index("*") != 8):
        raise members.fail("vin", "may hold one *, as the ninth character: the check digit")
    return pattern


def _read_ecu(members: Members) -> EcuDescription:
    component = members.text("component")
    title = members.text("title", component)
    named = identification(members, title)
    identifiers = (*named, *members.each("identifiers", read_identifier))
    return EcuDescription(
        component=component,
        title=title,
        address=members.whole("address", low=1, high=0xFFFF),
        variant=members.text("variant", component),
        latency_s=members.number("latency_s", 0.0, low=0, high=600),
        p2_s=members.number("p2_s", 0.05, low=0.001, high=65.535),
        p2_star_s=members.number("p2_star_s", 5.0, low=0.01, high=655.35),
        s3_s=members.number("s3_s", 5.0, low=0.01, high=3600),
        boot_s=members.number("boot_s", 1.0, low=0, high=600),
        max_identifiers=members.whole("max_identifiers", 32, low=1, high=2000),
        sessions=members.items("sessions", _session) or (1, 2, 3),
        slow_services=members.each("slow_services", _read_slow_service),
        security=members.each("security", _read_security),
        identifiers=identifiers,
        routines=members.each("routines", read_routine),
        faults=members.each("faults", read_fault),
    )


def _session(item: object, path: str) -> int:
    if isinstance(item, bool) or not isinstance(item, int) or not 1 <= item <= 0x7E:
        raise DescriptionError(path, "must be a session number from 0x01 to 0x7E")
    return item


def _read_slow_service(members: Members) -> tuple[int, float]:
    return members.whole("service", low=0x10, high=0x87), members.number("takes_s", low=0, high=600)


def _read_security(members: Members) -> SecurityDescription:
    level = members.whole("level", low=1, high=0x7D)
    if level % 2 == 0:
        raise members.fail("level", "must be odd: the sub-function of requestSeed")
    mask_text = members.text("mask")
    try:
        mask = bytes.fromhex(mask_text)
    except ValueError as error:
        raise members.fail("mask", "must be hex text, for example A5C35A3C") from error
    if not mask:
        raise members.fail("mask", "must have at least one byte")
    return SecurityDescription(
        level=level,
        mask=mask,
        attempts=members.whole("attempts", 3, low=1, high=255),
        delay_s=members.number("delay_s", 10.0, low=0, high=3600),
    )


def _check_references(vehicle: VehicleDescription) -> None:
    if not vehicle.ecus:
        raise DescriptionError("ecus", "must name at least one ECU")
    _check_unique([ecu.address for ecu in vehicle.ecus], "ecus", "address")
    _check_unique([ecu.component for ecu in vehicle.ecus], "ecus", "component")
    signals = {name for name, _ in vehicle.signals}
    for index, ecu in enumerate(vehicle.ecus):
        path = f"ecus[{index}]"
        if ecu.address == vehicle.functional_address:
            raise DescriptionError(f"{path}.address", "is the functional address")
        _check_ecu(ecu, path, signals)
    for index, disturbance in enumerate(vehicle.disturbances):
        check_disturbed_ecu(disturbance, vehicle.ecus, f"disturbances[{index}].ecu")


def _check_ecu(ecu: EcuDescription, path: str, signals: set[str]) -> None:
    known = {item.data_id for item in ecu.identifiers}
    _check_unique([item.data_id for item in ecu.identifiers], f"{path}.identifiers", "id")
    _check_unique([item.name for item in ecu.identifiers], f"{path}.identifiers", "name")
    _check_unique([item.routine_id for item in ecu.routines], f"{path}.routines", "id")
    _check_unique([item.name for item in ecu.routines], f"{path}.routines", "name")
    _check_unique([item.code for item in ecu.faults], f"{path}.faults", "code")
    _check_unique([item.level for item in ecu.security], f"{path}.security", "level")
    for item in ecu.identifiers:
        if item.signal is not None and item.signal not in signals:
            raise DescriptionError(f"{path}.identifiers", f"{item.name}: there is no signal {item.signal}")
    for fault in ecu.faults:
        for snapshot in fault.snapshots:
            for data_id in snapshot.data_ids:
                if data_id not in known:
                    raise DescriptionError(f"{path}.faults", f"snapshot names 0x{data_id:04X}, which the ECU has not")


def _check_unique(values: list[int] | list[str], path: str, name: str) -> None:
    seen: set[int | str] = set()
    for value in values:
        if value in seen:
            raise DescriptionError(path, f"{name} {f'0x{value:X}' if isinstance(value, int) else value} is given twice")
        seen.add(value)
