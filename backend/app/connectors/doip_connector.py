"""Vehicles with ECUs behind a DoIP gateway (ISO 13400-2, ISO 14229): the connector for `doip:`."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, aclosing
from types import MappingProxyType

from app.connectors.acting import after_acting, before_acting
from app.connectors.command_preview import CommandPreview, PreviewWanted
from app.connectors.doip_address import SCHEME, parse_doip_address
from app.connectors.doip_commands.doip_data_reading import read_data_by_id, subscribe_data
from app.connectors.doip_commands.doip_data_writing import write_data_by_id
from app.connectors.doip_commands.doip_discovery import discover_ecus, read_identification
from app.connectors.doip_commands.doip_dtc_clearing import clear_dtc
from app.connectors.doip_commands.doip_dtc_reading import read_dtc
from app.connectors.doip_commands.doip_resets import control_dtc_setting, ecu_reset
from app.connectors.doip_commands.doip_routines import routine_control
from app.connectors.doip_job import DoipJob
from app.connectors.doip_parts import Outlet
from app.connectors.doip_preview import preview_of
from app.connectors.doip_probe import probe_vehicle
from app.connectors.port import NO_CONTEXT, Progress, ResponseChunk, VehicleContext, VehicleRequest, check_host
from app.diagnostic_data.port import DiagnosticDataSource
from app.domain.catalogue import COMMANDS
from app.domain.errors import (
    CommandNotSupported,
    NotFound,
    ServiceError,
    VehicleError,
    VehicleUnreachable,
)
from app.domain.json_values import JsonObject
from app.links.doip_pool import DoipLinks
from app.links.owing_ecus import OwingEcus
from app.protocols.uds.timing import UdsTiming

_COMMANDS: Mapping[str, Callable[[DoipJob], Awaitable[JsonObject]]] = MappingProxyType(
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
    }
)


class DoipConnector:
    """Talks UDS to the ECUs of vehicles. `links` and `data` belong to whoever made them, who also closes them."""

    def __init__(self, links: DoipLinks, data: DiagnosticDataSource, *, timing: UdsTiming | None = None) -> None:
        self._links = links
        self._data = data
        self._timing = timing or UdsTiming()
        self._owing = OwingEcus()

    @property
    def schemes(self) -> tuple[str, ...]:
        """It serves `doip:`."""
        return (SCHEME,)

    def check_address(self, address: str) -> None:
        """Check host, port and settings. Raises InvalidRequest naming the wrong part."""
        check_host(parse_doip_address(address).host, self._links.hosts.networks)

    async def probe(self, address: str, deadline: float, context: VehicleContext = NO_CONTEXT) -> None:
        """Ask one ECU for a sign of life; an open socket proves nothing."""
        parsed = parse_doip_address(address)
        _check_time(deadline)
        async with self._links.use(parsed.settings(context)) as link:
            with self._owing.of(parsed.host, parsed.port, parsed.tester) as owing:
                await probe_vehicle(link, parsed, timing=self._timing, owing=owing, deadline=deadline)

    async def preview(self, wanted: PreviewWanted) -> CommandPreview:
        """The UDS requests, up to where the answers of the ECUs decide."""
        return await preview_of(_command_of(wanted.command_name), wanted, self._data)

    async def execute(self, request: VehicleRequest) -> AsyncGenerator[ResponseChunk | Progress, None]:
        """Run one command as the port says.

        Where something fails before the part that changes the vehicle has left, the error says that nothing changed;
        where it fails after that, and that part was not refused, the error says that the vehicle may have acted.
        """
        address = parse_doip_address(request.address)
        command = _command_of(request.command_name)
        _check_time(request.deadline)
        outlet = Outlet()
        async with AsyncExitStack() as held:
            link = await held.enter_async_context(self._links.use(address.settings(request.context)))
            job = DoipJob(
                link=link,
                address=address,
                data=self._data.for_data_sets(request.context.data_sets),
                params=request.command_params,
                secrets=request.context.secrets,
                deadline=request.deadline,
                timing=self._timing,
                owing=held.enter_context(self._owing.of(address.host, address.port, address.tester)),
                outlet=outlet,
            )
            try:
                async with aclosing(outlet.parts(_run(command, job))) as parts:
                    async for part in parts:
                        yield part
            except (NotFound, ServiceError) as error:
                why = f"The diagnostic data of this vehicle cannot be used now: {error.message}"
                trouble = VehicleUnreachable(why, details={"reason": error.error_code})
                raise (after_acting(trouble) if job.acted else trouble) from error
            except VehicleError as error:
                if not _may_change(request.command_name, request.command_params):
                    raise
                raise (after_acting(error) if job.acted else before_acting(error)) from error


def _command_of(command_name: str) -> Callable[[DoipJob], Awaitable[JsonObject]]:
    command = _COMMANDS.get(command_name)
    if command is None:
        raise CommandNotSupported(f"A vehicle behind a DoIP gateway has no command {command_name[:60]}.")
    return command


async def _run(command: Callable[[DoipJob], Awaitable[JsonObject]], job: DoipJob) -> JsonObject:
    return await command(job)


def _may_change(command_name: str, params: JsonObject) -> bool:
    return COMMANDS[command_name].with_params(params).may_change_vehicle


def _check_time(deadline: float) -> None:
    if asyncio.get_running_loop().time() >= deadline:
        raise VehicleUnreachable("The time for this command was over before anything was sent.")
