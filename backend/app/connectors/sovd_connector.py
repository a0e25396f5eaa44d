"""Vehicles with a SOVD server of their own (ISO 17978-3): the connector for `sovd+http:` and `sovd+https:`."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from types import MappingProxyType

from app.connectors.acting import after_acting, before_acting
from app.connectors.command_preview import CommandPreview, PreviewWanted
from app.connectors.port import NO_CONTEXT, Progress, ResponseChunk, VehicleContext, VehicleRequest, check_host
from app.connectors.sovd_address import SCHEMES, parse_sovd_address
from app.connectors.sovd_calls import SovdCalls
from app.connectors.sovd_clients import SovdClients
from app.connectors.sovd_discovery import discover_ecus, read_identification
from app.connectors.sovd_entities import EntityDirectory
from app.connectors.sovd_faults import clear_dtc, read_dtc
from app.connectors.sovd_job import Answer, SovdJob
from app.connectors.sovd_modes import control_dtc_setting, ecu_reset
from app.connectors.sovd_request import preview_of_request, sovd_request
from app.connectors.sovd_routines import routine_control
from app.connectors.sovd_subscription import subscribe_data
from app.connectors.sovd_values import read_data_by_id, write_data_by_id
from app.domain.catalogue import COMMANDS, SOVD_REQUEST
from app.domain.command_definition import CommandDefinition
from app.domain.errors import CommandNotSupported, VehicleError, VehicleProtocolError, VehicleUnreachable
from app.domain.json_values import JsonObject

_ANSWERS: Mapping[str, Callable[[SovdJob], Answer]] = MappingProxyType(
    {
        "DiscoverECUs": discover_ecus,
        "ReadIdentification": read_identification,
        "ReadDTC": read_dtc,
        "ClearDTC": clear_dtc,
        "ReadDataByID": read_data_by_id,
        "WriteDataByID": write_data_by_id,
        "SubscribeData": subscribe_data,
        "RoutineControl": routine_control,
        "ECUReset": ecu_reset,
        "ControlDTCSetting": control_dtc_setting,
        "SOVDRequest": sovd_request,
    }
)

_DECIDED_LATER = (
    "Which resources are called is decided when the command runs: the vehicle's SOVD server is asked first what it has."
)


class SovdConnector:
    """Talks to SOVD servers. Connections are kept for a while between commands; `close` ends them all."""

    def __init__(self, clients: SovdClients | None = None) -> None:
        self._clients = clients or SovdClients()

    @property
    def schemes(self) -> tuple[str, ...]:
        """It serves `sovd+http:` and `sovd+https:`."""
        return SCHEMES

    def check_address(self, address: str) -> None:
        """Check host, port, path and settings. Raises InvalidRequest naming the wrong part."""
        check_host(parse_sovd_address(address).host, self._clients.hosts.networks)

    async def close(self) -> None:
        """Close all sockets; those of running commands when these end."""
        await self._clients.close()

    async def probe(self, address: str, deadline: float, context: VehicleContext = NO_CONTEXT) -> None:
        """Ask for version-info, or for the base URI where the address names it; only a SOVD answer counts."""
        parsed = parse_sovd_address(address)
        _check_time(deadline)
        async with self._clients.borrow(parsed, context.secrets) as client:
            calls = SovdCalls(client, headers={}, deadline=deadline)
            if parsed.base_uri is not None:
                document = await calls.json(parsed.base_uri)
                if not isinstance(document, dict):
                    raise VehicleProtocolError("What answers at the vehicle's base URI is not a SOVD server.")
                return
            directory = EntityDirectory(calls, parsed, client.knowledge)
            client.knowledge.base_uri = None  # what is remembered proves nothing
            await directory.base_uri()

    async def preview(self, wanted: PreviewWanted) -> CommandPreview:
        """Of SOVDRequest all but the base URI; what others call is decided by what the server says it has."""
        address = parse_sovd_address(wanted.address)
        _answer_to(wanted.command_name)
        if wanted.command_name == SOVD_REQUEST.name:
            return preview_of_request(address, wanted.command_params)
        return CommandPreview(notes=(_DECIDED_LATER,))

    async def execute(self, request: VehicleRequest) -> AsyncGenerator[ResponseChunk | Progress, None]:
        """Run one command as the port says.

        Where something fails before the part that changes the vehicle has left, the error says that nothing changed;
        where it fails after that, and that part was not refused, the error says that the vehicle may have acted.
        """
        address = parse_sovd_address(request.address)
        answer_of = _answer_to(request.command_name)
        _check_time(request.deadline)
        async with self._clients.borrow(address, request.context.secrets) as client:
            calls = SovdCalls(client, headers=_headers(request), deadline=request.deadline)
            job = SovdJob(
                calls=calls,
                directory=EntityDirectory(calls, address, client.knowledge),
                command_name=request.command_name,
                params=request.command_params,
                secrets=request.context.secrets,
            )
            try:
                async with aclosing(answer_of(job)) as answer:
                    async for part in answer:
                        yield part
            except VehicleError as error:
                if not _may_change(request.command_name, request.command_params):
                    raise
                raise (after_acting(error) if calls.acted else before_acting(error)) from error


def _answer_to(command_name: str) -> Callable[[SovdJob], Answer]:
    answer_of = _ANSWERS.get(command_name)
    if answer_of is None:
        raise CommandNotSupported(f"A vehicle with a SOVD server has no command {command_name[:60]}.")
    return answer_of


def _may_change(command_name: str, params: JsonObject) -> bool:
    known: CommandDefinition | None = COMMANDS.get(command_name)
    return known is None or known.with_params(params).may_change_vehicle


def _headers(request: VehicleRequest) -> dict[str, str]:
    """Whose request it is: a log of the vehicle's server can then be matched with ours."""
    headers = {"X-Client-Id": f"sovd-command-{request.command_id}"}
    correlation_id = request.correlation_id
    if correlation_id and correlation_id.isascii() and correlation_id.isprintable() and len(correlation_id) <= 200:
        headers["X-Correlation-ID"] = correlation_id.strip()
    return headers


def _check_time(deadline: float) -> None:
    if asyncio.get_running_loop().time() >= deadline:
        raise VehicleUnreachable("The time for this command was over before anything was sent.")
