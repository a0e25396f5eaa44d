"""A virtual ECU: its whole state, and everything that can be done with it, by meaning. UDS is in `ecu_server`.

No clock and no I/O: `now` is passed in, in seconds of any steady clock, the same for all calls. What should have
happened between two calls happens at the beginning of the next one. Not for use from several threads.
"""

from collections.abc import Mapping

from app.domain.json_values import JsonValue
from app.protocols.uds.negative_responses import Nrc
from app.simulator.description import Access, EcuDescription, FaultDescription
from app.simulator.ecu_data import EcuData
from app.simulator.ecu_refusal import EcuRefused
from app.simulator.fault_memory import ALL_GROUPS, FaultMemory, FaultState
from app.simulator.identifier_reading import ACTIVE_SESSION
from app.simulator.routine_runs import RoutineRun, RoutineRuns
from app.simulator.security_access import SecurityAccess
from app.simulator.vehicle_signals import VehicleSignals

DEFAULT_SESSION = 0x01


class VirtualEcu:
    """One ECU. Methods that can be refused raise EcuRefused, and then nothing has changed."""

    def __init__(
        self,
        description: EcuDescription,
        *,
        signals: VehicleSignals,
        placeholders: Mapping[str, str],
        seed: int,
        started_at: float,
    ) -> None:
        self.description = description
        self.data = EcuData(description.identifiers, signals, placeholders)
        self.fault_memory = FaultMemory(description.faults, started_at)
        self.routines = RoutineRuns(description.routines)
        self.security = SecurityAccess(description.security, f"{seed}/{description.address}")
        self.session = DEFAULT_SESSION
        self._recording_since: float | None = started_at
        self.communication = 0x00
        self.silent_until = started_at
        self.busy_until = started_at
        self.resets = 0
        self._active_at = self._settled_at = started_at
        self._session_held = False

    def settle(self, now: float) -> None:
        """Catch up with the time that has passed: sessions that ended, faults that appeared."""
        if self.session != DEFAULT_SESSION and not self._session_held:
            ends_at = max(self._active_at, self.busy_until) + self.description.s3_s
            if now >= ends_at:
                self._enter_session(DEFAULT_SESSION, ends_at)
        self._settled_at = now
        self.fault_memory.settle(now, self._capture, recording_since=self._recording_since)

    def is_silent(self, now: float) -> bool:
        """Whether it starts anew after a reset and answers nothing."""
        return now < self.silent_until

    def stay_active(self, now: float) -> None:
        """A request came: the session's time (S3) begins again."""
        self.settle(now)
        self._active_at = now

    def change_session(self, session: int, now: float, *, held: bool = False) -> None:
        """Enter a session; security is locked again. Held: it does not end by itself. Raises EcuRefused."""
        self.stay_active(now)
        if session not in self.description.sessions:
            raise EcuRefused(Nrc.SUB_FUNCTION_NOT_SUPPORTED, f"there is no session 0x{session:02X}")
        self._enter_session(session, now)
        self._session_held = held and session != DEFAULT_SESSION

    def request_seed(self, level: int, now: float) -> bytes:
        """A seed for security access. Raises EcuRefused."""
        self.stay_active(now)
        return self.security.request_seed(level, now)

    def send_key(self, level: int, key: bytes, now: float) -> None:
        """Unlock a security level with the key for the seed last given. Raises EcuRefused."""
        self.stay_active(now)
        self.security.send_key(level, key, now)

    def is_allowed(self, access: Access) -> bool:
        """Whether the session allows it; says nothing about security."""
        return not access.sessions or self.session in access.sessions

    def check_security(self, access: Access) -> None:
        """Raises EcuRefused where the ECU is locked for this."""
        if access.security_level is not None and self.security.unlocked_level != access.security_level:
            level = access.security_level
            raise EcuRefused(Nrc.SECURITY_ACCESS_DENIED, f"unlock security level {level} first")

    def read_record(self, data_id: int, now: float) -> bytes:
        """The bytes of a data identifier. Raises EcuRefused."""
        self.settle(now)
        known = self.data.description(data_id)
        self._check_session(known.read_access, f"0x{data_id:04X} cannot be read")
        self.check_security(known.read_access)
        return self._capture(data_id, now)

    def read_value(self, data_id: int, now: float) -> JsonValue:
        """The value of a data identifier. Raises EcuRefused."""
        self.read_record(data_id, now)
        return self.session if data_id == ACTIVE_SESSION else self.data.value(data_id, now)

    def write_record(self, data_id: int, record: bytes, now: float) -> None:
        """Write bytes, in the order of checks of ISO 14229-1, clause 11.7. Raises EcuRefused."""
        self.stay_active(now)
        known = self.data.description(data_id)
        if not known.writable:
            raise EcuRefused(Nrc.REQUEST_OUT_OF_RANGE, f"0x{data_id:04X} cannot be written")
        self._check_session(known.write_access, f"0x{data_id:04X} cannot be written")
        if len(record) == known.form.length:  # else refused for its length, before security
            self.check_security(known.write_access)
        self.data.write(data_id, record)

    def write_value(self, data_id: int, value: JsonValue, now: float) -> None:
        """Write a value. Raises EcuRefused."""
        self.settle(now)
        self.write_record(data_id, self.data.encoded(data_id, value), now)

    def faults(self, now: float, status_mask: int = 0xFF) -> tuple[FaultState, ...]:
        """The trouble codes with any of these status bits."""
        self.settle(now)
        return tuple(state for state in self.fault_memory.states(now) if state.status & status_mask)

    def supported_faults(self, now: float) -> tuple[FaultState, ...]:
        """Every trouble code it can store."""
        self.settle(now)
        return self.fault_memory.states(now)

    def fault(self, code: int, now: float) -> FaultState:
        """One trouble code it can store. Raises EcuRefused."""
        self.settle(now)
        return self.fault_memory.state(code, now)

    def clear_faults(self, code: int | None, now: float) -> int:
        """Clear one trouble code or all (None); gives how many were stored. Raises EcuRefused."""
        self.stay_active(now)
        return self.fault_memory.clear(ALL_GROUPS if code is None else code, now)

    def set_fault(self, description: FaultDescription, now: float) -> None:
        """Let a trouble code appear now."""
        self.settle(now)
        self.fault_memory.set(description, now, self._capture)

    @property
    def records_faults(self) -> bool:
        """Whether trouble codes are stored. Settle first, then set it: off until the session ends (service 0x85)."""
        return self._recording_since is not None

    @records_faults.setter
    def records_faults(self, on: bool) -> None:
        """What was due while it was off appears at the next look."""
        if not on:
            self._recording_since = None
        elif self._recording_since is None:
            self._recording_since = self._settled_at

    def start_routine(self, routine_id: int, parameters: bytes | Mapping[str, JsonValue], now: float) -> RoutineRun:
        """Start a routine. Raises EcuRefused."""
        self.stay_active(now)
        self._check_routine(routine_id)
        if not isinstance(parameters, bytes):
            parameters = self.routines.encode_parameters(routine_id, parameters)
        return self.routines.start(routine_id, parameters, now)

    def stop_routine(self, routine_id: int, now: float) -> RoutineRun:
        """Stop a routine that runs. Raises EcuRefused."""
        self.stay_active(now)
        self._check_routine(routine_id)
        return self.routines.stop(routine_id, now)

    def routine_results(self, routine_id: int, now: float) -> RoutineRun:
        """The last run of a routine. Raises EcuRefused."""
        self.stay_active(now)
        self._check_routine(routine_id)
        return self.routines.last_run(routine_id, now)

    def reset(self, now: float) -> None:
        """Start anew: silent while it boots, then default session and locked."""
        self.settle(now)
        self._enter_session(DEFAULT_SESSION, now)
        self.routines.stop_all(now)
        self.fault_memory.new_operation_cycle()
        self.busy_until = now
        self.silent_until = now + self.description.boot_s
        self.resets += 1

    def _enter_session(self, session: int, now: float) -> None:
        if session == DEFAULT_SESSION:  # what only a session keeps up ends with it (ISO 14229-1, clause 10.2)
            self._recording_since = now if self._recording_since is None else self._recording_since
            self.communication = 0x00
            self.data.return_control()
        if session != self.session and session == DEFAULT_SESSION:
            self.routines.stop_all(now)
        self.security.lock()
        self.session = session
        self._session_held = False

    def _check_routine(self, routine_id: int) -> None:
        known = self.routines.description(routine_id)
        self._check_session(known.access, f"{known.name} cannot be used")
        self.check_security(known.access)

    def _check_session(self, access: Access, what: str) -> None:
        if not self.is_allowed(access):
            raise EcuRefused(Nrc.REQUEST_OUT_OF_RANGE, f"{what} in session 0x{self.session:02X}")

    def _capture(self, data_id: int, now: float) -> bytes:
        return bytes([self.session]) if data_id == ACTIVE_SESSION else self.data.record(data_id, now)
