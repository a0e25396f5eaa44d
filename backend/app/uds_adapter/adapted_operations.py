"""Operations of classic ECUs: the routines that the diagnostic data describes (31 01, 02, 03).

A routine that is only described with a start ends with the answer to it and is synchronous. How another one goes is
read from its results: ISO 14229-1 leaves the status record to the maker; that a first byte 01 means running is the
custom.
"""

from collections.abc import Sequence

from app.domain.json_values import JsonObject, JsonValue
from app.links import uds_services
from app.links.uds_errors import NegativeResponse
from app.protocols.sovd.sovd_errors import invalid_parameter, not_supported, resource_unknown
from app.protocols.uds.negative_responses import Nrc
from app.protocols.uds.services import RoutineAction
from app.sovd_server.backend_values import (
    Asking,
    ControlRequest,
    ExecutionState,
    ExecutionStatus,
    OperationInfo,
    OperationResult,
)
from app.sovd_server.entity_tree import EntityKey
from app.uds_adapter.adapted_ecu import AdaptedEcu
from app.uds_adapter.adapted_vehicle import AdaptedVehicle
from app.uds_adapter.described_ecus import DescribedRoutine

_RUNNING = 0x01
_NOT_YET = frozenset({Nrc.CONDITIONS_NOT_CORRECT, Nrc.REQUEST_SEQUENCE_ERROR, Nrc.BUSY_REPEAT_REQUEST})
"""How ECUs answer the question for results while a routine runs."""


class AdaptedOperations:
    """Implements `Operations`."""

    def __init__(self, vehicle: AdaptedVehicle) -> None:
        self._vehicle = vehicle

    async def operations(self, entity: EntityKey, asking: Asking) -> Sequence[OperationInfo]:
        """The routines of the diagnostic data; none without it."""
        ecu = self._vehicle.ecu(entity)
        return [
            OperationInfo(
                operation_id=f"{routine.routine_id:04X}", name=routine.name, asynchronous=routine.is_asynchronous
            )
            for routine in await self._vehicle.described.routines(ecu.address, ecu.variant)
        ]

    async def run(self, entity: EntityKey, operation_id: str, parameters: JsonValue, asking: Asking) -> OperationResult:
        """Start a routine (31 01); its answer is its end."""
        ecu, routine = await self._known(entity, operation_id)
        record = await self._control(ecu, routine, RoutineAction.START, asking, parameters)
        return OperationResult(parameters=await self._result(ecu, routine, RoutineAction.START, record))

    async def start(
        self, entity: EntityKey, operation_id: str, execution_id: str, parameters: JsonValue, asking: Asking
    ) -> ExecutionState:
        """Start a routine (31 01)."""
        ecu, routine = await self._known(entity, operation_id)
        await self._control(ecu, routine, RoutineAction.START, asking, parameters)
        return ExecutionState(status=ExecutionStatus.RUNNING)

    async def execution(
        self, entity: EntityKey, operation_id: str, execution_id: str, asking: Asking
    ) -> ExecutionState:
        """Ask for the results (31 03). A routine that has none to ask for runs until it is stopped."""
        ecu, routine = await self._known(entity, operation_id)
        if RoutineAction.RESULTS not in routine.actions:
            return ExecutionState(status=ExecutionStatus.RUNNING)
        try:
            record = await self._control(ecu, routine, RoutineAction.RESULTS, asking)
        except NegativeResponse as error:
            if error.nrc not in _NOT_YET:
                raise
            return ExecutionState(status=ExecutionStatus.RUNNING)
        result = await self._result(ecu, routine, RoutineAction.RESULTS, record)
        is_running = record[:1] == bytes((_RUNNING,))
        status = ExecutionStatus.RUNNING if is_running else ExecutionStatus.COMPLETED
        return ExecutionState(status=status, parameters=result)

    async def control(
        self, entity: EntityKey, operation_id: str, execution_id: str, request: ControlRequest, asking: Asking
    ) -> ExecutionState:
        """Routines know no capability but stop."""
        raise not_supported("Routines can only be stopped.")

    async def stop(self, entity: EntityKey, operation_id: str, execution_id: str, asking: Asking) -> ExecutionState:
        """Stop a routine (31 02). Raises SovdRefusal 501 for one that is not described with a stop."""
        ecu, routine = await self._known(entity, operation_id)
        if RoutineAction.STOP not in routine.actions:
            raise not_supported(f"{routine.name} cannot be stopped.")
        record = await self._control(ecu, routine, RoutineAction.STOP, asking)
        result = await self._result(ecu, routine, RoutineAction.STOP, record)
        return ExecutionState(status=ExecutionStatus.COMPLETED, parameters=result or None)

    async def _known(self, entity: EntityKey, operation_id: str) -> tuple[AdaptedEcu, DescribedRoutine]:
        ecu = self._vehicle.ecu(entity)
        for routine in await self._vehicle.described.routines(ecu.address, ecu.variant):
            if f"{routine.routine_id:04X}" == operation_id:
                return ecu, routine
        raise resource_unknown(f"operation {operation_id}")

    async def _control(
        self,
        ecu: AdaptedEcu,
        routine: DescribedRoutine,
        action: RoutineAction,
        asking: Asking,
        parameters: JsonValue = None,
    ) -> bytes:
        """The status record."""
        option = b""
        if action is RoutineAction.START:
            if parameters is not None and not isinstance(parameters, dict):
                raise invalid_parameter("`parameters` is an object.")
            option = await self._vehicle.described.data.encode_routine(
                ecu.address, routine.routine_id, action, parameters or {}
            )
        async with ecu.client(asking.deadline) as client:
            reading = await uds_services.control_routine(client, action, routine.routine_id, option, asking.deadline)
        return reading.value

    async def _result(
        self, ecu: AdaptedEcu, routine: DescribedRoutine, action: RoutineAction, record: bytes
    ) -> JsonObject:
        """The values of a status record by name; its bytes as `raw` where they are not described."""
        if not record:
            return {}
        decoded = await self._vehicle.described.data.decode_routine(ecu.address, routine.routine_id, action, record)
        if not decoded.values:
            return {"raw": record.hex().upper()}
        return {value.name: value.value for value in decoded.values}
