"""The control interface of the simulator: live state, disturbances, values, trouble codes, and no web pages."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx
import pytest

from app.simulator.control_guard import refusal_of_browser
from app.simulator.fleet import SimulatedFleet
from support.raw_tester import RawTester
from support.simulated_fleet import quick_fleet
from support.waiting import until

READ_SPEED = "22F40D"


@dataclass(frozen=True, slots=True)
class Controlled:
    """A fleet and a client of its control interface."""

    fleet: SimulatedFleet
    http: httpx.AsyncClient

    @property
    def vehicle(self) -> str:
        """Path of the first vehicle."""
        return f"/vehicles/{self.fleet.vehicles[0].vin}"

    @asynccontextmanager
    async def tester(self) -> AsyncIterator[RawTester]:
        """A tester with routing active."""
        async with RawTester(self.fleet.vehicles[0].doip_address) as tester:
            assert await tester.activate() == 0x10
            yield tester


@pytest.fixture
async def controlled() -> AsyncIterator[Controlled]:
    async with quick_fleet(3, with_control=True) as fleet:
        assert fleet.control_url is not None
        async with httpx.AsyncClient(base_url=fleet.control_url, trust_env=False) as http:
            yield Controlled(fleet, http)


async def test_vehicles_are_listed_and_shown_with_their_live_state(controlled: Controlled) -> None:
    listed = (await controlled.http.get("/vehicles", params={"limit": 2, "offset": 1})).json()
    assert [item["vin"] for item in listed["items"]] == [item.vin for item in controlled.fleet.vehicles[1:]]
    assert listed["total"] == 3
    async with controlled.tester() as tester:
        await tester.ask("1003")
        shown = (await controlled.http.get(controlled.vehicle)).json()
        assert shown["open_connections"] == 1
        engine = next(ecu for ecu in shown["ecus"] if ecu["component"] == "engine")
        assert engine["session"] == "0x03"
        assert [dtc["code"] for dtc in engine["dtcs"]] == ["P0420", "P0171"]
        assert engine["values"]["VIN"]["value"] == controlled.fleet.vehicles[0].vin
        by_address = (await controlled.http.get(f"{controlled.vehicle}/ecus/0x1010")).json()
        assert by_address["component"] == "engine"


async def test_disturbances_come_and_go(controlled: Controlled) -> None:
    path = f"{controlled.vehicle}/disturbances"
    made = await controlled.http.post(path, json={"kind": "negativeResponse", "nrc": 0x21, "ecu": "0x1010"})
    assert made.status_code == 201
    async with controlled.tester() as tester:
        assert await tester.ask(READ_SPEED) == "7F2221"
        assert (await controlled.http.delete(f"{path}/{made.json()['number']}")).status_code == 204
        assert await tester.ask(READ_SPEED) == "62F40D00"
        await controlled.http.post(path, json={"kind": "negativeResponse", "count": 1})
        assert (await controlled.http.delete(path)).status_code == 204
        assert await tester.ask(READ_SPEED) == "62F40D00"
    assert (await controlled.http.delete(f"{path}/99")).status_code == 404


async def test_values_and_signals_are_set_and_released(controlled: Controlled) -> None:
    async with controlled.tester() as tester:
        assert (await controlled.http.put(f"{controlled.vehicle}/signals/speed", json={"value": 88})).status_code == 204
        assert await tester.ask(READ_SPEED) == "62F40D58"
        assert await tester.ask("220310", ecu=0x1030) == "6203102260"
        await controlled.http.delete(f"{controlled.vehicle}/signals/speed")
        assert await tester.ask(READ_SPEED) == "62F40D00"
        value = f"{controlled.vehicle}/ecus/engine/values/WorkshopNote"
        assert (await controlled.http.put(value, json={"value": "hello"})).status_code == 204
        assert bytes.fromhex(await tester.ask("220130"))[3:].decode() == "hello".ljust(20)
        await controlled.http.delete(value)
        assert bytes.fromhex(await tester.ask("220130"))[3:].decode() == " " * 20


async def test_trouble_codes_are_set_and_taken_out(controlled: Controlled) -> None:
    path = f"{controlled.vehicle}/ecus/brakes/dtcs"
    assert (await controlled.http.put(f"{path}/C0035-1F", json={})).status_code == 204
    assert (await controlled.http.put(f"{path}/U0100", json={"title": "Lost", "status": "pending"})).status_code == 204
    async with controlled.tester() as tester:
        assert await tester.ask("1902FF", ecu=0x1030) == "5902FF" + "40351F28" + "C1000027"
        assert (await controlled.http.delete(f"{path}/U0100")).status_code == 204
        assert await tester.ask("1902FF", ecu=0x1030) == "5902FF" + "40351F28"


async def test_an_ecu_is_reset(controlled: Controlled) -> None:
    assert (await controlled.http.post(f"{controlled.vehicle}/ecus/engine/reset")).status_code == 204
    engine = controlled.fleet.vehicles[0].vehicle.component("engine")
    assert engine is not None
    assert engine.resets == 1
    await until(lambda: not engine.is_silent(controlled.fleet.now()), what="it is up again")


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/vehicles/1SVCMD00XRA999999", None, 404),
        ("POST", "{vehicle}/disturbances", {"kind": "dely"}, 400),
        ("POST", "{vehicle}/disturbances", {"kind": "delay", "secnds": 1}, 400),
        ("POST", "{vehicle}/disturbances", {"kind": "halfOpen", "ecu": "0x1010"}, 400),
        ("POST", "{vehicle}/disturbances", {"kind": "delay", "seconds": 1, "ecu": "0x9999"}, 400),
        ("POST", "{vehicle}/disturbances", {"kind": "silent", "nrc": 34}, 400),
        ("POST", "{vehicle}/disturbances", [], 422),
        ("PUT", "{vehicle}/signals/height", {"value": 1}, 404),
        ("PUT", "{vehicle}/ecus/engine/values/IdleSpeedTarget", {"value": 1}, 400),
        ("PUT", "{vehicle}/ecus/engine/values/Nothing", {"value": 1}, 404),
        ("PUT", "{vehicle}/ecus/engine/dtcs/X1", {}, 400),
        ("DELETE", "{vehicle}/ecus/engine/dtcs/U0100", None, 404),
        ("POST", "{vehicle}/ecus/roof/reset", None, 404),
    ],
)
async def test_wrong_requests_are_refused(
    controlled: Controlled, method: str, path: str, body: object, status: int
) -> None:
    answer = await controlled.http.request(method, path.format(vehicle=controlled.vehicle), json=body)
    assert answer.status_code == status
    assert answer.json()["detail"]


async def test_web_pages_are_kept_away(controlled: Controlled) -> None:
    path = f"{controlled.vehicle}/disturbances"
    body = '{"kind": "silent"}'
    attempts = (
        {"Origin": "https://example.com", "Content-Type": "application/json"},
        {"Sec-Fetch-Site": "cross-site", "Content-Type": "application/json"},
        {"Content-Type": "text/plain"},
        {"Host": "rebound.example.com", "Content-Type": "application/json"},
    )
    for headers in attempts:
        answer = await controlled.http.post(path, content=body, headers=headers)
        assert answer.status_code == 403, headers
    assert controlled.fleet.vehicles[0].served.disturbances.active == ()


def test_the_guard_lets_programs_pass() -> None:
    local = frozenset({"127.0.0.1", "::1"})
    for host in ("127.0.0.1:80", "127.0.0.1", "[::1]:80", "[::1]"):
        assert refusal_of_browser("GET", {"host": host}, local) is None
    assert refusal_of_browser("GET", {"host": "bench7:80"}, frozenset()) is None
    assert refusal_of_browser("GET", {"host": "bench7:80"}, local) is not None
