"""The description of a simulated vehicle: what the built-in one holds, and errors that name the field."""

from collections.abc import Callable
from typing import Any

import pytest
import yaml

from app.domain.vin import check_digit, normalized_vin
from app.simulator.description_reading import built_in_description, built_in_text, read_description
from app.simulator.disturbances import MEMBERS, Disturbance, DisturbanceKind
from app.simulator.strict_reading import DescriptionError
from app.simulator.virtual_vehicle import VirtualVehicle, vin_of

Document = dict[str, Any]


def built_in() -> Document:
    document = yaml.safe_load(built_in_text())
    assert isinstance(document, dict)
    return document


def test_the_built_in_vehicle_has_the_ecus_of_the_demonstration() -> None:
    vehicle = built_in_description()
    addresses = {ecu.component: ecu.address for ecu in vehicle.ecus}
    assert addresses == {
        "gateway": 0x1000,
        "engine": 0x1010,
        "transmission": 0x1020,
        "brakes": 0x1030,
        "body": 0x1040,
        "battery": 0x1050,
    }
    for ecu in vehicle.ecus:
        known = {item.data_id for item in ecu.identifiers}
        assert {0xF186, 0xF187, 0xF18C, 0xF190, 0xF195} <= known


def test_the_engine_has_the_two_faults_of_the_demonstration() -> None:
    engine = VirtualVehicle(built_in_description(), number=1).component("engine")
    assert engine is not None
    assert [(fault.spelling, fault.status) for fault in engine.faults(0.0)] == [("P0420", 0x2F), ("P0171", 0x27)]


@pytest.mark.parametrize("number", [0, 1, 17, 999_999])
def test_vins_are_valid_with_their_check_digit(number: int) -> None:
    vin = VirtualVehicle(built_in_description(), number=number).vin
    assert normalized_vin(vin) == vin
    assert check_digit(vin) == vin[8]


def test_a_number_the_vin_has_no_room_for_is_refused() -> None:
    with pytest.raises(ValueError, match="does not fit into the VIN pattern"):
        vin_of("1SVCMD00*RA######", 1_000_000)


def test_values_move_the_same_way_for_the_same_seed_only() -> None:
    description = built_in_description()

    def readings(seed: int, number: int = 1) -> list[object]:
        engine = VirtualVehicle(description, number=number, seed=seed).component("engine")
        assert engine is not None
        return [engine.read_value(0xF40C, moment / 3) for moment in range(40)]

    assert readings(1) == readings(1)
    assert readings(1) != readings(2)
    assert readings(1) != readings(1, number=2)
    assert len(set(map(str, readings(1)))) > 10


def test_the_vehicle_stands_first_and_then_drives() -> None:
    engine = VirtualVehicle(built_in_description(), number=1).component("engine")
    assert engine is not None
    assert {engine.read_value(0xF40D, float(moment)) for moment in range(90)} == {0}
    assert engine.read_value(0xF40D, 145.0) in range(90, 100)


def spoil(change: Callable[[Document], None]) -> str:
    document = built_in()
    change(document)
    with pytest.raises(DescriptionError) as caught:
        read_description(yaml.safe_dump(document, allow_unicode=True))
    return str(caught.value)


def ecu(document: Document, index: int = 1) -> Document:
    found = document["ecus"][index]
    assert isinstance(found, dict)
    return found


def test_errors_name_the_field() -> None:
    assert spoil(lambda document: document.update(colour="red")) == "colour: there is no such field"
    assert spoil(lambda document: document.pop("make")) == "make: is missing"
    assert spoil(lambda document: ecu(document).update(address="0x1010")).startswith("ecus[1].address: must be a whole")
    assert spoil(lambda document: ecu(document)["faults"][0].update(code="X1")).startswith("ecus[1].faults[0].code: ")
    assert spoil(lambda document: ecu(document)["identifiers"][0].update(scal=1)) == (
        "ecus[1].identifiers[0].scal: there is no such field"
    )
    assert spoil(lambda document: ecu(document)["security"][0].update(level=2)).startswith(
        "ecus[1].security[0].level: must be odd"
    )
    assert spoil(lambda document: document["signals"]["speed"].update(path=[[0, 0]])).startswith(
        "signals.speed.path: must have at least two points"
    )
    assert spoil(lambda document: document.update(disturbances=[{"kind": "dely"}])).startswith(
        "disturbances[0].kind: must be one of delay, "
    )
    unknown = {"kind": "silent", "ecu": 0x9999}
    assert spoil(lambda document: document.update(disturbances=[unknown])).startswith(
        "disturbances[0].ecu: there is no ECU 0x9999, only 0x1000, 0x1010, "
    )
    meaningless = {"kind": "silent", "seconds": 3}
    assert spoil(lambda document: document.update(disturbances=[meaningless])) == (
        "disturbances[0].seconds: means nothing to silent: leave this out"
    )


@pytest.mark.parametrize("kind", DisturbanceKind)
def test_every_disturbance_can_be_described_with_its_members(kind: DisturbanceKind) -> None:
    document = yaml.safe_load(built_in_text())
    values: dict[str, Any] = {"seconds": 2.5, "times": 7, "nrc": 0x21, "code": 0x06}
    wanted = {name: value for name, value in values.items() if name in MEMBERS.get(kind, ())}
    document["disturbances"] = [{"kind": kind.value, "count": 2, "chance": 0.5, **wanted}]
    (found,) = read_description(yaml.safe_dump(document)).disturbances
    assert found == Disturbance(kind=kind, count=2, chance=0.5, **wanted)


def test_things_that_do_not_fit_together_are_refused() -> None:
    assert spoil(lambda document: ecu(document, 2).update(address=0x1010)) == "ecus: address 0x1010 is given twice"
    assert spoil(lambda document: ecu(document)["identifiers"][0].update(signal="height")).endswith(
        "there is no signal height"
    )
    assert spoil(lambda document: ecu(document)["faults"][0].update(snapshots=[{"identifiers": [0x7777]}])).endswith(
        "snapshot names 0x7777, which the ECU has not"
    )
    assert "outside 600.0 to 1200.0" in spoil(lambda document: _identifier(document, 0x0110).update(value=9))
    assert spoil(lambda document: document.update(vin="ABC")).startswith("vin: must have 17 characters")
    assert spoil(lambda document: document.update(ecus=[])) == "ecus: must name at least one ECU"


def _identifier(document: Document, data_id: int) -> Document:
    return next(item for item in ecu(document)["identifiers"] if item["id"] == data_id)


@pytest.mark.parametrize("text", ["", "[]", "make: [", "- a", "1", "make: !!python/object:os.system x"])
def test_what_is_no_description_is_refused(text: str) -> None:
    with pytest.raises(DescriptionError):
        read_description(text)


def test_disturbances_may_be_described() -> None:
    document = built_in()
    document["disturbances"] = [{"kind": "negativeResponse", "nrc": 0x21, "ecu": 0x1010, "count": 3}]
    (found,) = read_description(yaml.safe_dump(document)).disturbances
    assert found == Disturbance(kind=DisturbanceKind.NEGATIVE_RESPONSE, nrc=0x21, ecu_address=0x1010, count=3)
