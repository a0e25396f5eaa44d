"""What was found out about the presence of vehicles and is not written down yet. Times are loop seconds."""

from collections.abc import Iterable
from dataclasses import dataclass

from app.domain.errors import (
    InvalidRequest,
    VehicleConnectionLost,
    VehicleError,
    VehicleTimeout,
    VehicleUnreachable,
)
from app.domain.identifiers import VehicleId
from app.domain.vehicle import ConnectionStatus
from app.repositories.presence_repository import PresenceObservation

NO_ANSWER = (VehicleUnreachable, VehicleTimeout, VehicleConnectionLost)
"""Errors that leave open whether anybody is there."""
LONGEST_CAUSE = 500
"""Characters of a cause that are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """An answer, or that there was none to what was asked at `asked_at`; known at `found_at`.

    Silence says nothing against an answer that came after the question.
    """

    vehicle_id: VehicleId
    address: str
    status: ConnectionStatus
    cause: str | None
    asked_at: float
    found_at: float

    def observed(self, now: float) -> PresenceObservation:
        """The same as the database takes it: with ages instead of times, which are this process's own."""
        return PresenceObservation(
            vehicle_id=self.vehicle_id,
            address=self.address,
            status=self.status,
            cause=self.cause,
            asked_ago_s=now - self.asked_at,
            found_ago_s=now - self.found_at,
        )


class Findings:
    """At most one finding per vehicle: the one that counts."""

    def __init__(self) -> None:
        self._kept: dict[VehicleId, Finding] = {}

    def __len__(self) -> int:
        return len(self._kept)

    def __contains__(self, vehicle_id: VehicleId) -> bool:
        return vehicle_id in self._kept

    def keep(self, finding: Finding) -> None:
        """Take a finding, in any order of their times."""
        known = self._kept.get(finding.vehicle_id)
        self._kept[finding.vehicle_id] = finding if known is None else _that_counts(known, finding)

    def take(self) -> list[Finding]:
        """All of them; none is left."""
        taken, self._kept = list(self._kept.values()), {}
        return taken

    def put_back(self, findings: Iterable[Finding]) -> None:
        """They could not be written down; what came meanwhile is weighed against them."""
        for finding in findings:
            self.keep(finding)


def _that_counts(one: Finding, other: Finding) -> Finding:
    earlier, later = sorted((one, other), key=lambda finding: finding.found_at)
    answered_meanwhile = earlier.status is ConnectionStatus.CONNECTED and earlier.found_at >= later.asked_at
    if earlier.address == later.address and answered_meanwhile:
        return later if later.status is ConnectionStatus.CONNECTED else earlier
    return later


def judged(error: Exception | None) -> tuple[ConnectionStatus, str | None]:
    """Status and cause from what a vehicle's connector came back with; None: an answer."""
    match error:
        case None:
            return ConnectionStatus.CONNECTED, None
        case VehicleUnreachable() | VehicleTimeout() | VehicleConnectionLost():
            return ConnectionStatus.DISCONNECTED, plain_cause(error.message)
        case VehicleError() | InvalidRequest():
            return ConnectionStatus.ERROR, plain_cause(error.message)
        case _:
            return ConnectionStatus.ERROR, f"the probe failed ({type(error).__name__})"


def plain_cause(text: str) -> str:
    """A text that a vehicle may have had a part in, as one line that every database and page can keep.

    A single NUL or half of a surrogate pair would make PostgreSQL refuse the findings about all vehicles.
    """
    line = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return line if len(line) <= LONGEST_CAUSE else line[: LONGEST_CAUSE - 1] + "…"
