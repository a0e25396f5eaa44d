"""What every command on a DoIP vehicle works with."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from typing import TypeVar

from app.connectors.answer_parts import before_the_end, not_answered
from app.connectors.doip_address import DoipAddress
from app.connectors.doip_parts import Outlet
from app.diagnostic_data.port import Decoded, DiagnosticData
from app.domain.errors import FieldError, InvalidRequest, VehicleError
from app.domain.json_values import JsonObject
from app.domain.vehicle_secrets import SecretName
from app.links.port import DiagnosticLink
from app.links.security_access import authenticate, load_security_provider, unlock, wants_authentication
from app.links.uds_client import UdsClient
from app.links.uds_errors import NegativeResponse, ecu_text
from app.links.uds_session import held_session
from app.protocols.uds.negative_responses import Nrc
from app.protocols.uds.timing import UdsTiming

Key = TypeVar("Key")
Result = TypeVar("Result")

Proof = Callable[[UdsClient], Awaitable[None]]
"""Authentication and security access of one ECU."""
SIDE_BY_SIDE = 32
"""ECUs asked at the same time over one connection."""
_NO_SUCH_SESSION = frozenset(
    {Nrc.SERVICE_NOT_SUPPORTED, Nrc.SUB_FUNCTION_NOT_SUPPORTED, Nrc.SUB_FUNCTION_NOT_SUPPORTED_IN_ACTIVE_SESSION}
)


@dataclass(slots=True, kw_only=True)
class DoipJob:
    """One command. `owing` are ECUs of this connection that may still answer an earlier request."""

    link: DiagnosticLink
    address: DoipAddress
    data: DiagnosticData
    params: JsonObject
    secrets: Mapping[str, str] = field(repr=False)
    deadline: float
    timing: UdsTiming
    owing: set[int]
    outlet: Outlet
    acted: bool = False
    """What may change the vehicle has been sent, and was not refused; see `acting`."""

    def now(self) -> float:
        """Loop time, in seconds."""
        return asyncio.get_running_loop().time()

    def before_the_end(self) -> float:
        """A deadline that leaves time to say what came, when some of many did not answer."""
        return before_the_end(self.deadline)

    @contextmanager
    def acting(self) -> Iterator[None]:
        """Around the one request that may change the vehicle: it acted unless the error says that this one did not."""
        before, self.acted = self.acted, True
        try:
            yield
        except VehicleError as error:
            if not error.may_have_acted:
                self.acted = before
            raise

    @asynccontextmanager
    async def client(self, ecu_address: int, deadline: float | None = None) -> AsyncIterator[UdsClient]:
        """The ECU for ourselves. Raises VehicleUnreachable."""
        keeps_alive = ecu_address in self.address.keep_alive_during_pending
        timing = replace(self.timing, keep_alive_during_pending=True) if keeps_alive else self.timing
        until = self.deadline if deadline is None else deadline
        async with self.link.channel(ecu_address, until) as channel:
            yield UdsClient(channel, timing=timing, on_pending=self.outlet.pending, owing=self.owing)

    @asynccontextmanager
    async def prepared(self, client: UdsClient) -> AsyncIterator[None]:
        """The extended session, authentication where the vehicle's settings want it, and the command's security level.

        An ECU without an extended session is left in the one it is in.
        """
        proof = self.proof()
        async with AsyncExitStack() as held:
            try:
                await held.enter_async_context(held_session(client, self.deadline))
            except NegativeResponse as error:
                if error.nrc not in _NO_SUCH_SESSION or proof is not None:
                    raise
            if proof is not None:
                await proof(client)
            yield

    def proof(self) -> Proof | None:
        """How it is proven, inside the session, that the command may do what it does; None: nothing asks for that.

        Raises SecurityProviderFailed where the vehicle's settings do not allow it.
        """
        level = self.params.get("securityLevel")
        settings = self.secrets.get(SecretName.SECURITY_ACCESS)
        proves_itself = wants_authentication(settings)
        if level is None and not proves_itself:
            return None
        provider = load_security_provider(settings)

        async def prove(client: UdsClient) -> None:
            if proves_itself:
                await authenticate(client, provider, self.deadline)
            if isinstance(level, int):
                await unlock(client, provider, level, self.deadline)

        return prove

    async def named_ecu(self) -> int | None:
        """The ECU that the parameters name, if any. Raises InvalidRequest for a component that is not known."""
        if "ecuAddress" in self.params:
            return int(str(self.params["ecuAddress"]), 16)
        if "component" not in self.params:
            return None
        wanted = str(self.params["component"]).casefold()
        known = {component_of(ecu.name): ecu.ecu_address for ecu in await self.data.ecus()}
        for component, ecu_address in known.items():
            if component.casefold() == wanted:
                return ecu_address
        names = ", ".join(known) or "none: give ecuAddress"
        message = f"no diagnostic data of this vehicle describes such a component; it knows {names}"
        raise InvalidRequest(
            f"The component is not known: {message}.", [FieldError("/command_params/component", message)]
        )

    async def one_ecu(self) -> int:
        """The ECU of a command that needs one. Raises InvalidRequest."""
        ecu = await self.named_ecu()
        if ecu is None:
            raise InvalidRequest("Name the ECU.", [FieldError("/command_params/ecuAddress", "name the ECU")])
        return ecu

    async def side_by_side(
        self, keys: Iterable[Key], work: Callable[[Key], Awaitable[Result]]
    ) -> dict[Key, Result | VehicleError]:
        """Do the work for all, some at a time; what failed has its error instead of a result."""
        places = asyncio.Semaphore(SIDE_BY_SIDE)
        results: dict[Key, Result | VehicleError] = {}

        async def run(key: Key) -> None:
            async with places:
                try:
                    results[key] = await work(key)
                except VehicleError as error:
                    results[key] = error

        try:
            async with asyncio.TaskGroup() as tasks:
                for key in keys:
                    tasks.create_task(run(key))
        except BaseExceptionGroup as errors:
            raise errors.exceptions[0] from errors
        return results


def ecus_not_answered(results: Mapping[int, object]) -> list[JsonObject]:
    """The ECUs that gave no answer, each with its reason; `results` by ECU address."""
    return not_answered(({"ecuAddress": ecu_text(ecu)}, result) for ecu, result in sorted(results.items()))


def component_of(name: str) -> str:
    """An ECU's name as a component is called in commands: no spaces, only what identifiers of SOVD may hold."""
    return re.sub(r"[^A-Za-z0-9_.#-]+", "_", name).strip("_.#-") or "ecu"


def hex_text(data: bytes) -> str:
    """Raw bytes as everywhere in the product: upper-case hex without separators."""
    return data.hex().upper()


def decoded_values(decoded: Decoded) -> JsonObject:
    """What a record means: one value as `value` and `unit`, several as `values`."""
    shown: JsonObject = {"source": decoded.source}
    if decoded.problem is not None:
        shown["problem"] = decoded.problem
    if len(decoded.values) == 1:
        return {"value": decoded.values[0].value, "unit": decoded.values[0].unit, **shown}
    if not decoded.values:
        return {"value": None, "unit": None, **shown}
    values = [{"name": value.name, "value": value.value, "unit": value.unit} for value in decoded.values]
    return {"value": {value.name: value.value for value in decoded.values}, "unit": None, "values": values, **shown}
