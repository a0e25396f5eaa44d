"""A small vehicle in the dialects that SOVD servers are met in, as routes of the odd server."""

from support.odd_sovd_server import OddSovdServer, Reply, Seen

BASE = "/vehicle/v15"
ENGINE = f"{BASE}/components/engine"
BRAKES = f"{BASE}/components/brakes"


def wild_vehicle() -> OddSovdServer:
    """Engine and brakes as a Classic Diagnostic Adapter shows them; links absolute, root-relative and relative."""
    server = OddSovdServer()

    def version_info(request: Seen) -> Reply:
        return Reply(body={"sovd_info": [{"version": "1.1", "base_uri": f"{server.url}{BASE}"}]})

    def components(request: Seen) -> Reply:
        return Reply(
            body={
                "items": [
                    {"id": "engine", "name": "Engine", "href": f"{server.url}{ENGINE}"},
                    {"id": "brakes", "name": "Brakes", "href": BRAKES},
                ]
            }
        )

    server.on("GET", "/version-info", version_info).on("GET", f"{BASE}/components", components)
    server.on("GET", f"{BASE}/apps", Reply(body={"items": []}))
    server.on("GET", ENGINE, Reply(body=capabilities("Engine", "0x1010", f"{BASE}/components/engine")))
    server.on("GET", BRAKES, Reply(body=capabilities("Brakes", "0x1030", "brakes")))
    server.on("GET", f"{ENGINE}/faults", Reply(body={"items": [P0420, P0171, KNOWN_BUT_CLEAR]}))
    server.on("GET", f"{BRAKES}/faults", Reply(body={"items": []}))
    server.on("GET", f"{ENGINE}/data", Reply(body={"items": DATA}))
    server.on("GET", f"{ENGINE}/data/vindataidentifier", Reply(body=VIN))
    server.on("GET", f"{ENGINE}/data/DID_F40C", Reply(body=SPEED))
    server.on("GET", f"{ENGINE}/operations", Reply(body={"items": OPERATIONS}))
    return server


def capabilities(name: str, address: str, links_below: str) -> dict[str, object]:
    """Capabilities of a component, with its links below some path."""
    collections = ("data", "faults", "operations", "modes", "locks", "configurations")
    return {
        "id": name.lower(),
        "name": name,
        "variant": {"name": f"{name}_App_1", "is_base_variant": False, "state": "Online", "logical_address": address},
        "x-unknown": {"anything": [1, 2]},
        **{one: f"{links_below}/{one}" for one in collections},
    }


P0420 = {
    "code": "042000",
    "fault_name": "Catalyst efficiency",
    "status": {"test_failed": True, "confirmed_dtc": True, "pending_dtc": True, "mask": "2F"},
}
P0171 = {"code": "0x017111", "fault_name": "0x017111", "status": {"pendingDTC": "1", "mask": "04"}}
KNOWN_BUT_CLEAR = {"code": "P030000", "fault_name": "Misfire", "status": {"test_failed": False, "confirmed_dtc": False}}
DATA = [
    {"id": "vindataidentifier", "name": "VIN", "category": "identData"},
    {"id": "DID_F40C", "name": "Engine speed", "category": "currentData", "groups": ["motion"]},
]
VIN = {"id": "vindataidentifier", "data": {"VIN": "WVWZZZ1JZXW000001"}, "errors": []}
SPEED = {
    "id": "DID_F40C",
    "data": {"value": 812.5},
    "schema": {"properties": {"data": {"properties": {}, "x-sovd-unit": {"display_name": "1/min"}}}},
}
OPERATIONS = [
    {"id": "selftest_0203", "name": "Self test", "asynchronous_execution": True, "proximity_proof_required": False},
    {"id": "reset", "name": "Reset", "asynchronous_execution": False, "proximity_proof_required": False},
]
