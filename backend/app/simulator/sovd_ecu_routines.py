"""Operations of virtual ECUs: their routines. Ids are the routine identifiers in four hex digits."""

import asyncio
from collections.abc import Sequence

from app.domain.json_values import JsonObject, JsonValue
from app.protocols.sovd.sovd_errors import (
    DataError,
    VendorCode,
    invalid_parameter,
    not_supported,
    resource_unknown,
    vendor_error,
)
from app.protocols.uds.services import Service
from app.simulator.description import RoutineDescription
from app.simulator.routine_runs import RoutineRun, RoutineState
from app.simulator.sovd_access import EcuAccess, refusals_of, security_name, session_name
from app.simulator.sovd_value_schemas import fields_schema
from app.sovd_server.backend_values import (
    Asking,
    ControlRequest,
    ExecutionState,
    ExecutionStatus,
    OperationInfo,
    OperationResult,
)
from app.sovd_server.entity_tree import EntityKey


class EcuRoutines:
    """Implements `Operations`. A routine that answers only at its end is a synchronous operation."""

    def __init__(self, access: EcuAccess) -> None:
        self._access = access

    async def operations(self, entity: EntityKey, asking: Asking) -> Sequence[OperationInfo]:
        """Every routine of the ECU, with the modes it takes."""
        return [
            OperationInfo(
                operation_id=f"{known.routine_id:04X}",
                name=known.name,
                asynchronous=not known.blocking,
                modes=_modes(known),
                parameters_schema=fields_schema(known.parameters),
                result_schema=fields_schema(known.results),
            )
            for known in self._access.ecu(entity).routines.descriptions
        ]

    async def run(self, entity: EntityKey, operation_id: str, parameters: JsonValue, asking: Asking) -> OperationResult:
        """Start a routine and wait for its end."""
        run = await self._start(entity, operation_id, parameters)
        await asyncio.sleep(run.description.duration_s)
        state = await self.execution(entity, operation_id, "", asking)
        error = state.errors[0].error if state.errors else None
        return OperationResult(parameters=state.parameters if isinstance(state.parameters, dict) else {}, error=error)

    async def start(
        self, entity: EntityKey, operation_id: str, execution_id: str, parameters: JsonValue, asking: Asking
    ) -> ExecutionState:
        """Start a routine."""
        return _state(await self._start(entity, operation_id, parameters))

    async def execution(
        self, entity: EntityKey, operation_id: str, execution_id: str, asking: Asking
    ) -> ExecutionState:
        """How the run stands. The server knows that also when the session has ended, where the ECU would not tell."""
        ecu, known = await self._access.awake(entity), self._known(entity, operation_id)
        ecu.settle(self._access.now())
        with refusals_of(ecu, Service.ROUTINE_CONTROL):
            return _state(ecu.routines.last_run(known.routine_id, self._access.now()))

    async def control(
        self, entity: EntityKey, operation_id: str, execution_id: str, request: ControlRequest, asking: Asking
    ) -> ExecutionState:
        """Routines know no capability but stop."""
        raise not_supported("Routines can only be stopped.")

    async def stop(self, entity: EntityKey, operation_id: str, execution_id: str, asking: Asking) -> ExecutionState:
        """Stop a routine."""
        ecu, known = await self._access.awake(entity), self._known(entity, operation_id)
        with refusals_of(ecu, Service.ROUTINE_CONTROL):
            ecu.stop_routine(known.routine_id, self._access.now())
        return ExecutionState(status=ExecutionStatus.COMPLETED)

    async def _start(self, entity: EntityKey, operation_id: str, parameters: JsonValue) -> RoutineRun:
        if parameters is not None and not isinstance(parameters, dict):
            raise invalid_parameter("`parameters` is an object.")
        ecu, known = await self._access.awake(entity), self._known(entity, operation_id)
        with refusals_of(ecu, Service.ROUTINE_CONTROL):
            return ecu.start_routine(known.routine_id, parameters or {}, self._access.now())

    def _known(self, entity: EntityKey, operation_id: str) -> RoutineDescription:
        for known in self._access.ecu(entity).routines.descriptions:
            if f"{known.routine_id:04X}" == operation_id:
                return known
        raise resource_unknown(f"operation {operation_id}")


def _modes(known: RoutineDescription) -> dict[str, str]:
    modes = {"session": session_name(known.access.sessions[0])} if known.access.sessions else {}
    level = known.access.security_level
    return modes if level is None else {**modes, "security": security_name(level)}


def _state(run: RoutineRun) -> ExecutionState:
    match run.state:
        case RoutineState.RUNNING:
            return ExecutionState(status=ExecutionStatus.RUNNING)
        case RoutineState.COMPLETED:
            results: JsonObject = {field.name: value for field, value in run.results}
            return ExecutionState(status=ExecutionStatus.COMPLETED, parameters=results)
        case RoutineState.STOPPED:
            message = f"{run.description.name} was stopped before its end."
            error = DataError(path="/", error=vendor_error(VendorCode.STOPPED, message))
            return ExecutionState(status=ExecutionStatus.FAILED, errors=(error,))
