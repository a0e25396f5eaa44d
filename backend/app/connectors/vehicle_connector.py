"""The built-in mock vehicle (`sim:` addresses), and the one way to run a command on any vehicle.

Its answers and their timing are contract 4.4 of the design. All waiting goes through `asyncio.sleep`.
"""

import asyncio
import math
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass

from app.connectors.command_preview import CommandPreview, PreviewWanted
from app.connectors.port import (
    NO_CONTEXT,
    ConnectorRegistry,
    NumberedChunk,
    Progress,
    ResponseChunk,
    VehicleContext,
    VehicleRequest,
)
from app.connectors.simulated_address import SimulatedSettings, parse_simulated_address
from app.connectors.simulated_data import IDENTIFIERS, ValueSource
from app.connectors.simulated_memory import ProcessMemory, SimulatedMemory
from app.connectors.simulated_pace import pause, work_on
from app.connectors.trouble_codes import describe
from app.domain.catalogue import DEFAULT_ECU_ADDRESS, READ_DTC
from app.domain.errors import (
    CommandNotSupported,
    VehicleProtocolError,
    VehicleRefused,
    VehicleUnreachable,
)
from app.domain.identifiers import CommandId, VehicleId
from app.domain.json_values import JsonObject
from app.protocols.uds.negative_responses import describe_nrc

TimedPayload = tuple[JsonObject, float]
"""A chunk's payload and how many seconds pass after it until the next one."""

_DEFAULT_SETTINGS = SimulatedSettings()
_DEFAULT_VALUES = ValueSource()


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedState:
    """What the answers of a simulated vehicle depend on, beside the command: its stored trouble codes and values."""

    dtcs: tuple[str, ...] = _DEFAULT_SETTINGS.dtcs
    delay: float = _DEFAULT_SETTINGS.delay
    values: ValueSource = _DEFAULT_VALUES


_DEFAULT_STATE = SimulatedState()


async def execute_command(
    command_id: CommandId,
    vehicle_id: VehicleId,
    command_name: str,
    command_params: JsonObject,
    *,
    address: str = "sim:",
    correlation_id: str = "",
    deadline: float | None = None,
    vin: str | None = None,
    connectors: ConnectorRegistry | None = None,
) -> AsyncGenerator[NumberedChunk | Progress, None]:
    """Run a command on the vehicle at `address` and yield its chunks in order, numbered from 1.

    Holds whatever connector there is to the port: nothing follows the final chunk, and an answer without one raises
    VehicleProtocolError. Otherwise raises what the port says. `deadline` is in loop seconds (default: the usual
    30 s from now); without `connectors` a mock vehicle that remembers nothing between calls answers.
    """
    registry = connectors or ConnectorRegistry((VehicleConnector(),))
    connector = registry.for_address(address)
    if deadline is None:
        deadline = asyncio.get_running_loop().time() + READ_DTC.default_timeout_s
    request = VehicleRequest(
        command_id=command_id,
        vehicle_id=vehicle_id,
        address=address,
        command_name=command_name,
        command_params=command_params,
        correlation_id=correlation_id,
        deadline=deadline,
        vin=vin,
    )
    number = 0
    async with aclosing(connector.execute(request)) as answer:
        async for part in answer:
            if isinstance(part, Progress):
                yield part
                continue
            number += 1
            yield NumberedChunk(response_payload=part.response_payload, is_final=part.is_final, sequence_number=number)
            if part.is_final:
                return
    raise VehicleProtocolError(f"The answer ended after {number} parts, before it was complete.")


class VehicleConnector:
    """The mock vehicle. Its character comes from its address, its fault memory from `memory`."""

    def __init__(self, memory: SimulatedMemory | None = None) -> None:
        self._memory = memory or ProcessMemory()

    @property
    def schemes(self) -> tuple[str, ...]:
        """It serves `sim:`."""
        return ("sim",)

    def check_address(self, address: str) -> None:
        """Check settings and their values. Raises InvalidRequest naming the wrong setting."""
        parse_simulated_address(address)

    async def probe(self, address: str, deadline: float, context: VehicleContext = NO_CONTEXT) -> None:
        """Answers at once. Raises VehicleUnreachable where the address says `offline`."""
        settings = parse_simulated_address(address)
        if settings.offline or asyncio.get_running_loop().time() >= deadline:
            raise VehicleUnreachable("The simulated vehicle is offline.")

    async def preview(self, wanted: PreviewWanted) -> CommandPreview:
        """There is nothing to show: the answers are made here."""
        parse_simulated_address(wanted.address)
        _check_is_supported(wanted.command_name, wanted.command_params)
        return CommandPreview(
            notes=("Nothing leaves for the built-in mock vehicle (sim:): its answers are made by this program.",)
        )

    async def execute(self, request: VehicleRequest) -> AsyncGenerator[ResponseChunk | Progress, None]:
        """Run one command as the port says, with the faults that the address asks for."""
        settings = parse_simulated_address(request.address)
        await self.probe(request.address, request.deadline)
        _check_is_supported(request.command_name, request.command_params)
        if settings.pending is not None:
            text = f"ECU {_ecu_address(request.command_params)} still working"
            async with aclosing(work_on(settings.pending, text, request.deadline)) as waiting:
                async for progress in waiting:
                    yield progress
        if settings.fail_after == 0:  # refused before it acted
            raise _refused(0x22)
        chunks = await self._act(request, settings)
        for count, (payload, delay) in enumerate(chunks):
            if count and count == settings.fail_after:
                raise _refused(0x22)
            if count == settings.silent_after:
                await pause(math.inf, request.deadline)
            is_final = count == len(chunks) - 1
            yield ResponseChunk(response_payload=payload, is_final=is_final)
            if not is_final:
                await pause(delay, request.deadline)

    async def _act(self, request: VehicleRequest, settings: SimulatedSettings) -> list[TimedPayload]:
        """Do in the vehicle what the command asks for; the answer to it, still to be sent."""
        cleared = await self._memory.cleared(request.vehicle_id)
        state = SimulatedState(
            dtcs=tuple(code for code in settings.dtcs if code not in cleared),
            delay=settings.delay,
            values=ValueSource(
                identity=f"{request.vehicle_id}/{settings.seed}", moment=str(request.command_id), vin=request.vin
            ),
        )
        chunks = _generate_streaming_chunks(request.command_name, request.command_params, state)
        if request.command_name == "ClearDTC":
            await self._memory.clear(request.vehicle_id, _codes_to_clear(request.command_params, state))
        return chunks


