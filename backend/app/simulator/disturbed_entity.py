"""A DoIP entity whose routing activation can be disturbed. No I/O: time is passed in, as in `protocols.doip`."""

from dataclasses import dataclass

from app.protocols.doip.codes import ActivationCode
from app.protocols.doip.entity import DoipEntity, EntitySettings
from app.protocols.doip.entity_connection import ActivationVerdict, EntityConnection
from app.protocols.doip.messages import RoutingActivationRequest
from app.simulator.disturbances import DisturbanceKind, Disturbances


@dataclass(frozen=True, slots=True, kw_only=True)
class _Planned:
    at: float
    connection: EntityConnection
    request: RoutingActivationRequest


class DisturbedEntity(DoipEntity):
    """Answers as the standard says, unless a disturbance is in force."""

    __slots__ = ("_disturbances", "_planned")

    def __init__(self, settings: EntitySettings, disturbances: Disturbances) -> None:
        super().__init__(settings)
        self._disturbances = disturbances
        self._planned: list[_Planned] = []

    def judge_activation(
        self, connection: EntityConnection, request: RoutingActivationRequest, now: float
    ) -> ActivationVerdict:
        """As the standard says; what would succeed may be slow, wait for a confirmation, or be refused."""
        verdict = super().judge_activation(connection, request, now)
        if verdict is not ActivationCode.SUCCESS:
            return verdict
        for disturbance in self._disturbances.take_for_activation():
            at = now + disturbance.seconds
            match disturbance.kind:
                case DisturbanceKind.REFUSE_ACTIVATION:
                    return ActivationCode(disturbance.code)
                case DisturbanceKind.PENDING_ACTIVATION:
                    self._planned.append(_Planned(at=at, connection=connection, request=request))
                    return ActivationCode.CONFIRMATION_REQUIRED
                case DisturbanceKind.SLOW_ACTIVATION:
                    self._planned.append(_Planned(at=at, connection=connection, request=request))
                    return None
        return verdict

    def next_deadline(self) -> float | None:
        """When `handle_time` has to be called, also for activations that are planned."""
        times = [item.at for item in self._planned]
        own = super().next_deadline()
        return min(times if own is None else [*times, own], default=None)

    def handle_time(self, now: float) -> None:
        """Do what is due, planned activations too."""
        super().handle_time(now)
        for item in [item for item in self._planned if item.at <= now]:
            self._planned.remove(item)
            item.connection.finish_activation(item.request, ActivationCode.SUCCESS, now)

    def forget(self, connection: EntityConnection, now: float) -> None:
        """A socket is gone, and what was planned for it."""
        self._planned = [item for item in self._planned if item.connection is not connection]
        super().forget(connection, now)
