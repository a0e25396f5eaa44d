"""The trouble codes of a virtual ECU: when they appear, what they keep, how they are cleared. Time is passed in."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from app.protocols.uds.dtc import spell_dtc
from app.protocols.uds.negative_responses import Nrc
from app.simulator.description import FaultDescription
from app.simulator.ecu_refusal import EcuRefused

ALL_GROUPS = 0xFFFFFF
_FAILING_NOW = 0x01

Capture = Callable[[int, float], bytes]
"""Gives the data record of an identifier at a moment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotRecord:
    """Identifiers and their data records as they were when the fault appeared."""

    record: int
    values: tuple[tuple[int, bytes], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtendedDataRecord:
    """A counter of a fault: 0 to 255."""

    record: int
    name: str
    value: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultState:
    """A trouble code as it stands at a moment. Times are on the clock that is passed in; None: never happened."""

    code: int
    spelling: str
    title: str
    status: int
    severity: int
    occurrences: int
    first_occurred_at: float | None
    last_occurred_at: float | None
    snapshots: tuple[SnapshotRecord, ...]
    extended_data: tuple[ExtendedDataRecord, ...]


@dataclass(slots=True, kw_only=True)
class _Fault:
    description: FaultDescription
    due_at: float | None
    status: int = 0
    occurrences: int = 0
    cycles_since: int = 0
    first_at: float | None = None
    last_at: float | None = None
    snapshots: dict[int, SnapshotRecord] = field(default_factory=dict)

    def appear(self, at: float, capture: Capture) -> None:
        self.due_at = None
        self.status = self.description.status
        self.occurrences = min(255, self.occurrences + 1)
        self.cycles_since = 0
        self.first_at = at if self.first_at is None else self.first_at
        self.last_at = at
        for snapshot in self.description.snapshots:
            values = tuple((data_id, capture(data_id, at)) for data_id in snapshot.data_ids)
            self.snapshots[snapshot.record] = SnapshotRecord(record=snapshot.record, values=values)

    def forget(self, due_at: float | None) -> None:
        self.due_at = due_at
        self.status = self.occurrences = self.cycles_since = 0
        self.first_at = self.last_at = None
        self.snapshots.clear()

    def state(self, now: float) -> FaultState:
        known = self.description
        return FaultState(
            code=known.code,
            spelling=spell_dtc(known.code),
            title=known.title,
            status=self.status,
            severity=known.severity,
            occurrences=self.occurrences,
            first_occurred_at=self.first_at,
            last_occurred_at=self.last_at,
            snapshots=tuple(self.snapshots.values()),
            extended_data=self._extended_data(now),
        )

    def _extended_data(self, now: float) -> tuple[ExtendedDataRecord, ...]:
        if self.last_at is None:
            return ()
        counts = {
            "occurrences": self.occurrences,
            "cyclesSinceLastFailure": self.cycles_since,
            "secondsSinceFailure": int(now - self.last_at),
        }
        return tuple(
            ExtendedDataRecord(record=item.record, name=item.counts, value=max(0, min(255, counts[item.counts])))
            for item in self.description.extended_data
        )


class FaultMemory:
    """All trouble codes that one ECU supports."""

    def __init__(self, descriptions: Iterable[FaultDescription], started_at: float) -> None:
        self._faults = {
            item.code: _Fault(
                description=item,
                due_at=None if item.appears_after_s is None else started_at + item.appears_after_s,
            )
            for item in descriptions
        }

    def settle(self, now: float, capture: Capture, *, recording_since: float | None) -> None:
        """Let appear what is due. What was due while the ECU did not record appears when it records again.

        `recording_since` None: it does not record (service 0x85).
        """
        if recording_since is None:
            return
        for fault in self._faults.values():
            if fault.due_at is not None and fault.due_at <= now:
                fault.appear(max(fault.due_at, recording_since), capture)

    def states(self, now: float) -> tuple[FaultState, ...]:
        """Every supported trouble code; those that did not happen have status 0."""
        return tuple(fault.state(now) for fault in self._faults.values())

    def state(self, code: int, now: float) -> FaultState:
        """One trouble code. Raises EcuRefused where the ECU does not support it."""
        return self._fault(code).state(now)

    def clear(self, group: int, now: float) -> int:
        """Clear all (0xFFFFFF) or one; gives how many were stored. Raises EcuRefused for a group that is not there."""
        faults = list(self._faults.values()) if group == ALL_GROUPS else [self._fault(group)]
        cleared = sum(1 for fault in faults if fault.status)
        for fault in faults:
            back = fault.description.comes_back_after_s
            waiting = fault.due_at  # what has not appeared yet is not stored, so clearing does not concern it
            fault.forget(now + back if fault.status and back is not None else waiting)
        return cleared

    def set(self, description: FaultDescription, now: float, capture: Capture) -> None:
        """Let a trouble code appear now, one the description knows or a new one."""
        known = self._faults.get(description.code)
        if known is None:
            known = self._faults[description.code] = _Fault(description=description, due_at=None)
        known.description = description
        known.appear(now, capture)

    def remove(self, code: int) -> None:
        """Take a trouble code out, and its cause with it: it does not come back. Raises EcuRefused."""
        self._fault(code).forget(None)

    def description(self, code: int) -> FaultDescription | None:
        """What is known about a code, None where the ECU does not have it."""
        fault = self._faults.get(code)
        return fault.description if fault else None

    def new_operation_cycle(self) -> None:
        """The ECU was switched off and on: faults that passed have aged by one cycle."""
        for fault in self._faults.values():
            if fault.status and not fault.status & _FAILING_NOW:
                fault.cycles_since += 1

    def _fault(self, code: int) -> _Fault:
        fault = self._faults.get(code)
        if fault is None:
            raise EcuRefused(Nrc.REQUEST_OUT_OF_RANGE, f"this ECU has no trouble code {code:06X}")
        return fault
