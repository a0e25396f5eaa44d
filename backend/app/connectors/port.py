"""The port to vehicles. A connector only talks to a vehicle: a command in, chunks out, typed errors.

It never sees a database session, the bus, audit or metrics. Which errors there are, whose fault each is, whether a
retry can help and whether the vehicle may have acted stands in `app.domain.errors` (VehicleError and below).
"""

import re
from collections.abc import AsyncGenerator, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Protocol

from app.connectors.command_preview import CommandPreview, PreviewWanted
from app.diagnostic_data.port import DataSetRef
from app.domain.errors import FieldError, InvalidRequest
from app.domain.identifiers import CommandId, VehicleId
from app.domain.json_values import JsonObject
from app.domain.vehicle_networks import VehicleNetworks

LONGEST_ADDRESS = 2048
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,19}")


@dataclass(frozen=True, slots=True, kw_only=True)
class VehicleContext:
    """What is kept about a vehicle beside its address.

    `secrets` never appear in a log, an error or an answer; their names are those of `app.domain.vehicle_secrets`.
    """

    secrets: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), repr=False)
    data_sets: tuple[DataSetRef, ...] = ()


NO_CONTEXT = VehicleContext()


@dataclass(frozen=True, slots=True, kw_only=True)
class VehicleRequest:
    """One command for one vehicle.

    `deadline` is in seconds of the running event loop's clock (`loop.time()`), which no change of the wall clock moves.
    `command_params` have been checked against the catalogue. `vin` is given where it is known; some connectors find
    a vehicle by it.
    """

    command_id: CommandId
    vehicle_id: VehicleId
    address: str
    command_name: str
    command_params: JsonObject
    correlation_id: str
    deadline: float
    vin: str | None = None
    context: VehicleContext = NO_CONTEXT


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseChunk:
    """One piece of the answer, in the order it came."""

    response_payload: JsonObject
    is_final: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberedChunk(ResponseChunk):
    """A chunk with its place in the answer: 1, 2, 3, …"""

    sequence_number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """The vehicle said that it still works on the command; not a part of the answer.

    `pending_since` is aware UTC and meant for people: no decision hangs on it.
    """

    message: str
    pending_since: datetime


class Connector(Protocol):
    """Talks to all vehicles of some address schemes. One object serves many commands side by side."""

    @property
    def schemes(self) -> tuple[str, ...]:
        """The address schemes it serves, in lower case and without the colon: `("sim",)`."""
        ...

    def check_address(self, address: str) -> None:
        """Check the spelling of an address without any I/O.

        Raises InvalidRequest with pointer `/address` that names the wrong part.
        """
        ...

    def execute(self, request: VehicleRequest) -> AsyncGenerator[ResponseChunk | Progress, None]:
        """Run one command and yield its answer as it comes in.

        Order and delivery: chunks come in the vehicle's order, each once. The last one has `is_final`; nothing is
        yielded after it, and the generator then ends by itself. Progress may stand anywhere before it. A connector
        never sends the command a second time by itself.

        Work begins with the first `anext`. Nothing is read ahead: while the consumer stores a chunk, it waits.

        Time: it raises VehicleTimeout at `request.deadline` at the latest (VehicleUnreachable where the command never
        left us). The consumer's own time between two `anext` counts too.

        Errors: only VehicleError and its children; before anything was sent also InvalidRequest, for an address that
        `check_address` refuses. Which one tells whether the vehicle may have acted, so a connector that is not sure
        raises one with `may_have_acted`.

        Cancellation: `aclose()` or cancelling the consumer's task stops the work, closes sockets and leaves no
        task behind. Use it inside `contextlib.aclosing`. It does not undo what the vehicle did.
        """
        ...

    async def preview(self, wanted: PreviewWanted) -> CommandPreview:
        """What `execute` would send for a command. Nothing is sent, and no vehicle is asked.

        Raises InvalidRequest for parameters that cannot be encoded, CommandNotSupported and other VehicleErrors for
        what `execute` would refuse before it sends anything.
        """
        ...

    async def probe(self, address: str, deadline: float, context: VehicleContext = NO_CONTEXT) -> None:
        """Ask whether the vehicle answers, without changing anything in it.

        Returns when a real answer came. Raises VehicleError otherwise, by `deadline` (loop seconds) at the latest.
        """
        ...


class ConnectorRegistry:
    """Finds the connector for an address by its scheme. Does no I/O."""

    def __init__(self, connectors: Iterable[Connector]) -> None:
        self._by_scheme: dict[str, Connector] = {}
        for connector in connectors:
            for scheme in connector.schemes:
                if scheme in self._by_scheme:
                    raise ValueError(f"two connectors claim the scheme {scheme}:")
                self._by_scheme[scheme] = connector

    @property
    def schemes(self) -> tuple[str, ...]:
        """All schemes, in the order of registration."""
        return tuple(self._by_scheme)

    def for_address(self, address: str) -> Connector:
        """The connector that serves an address. Raises InvalidRequest that lists the known schemes."""
        scheme, colon, _ = address.partition(":")
        connector = self._by_scheme.get(scheme.lower()) if colon else None
        if connector is None:
            known = ", ".join(f"{name}:" for name in self._by_scheme)
            # what is no scheme may be a part of some credentials, and is not repeated
            is_scheme = colon and _SCHEME.fullmatch(scheme)
            found = f"the scheme {scheme}: is not known" if is_scheme else "it has no scheme"
            raise address_error(f"{found}; begin the address with one of {known}")
        return connector

    def check_address(self, address: str) -> None:
        """Check scheme and spelling of an address. Raises InvalidRequest that names the wrong part."""
        if len(address) > LONGEST_ADDRESS:
            raise address_error(f"it is longer than {LONGEST_ADDRESS} characters")
        self.for_address(address).check_address(address)


def check_host(host: str, networks: VehicleNetworks) -> None:
    """Refuse an address whose host is a number where no vehicle may be; names are checked when connecting."""
    why = networks.why_literal_denied(host)
    if why is not None:
        raise address_error(f"{why}; use another host, or have the setting changed")


def address_error(message: str) -> InvalidRequest:
    """The error for a wrong address; `message` names the part and says how to mend it."""
    return InvalidRequest(
        f"The address of the vehicle is not right: {message}.",
        [FieldError("/address", message)],
        code="invalid_address",
    )