def _generate_streaming_chunks(
    command_name: str, command_params: JsonObject, state: SimulatedState = _DEFAULT_STATE
) -> list[TimedPayload]:
    """The mock vehicle's answer to a command. Raises CommandNotSupported, or VehicleRefused for an unknown dataId."""
    _check_is_supported(command_name, command_params)
    return _ANSWERS[command_name](command_params, state)


def _check_is_supported(command_name: str, command_params: JsonObject) -> None:
    """The mock vehicle knows the commands of contract 4.4 alone, with the parameters that stand there."""
    if command_name not in _ANSWERS:
        known = ", ".join(_ANSWERS)
        raise CommandNotSupported(
            f"The built-in mock vehicle (sim:) knows only {known}; send {command_name} to a doip: or sovd+http: one."
        )
    for name in sorted(set(command_params) - _KNOWN_PARAMETERS):
        raise CommandNotSupported(
            f"The built-in mock vehicle (sim:) has no {name}; leave it out, or use a doip: or sovd+http: vehicle."
        )


def _generate_read_dtc_streaming_chunks(
    state: SimulatedState = _DEFAULT_STATE, ecu_address: str = DEFAULT_ECU_ADDRESS
) -> list[TimedPayload]:
    """One chunk per stored trouble code, then the final one with their number."""
    chunks: list[TimedPayload] = []
    for code in state.dtcs:
        dtc = {
            "dtcCode": code,
            "description": describe(code),
            "status": _status_of(code, state.values),
            "ecuAddress": ecu_address,
        }
        chunks.append(({"dtcs": [dtc], "ecuAddress": ecu_address}, state.delay))
    chunks.append(({"status": "complete", "totalDtcs": len(state.dtcs), "ecuAddress": ecu_address}, 0.0))
    return chunks


def _generate_read_data_by_id_streaming_chunks(
    data_id: str, state: SimulatedState = _DEFAULT_STATE, ecu_address: str = DEFAULT_ECU_ADDRESS
) -> list[TimedPayload]:
    """Reading, the value, complete. Raises VehicleRefused (requestOutOfRange) for an identifier it has not."""
    identifier = IDENTIFIERS.get(int(data_id, 16))
    if identifier is None:
        raise _refused(0x31, dataId=data_id)
    about: JsonObject = {"dataId": data_id, "ecuAddress": ecu_address}
    value = {
        "description": identifier.description,
        "value": identifier.read(state.values),
        "unit": identifier.unit,
    }
    return [
        ({"status": "reading", **about, "progress": 0.5}, state.delay),
        ({**about, **value}, state.delay),
        ({"status": "complete", **about}, 0.0),
    ]


def _generate_clear_dtc_chunks(
    command_params: JsonObject, state: SimulatedState, ecu_address: str
) -> list[TimedPayload]:
    cleared = len(_codes_to_clear(command_params, state))
    return [({"status": "success", "clearedCount": cleared, "ecuAddress": ecu_address}, 0.0)]


def _codes_to_clear(command_params: JsonObject, state: SimulatedState) -> tuple[str, ...]:
    wanted = command_params.get("dtcCode")
    return tuple(code for code in state.dtcs if wanted in {None, code})


def _ecu_address(command_params: JsonObject) -> str:
    return str(command_params.get("ecuAddress", DEFAULT_ECU_ADDRESS))


_ANSWERS: dict[str, Callable[[JsonObject, SimulatedState], list[TimedPayload]]] = {
    "ReadDTC": lambda params, state: _generate_read_dtc_streaming_chunks(state, _ecu_address(params)),
    "ClearDTC": lambda params, state: _generate_clear_dtc_chunks(params, state, _ecu_address(params)),
    "ReadDataByID": lambda params, state: _generate_read_data_by_id_streaming_chunks(
        str(params.get("dataId")), state, _ecu_address(params)
    ),
}


_KNOWN_PARAMETERS = frozenset({"ecuAddress", "dtcCode", "dataId"})


def _status_of(code: str, values: ValueSource) -> str:
    fixed = {"P0420": "confirmed", "P0171": "pending"}  # contract 4.4
    return fixed.get(code) or ("confirmed" if values.number(code, 0, 1) < 0.6 else "pending")


def _refused(negative_response_code: int, **details: str) -> VehicleRefused:
    refusal = describe_nrc(negative_response_code)
    meaning: JsonObject = {
        "nrc": refusal.text,
        "nrcName": refusal.name,
        "explanation": refusal.explanation,
        "advice": refusal.advice,
    }
    return VehicleRefused(f"The control unit refused: {refusal.name} ({refusal.text}).", details={**meaning, **details})
