"""The routines of a virtual ECU: started, running, done. No clock: time is given."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum

from app.domain.json_values import JsonValue
from app.protocols.uds.negative_responses import Nrc
from app.simulator.data_formats import ValueOutOfRange, decode_value, encode_value
from app.simulator.description import FieldDescription, RoutineDescription
from app.simulator.ecu_refusal import EcuRefused


class RoutineState(IntEnum):
    """First byte of the status record. ISO 14229-1 leaves the record to the maker; this simulator has chosen it."""

    STOPPED = 0x00
    RUNNING = 0x01
    COMPLETED = 0x02


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutineRun:
    """The last run of a routine. `ended_at` is the planned end while it runs."""

    description: RoutineDescription
    parameters: bytes
    state: RoutineState
    started_at: float
    ended_at: float

    @property
    def results(self) -> tuple[tuple[FieldDescription, JsonValue], ...]:
        """What the routine found; nothing before it is completed."""
        if self.state is not RoutineState.COMPLETED:
            return ()
        return tuple((item, item.value) for item in self.description.results)

    def status_record(self) -> bytes:
        """Status byte, then the results once completed."""
        return bytes([self.state]) + b"".join(encode_value(item.form, value) for item, value in self.results)


class RoutineRuns:
    """All routines of one ECU; each remembers its last run. Who may start them is not decided here."""

    def __init__(self, descriptions: Iterable[RoutineDescription]) -> None:
        self._known = {item.routine_id: item for item in descriptions}
        self._runs: dict[int, RoutineRun] = {}

    @property
    def descriptions(self) -> tuple[RoutineDescription, ...]:
        """All routines, as described."""
        return tuple(self._known.values())

    def description(self, routine_id: int) -> RoutineDescription:
        """One routine. Raises EcuRefused where the ECU does not have it."""
        found = self._known.get(routine_id)
        if found is None:
            raise EcuRefused(Nrc.REQUEST_OUT_OF_RANGE, f"this ECU has no routine 0x{routine_id:04X}")
        return found

    def encode_parameters(self, routine_id: int, parameters: Mapping[str, JsonValue]) -> bytes:
        """The option record for parameters by name. Raises EcuRefused naming the one that is wrong or missing."""
        known = self.description(routine_id)
        unknown = set(parameters) - {item.name for item in known.parameters}
        if unknown:
            raise EcuRefused(Nrc.REQUEST_OUT_OF_RANGE, f"{known.name} has no parameter {', '.join(sorted(unknown))}")
        record = b""
        for item in known.parameters:
            try:
                record += encode_value(item.form, parameters.get(item.name))
            except ValueOutOfRange as error:
                raise EcuRefused(Nrc.REQUEST_OUT_OF_RANGE, f"parameter {item.name} {error}") from error
        return record

    def start(self, routine_id: int, parameters: bytes, now: float) -> RoutineRun:
        """Start it. Raises EcuRefused: it runs already, or the parameters do not fit."""
        known = self.description(routine_id)
        _check_parameters(known, parameters)
        run = self._settled(routine_id, now)
        if run is not None and run.state is RoutineState.RUNNING:
            raise EcuRefused(Nrc.REQUEST_SEQUENCE_ERROR, f"{known.name} runs already")
        self._runs[routine_id] = RoutineRun(
            description=known,
            parameters=parameters,
            state=RoutineState.RUNNING,
            started_at=now,
            ended_at=now + known.duration_s,
        )
        return self.last_run(routine_id, now)

    def stop(self, routine_id: int, now: float) -> RoutineRun:
        """Stop it. Raises EcuRefused: it does not run, or cannot be stopped."""
        known = self.description(routine_id)
        if not known.stoppable:
            raise EcuRefused(Nrc.SUB_FUNCTION_NOT_SUPPORTED, f"{known.name} cannot be stopped")
        run = self._settled(routine_id, now)
        if run is None or run.state is not RoutineState.RUNNING:
            raise EcuRefused(Nrc.REQUEST_SEQUENCE_ERROR, f"{known.name} does not run")
        self._runs[routine_id] = _ended(run, RoutineState.STOPPED, now)
        return self._runs[routine_id]

    def last_run(self, routine_id: int, now: float) -> RoutineRun:
        """Its last run. Raises EcuRefused where it was never started."""
        known = self.description(routine_id)
        run = self._settled(routine_id, now)
        if run is None:
            raise EcuRefused(Nrc.REQUEST_SEQUENCE_ERROR, f"{known.name} was not started")
        return run

    def stop_all(self, now: float) -> None:
        """The ECU lost power or its session: what runs ends without a result."""
        for routine_id in list(self._runs):
            run = self._settled(routine_id, now)
            if run is not None and run.state is RoutineState.RUNNING:
                self._runs[routine_id] = _ended(run, RoutineState.STOPPED, now)

    def _settled(self, routine_id: int, now: float) -> RoutineRun | None:
        run = self._runs.get(routine_id)
        if run is not None and run.state is RoutineState.RUNNING and run.ended_at <= now:
            run = self._runs[routine_id] = _ended(run, RoutineState.COMPLETED, run.ended_at)
        return run


def _ended(run: RoutineRun, state: RoutineState, at: float) -> RoutineRun:
    return RoutineRun(
        description=run.description, parameters=run.parameters, state=state, started_at=run.started_at, ended_at=at
    )


def _check_parameters(known: RoutineDescription, parameters: bytes) -> None:
    if len(parameters) != sum(item.form.length for item in known.parameters):
        raise EcuRefused(
            Nrc.INCORRECT_MESSAGE_LENGTH_OR_INVALID_FORMAT, f"{known.name}: the parameters have the wrong length"
        )
    position = 0
    for item in known.parameters:
        part = parameters[position : position + item.form.length]
        position += item.form.length
        try:
            decode_value(item.form, part)
        except ValueOutOfRange as error:
            raise EcuRefused(Nrc.REQUEST_OUT_OF_RANGE, f"parameter {item.name}: {error}") from error
