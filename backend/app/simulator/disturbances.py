"""What goes wrong on the way to a virtual ECU, on purpose: chosen by configuration or while it runs.

Pure decisions: this module says what shall be sent and when, and is told what time it is. Randomness is seeded.
"""

import random
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import count


class DisturbanceKind(StrEnum):
    """Every disturbance there is."""

    DELAY = "delay"
    """Answers come `seconds` later."""
    JITTER = "jitter"
    """Answers come up to `seconds` later, each by chance."""
    PENDING_STORM = "pendingStorm"
    """`times` answers 0x78 within `seconds`, then the answer."""
    NEGATIVE_RESPONSE = "negativeResponse"
    """The ECU does not act and answers `nrc`."""
    SILENT = "silent"
    """The ECU does not act and does not answer; the gateway acknowledges."""
    UNREACHABLE = "unreachable"
    """The gateway refuses the message: target unreachable."""
    LOST_ANSWER = "lostAnswer"
    """The ECU acts, its answer gets lost."""
    DROP_BEFORE_ANSWER = "dropBeforeAnswer"
    """The ECU acts; where the answer belongs, the connection is cut."""
    DROP_AFTER_ANSWER = "dropAfterAnswer"
    """The connection is cut right after the answer."""
    WRONG_ORDER = "wrongOrder"
    """The answer is held back, and comes just before the next one of the same ECU."""
    DUPLICATE = "duplicate"
    """Answers come `times` times more."""
    WRONG_IDENTIFIER = "wrongIdentifier"
    """The answer names another identifier than the one asked for."""
    GARBAGE_BYTES = "garbageBytes"
    """Instead of the answer, `times` bytes that are no DoIP."""
    GARBAGE_ANSWER = "garbageAnswer"
    """Instead of the answer, `times` random bytes in a valid DoIP message."""
    RESET_MID_ANSWER = "resetMidAnswer"
    """The ECU says 0x78, then resets: the answer never comes."""
    HALF_OPEN = "halfOpen"
    """The vehicle accepts connections, reads and never answers anything. For whole vehicles only."""
    SLOW_ACTIVATION = "slowActivation"
    """Routing activation is answered `seconds` later. For whole vehicles only."""
    PENDING_ACTIVATION = "pendingActivation"
    """Routing activation needs a confirmation in the vehicle, which comes after `seconds`. Whole vehicles only."""
    REFUSE_ACTIVATION = "refuseActivation"
    """Routing activation is refused with `code` (ISO 13400-2, Table 49). For whole vehicles only."""


OF_THE_CONNECTION = frozenset(
    {
        DisturbanceKind.HALF_OPEN,
        DisturbanceKind.SLOW_ACTIVATION,
        DisturbanceKind.PENDING_ACTIVATION,
        DisturbanceKind.REFUSE_ACTIVATION,
    }
)
"""Disturbances that do not concern single requests."""

MEMBERS: Mapping[DisturbanceKind, frozenset[str]] = {
    DisturbanceKind.DELAY: frozenset({"seconds"}),
    DisturbanceKind.JITTER: frozenset({"seconds"}),
    DisturbanceKind.PENDING_STORM: frozenset({"seconds", "times"}),
    DisturbanceKind.NEGATIVE_RESPONSE: frozenset({"nrc"}),
    DisturbanceKind.DUPLICATE: frozenset({"times"}),
    DisturbanceKind.GARBAGE_BYTES: frozenset({"times"}),
    DisturbanceKind.GARBAGE_ANSWER: frozenset({"times"}),
    DisturbanceKind.SLOW_ACTIVATION: frozenset({"seconds"}),
    DisturbanceKind.PENDING_ACTIVATION: frozenset({"seconds"}),
    DisturbanceKind.REFUSE_ACTIVATION: frozenset({"code"}),
}
"""The members that mean something to a kind, beside those of all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Disturbance:
    """One disturbance: what, for whom, how often. Members that its kind does not name have no effect."""

    kind: DisturbanceKind
    ecu_address: int | None = None
    """None: all ECUs of the vehicle."""
    service: int | None = None
    """Only requests of this UDS service; None: all."""
    count: int | None = None
    """For so many requests (or activations); None: until it is removed."""
    chance: float = 1.0
    """How probably it hits a request."""
    seconds: float = 1.0
    times: int = 3
    nrc: int = 0x22
    code: int = 0x00


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveDisturbance:
    """A disturbance in force. `left`: how often it will still hit; None: until it is removed."""

    number: int
    disturbance: Disturbance
    left: int | None


class Disturbances:
    """The disturbances of one vehicle. Those set first are applied first."""

    def __init__(self, seed: int, given: Iterable[Disturbance] = ()) -> None:
        self.random = random.Random(seed)  # noqa: S311 - chance in a simulation; it has to be repeatable
        self._numbers = count(1)
        self._active: dict[int, ActiveDisturbance] = {}
        for disturbance in given:
            self.add(disturbance)

    def add(self, disturbance: Disturbance) -> int:
        """Put it in force; gives its number."""
        number = next(self._numbers)
        self._active[number] = ActiveDisturbance(number=number, disturbance=disturbance, left=disturbance.count)
        return number

    def remove(self, number: int) -> bool:
        """End one; False: it is not in force (any more)."""
        return self._active.pop(number, None) is not None

    def clear(self) -> None:
        """End all."""
        self._active.clear()

    @property
    def active(self) -> tuple[ActiveDisturbance, ...]:
        """Those in force."""
        return tuple(self._active.values())

    @property
    def is_half_open(self) -> bool:
        """Whether the vehicle answers nothing at all. It counts no requests: it lasts until it is removed."""
        return any(item.disturbance.kind is DisturbanceKind.HALF_OPEN for item in self._active.values())

    def take_for_request(self, ecu_address: int, service: int) -> tuple[Disturbance, ...]:
        """Those that hit this request; each is counted."""
        return self._take(
            item
            for item in self._active.values()
            if item.disturbance.kind not in OF_THE_CONNECTION
            and item.disturbance.ecu_address in {None, ecu_address}
            and item.disturbance.service in {None, service}
        )

    def take_for_http(self, ecu_address: int, kinds: Collection[DisturbanceKind]) -> tuple[Disturbance, ...]:
        """Those of these kinds that hit an HTTP request to an ECU (a vehicle: an address no ECU has); counted."""
        return self._take(
            item
            for item in self._active.values()
            if item.disturbance.kind in kinds
            and item.disturbance.ecu_address in {None, ecu_address}
            and item.disturbance.service is None
        )

    def take_for_activation(self) -> tuple[Disturbance, ...]:
        """Those that hit this routing activation; each is counted."""
        wanted = OF_THE_CONNECTION - {DisturbanceKind.HALF_OPEN}
        return self._take(item for item in self._active.values() if item.disturbance.kind in wanted)

    def _take(self, found: Iterable[ActiveDisturbance]) -> tuple[Disturbance, ...]:
        hit = []
        for item in list(found):
            if item.disturbance.chance < 1 and self.random.random() >= item.disturbance.chance:
                continue
            hit.append(item.disturbance)
            if item.left is not None:
                if item.left <= 1:
                    del self._active[item.number]
                else:
                    self._active[item.number] = replace(item, left=item.left - 1)
        return tuple(hit)
