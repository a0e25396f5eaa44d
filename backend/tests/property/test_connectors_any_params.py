"""Whatever parameters the catalogue lets through: connectors answer them, or refuse in the errors of the port."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from app.connectors.doip_connector import DoipConnector
from app.connectors.port import Connector, ResponseChunk, VehicleRequest
from app.connectors.sovd_connector import SovdConnector
from app.connectors.vehicle_connector import VehicleConnector
from app.diagnostic_data.data_source import DiagnosticDataLibrary
from app.domain.catalogue import COMMANDS
from app.domain.command_definition import CommandDefinition
from app.domain.errors import InvalidRequest, NotFound, VehicleError
from app.domain.identifiers import CommandId, VehicleId
from app.domain.json_values import JsonObject, encode_json
from app.domain.params_check import check_params
from app.links.doip_pool import DoipLinks
from support.doip_runs import KEYS, TIMING
from support.simulated_fleet import quick_fleet

_CASES = 12
_WITHIN_S = 0.8
_AT_ONCE = 32
_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
)
_ANY_JSON = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3), max_leaves=6
)
# so that many reach something that is there
_KNOWN: Mapping[str, Any] = {
    "ecuAddress": st.sampled_from(["0x1010", "0x1030", "0x1000", "0x10"]),
    "component": st.sampled_from(["engine", "brakes", "gateway"]),
    "dataId": st.sampled_from(["0xF190", "0x0110", "0xF40D"]),
    "routineId": st.sampled_from(["0x0203", "0xFF00", "SelfTest"]),
    "path": st.sampled_from(["", "components", "components/engine/faults", "components/engine/data", "areas"]),
}


def _values(schema: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    kind = schema["type"]
    if isinstance(kind, list):
        return _ANY_JSON.filter(lambda value: value is not None)
    return _OF_KIND[kind](schema)


def _object(schema: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    inner = st.text() | st.lists(st.text(), max_size=2) if "additionalProperties" in schema else _ANY_JSON
    return st.dictionaries(st.text(max_size=8), inner, max_size=3)


_OF_KIND: Mapping[str, Callable[[Mapping[str, Any]], st.SearchStrategy[Any]]] = {
    "boolean": lambda _: st.booleans(),
    "integer": lambda schema: st.integers(schema["minimum"], schema["maximum"]),
    "number": lambda schema: st.floats(schema["minimum"], schema["maximum"]),
    "array": lambda schema: st.lists(_values(schema["items"]), min_size=schema["minItems"], max_size=6, unique=True),
    "object": _object,
    "string": lambda schema: st.from_regex(schema["pattern"], fullmatch=True) if "pattern" in schema else st.text(),
}


def _params(definition: CommandDefinition) -> st.SearchStrategy[JsonObject]:
    properties: JsonObject = definition.parameters["properties"]
    each = {
        name: _KNOWN[name] | _values(schema) if name in _KNOWN else _values(schema)
        for name, schema in properties.items()
    }
    optional = {name: found for name, found in each.items() if name not in definition.parameters["required"]}
    required = {name: found for name, found in each.items() if name in definition.parameters["required"]}

    def is_right(params: JsonObject) -> bool:
        try:
            check_params(definition, params)
        except InvalidRequest:
            return False
        return True

    def chosen(params: JsonObject) -> JsonObject:
        for choice in definition.choices:
            given_ones = [name for name in choice.names if name in params]
            for name in given_ones[1:]:
                del params[name]
        return params

    return st.fixed_dictionaries(required, optional=optional).map(chosen).filter(is_right)


def cases() -> list[tuple[str, JsonObject]]:
    """Parameters for every command, the same in each run."""
    return [(definition.name, params) for definition in COMMANDS.values() for params in _drawn(definition)]


def _drawn(definition: CommandDefinition) -> list[JsonObject]:
    found: list[JsonObject] = []

    @seed(17978)
    @settings(max_examples=_CASES, database=None, suppress_health_check=list(HealthCheck), deadline=None)
    @given(_params(definition))
    def collect(params: JsonObject) -> None:
        found.append(params)

    collect()
    return found


async def _trouble(connector: Connector, request: VehicleRequest) -> str | None:
    """What broke the port's promises; None: nothing."""
    allowed = request.deadline + 2.5
    finals = 0
    try:
        async with aclosing(connector.execute(request)) as answer:
            async for part in answer:
                if isinstance(part, ResponseChunk):
                    encode_json(part.response_payload)
                    finals += part.is_final
    except (VehicleError, InvalidRequest):
        finals = 1
    except Exception as error:  # noqa: BLE001 - that is what is looked for
        return f"{request.command_name} {request.command_params}: {error!r}"
    if finals != 1:
        return f"{request.command_name} {request.command_params}: {finals} ends"
    if asyncio.get_running_loop().time() > allowed:
        return f"{request.command_name} {request.command_params}: too late"
    return None


async def _all(connector: Connector, address: str) -> list[str]:
    places, troubles = asyncio.Semaphore(_AT_ONCE), list[str]()
    wanted = await asyncio.to_thread(cases)

    async def run(name: str, params: JsonObject) -> None:
        async with places:
            request = VehicleRequest(
                command_id=CommandId(uuid4()),
                vehicle_id=VehicleId(uuid4()),
                address=address,
                command_name=name,
                command_params=params,
                correlation_id="any",
                deadline=asyncio.get_running_loop().time() + _WITHIN_S,
                context=KEYS,
            )
            trouble = await _trouble(connector, request)
        if trouble is not None:
            troubles.append(trouble)

    async with asyncio.TaskGroup() as tasks:
        for name, params in wanted:
            tasks.create_task(run(name, params))
    return troubles


async def test_the_mock_vehicle() -> None:
    assert await _all(VehicleConnector(), "sim:?delay=0") == []


async def _no_file(checksum: str) -> bytes:
    raise NotFound(f"There is no file {checksum}.")


async def test_a_doip_vehicle(tmp_path: Path) -> None:
    library = DiagnosticDataLibrary(tmp_path, _no_file)
    timing = replace(TIMING, network_s=0.5)
    try:
        async with quick_fleet() as fleet, DoipLinks() as links:
            connector = DoipConnector(links, library, timing=timing)
            assert await _all(connector, fleet.vehicles[0].doip_address) == []
    finally:
        await library.close()


async def test_a_sovd_vehicle() -> None:
    connector = SovdConnector()
    try:
        async with quick_fleet(with_sovd=True) as fleet:
            address = fleet.vehicles[0].sovd_address
            assert address is not None
            assert await _all(connector, address) == []
    finally:
        await connector.close()
