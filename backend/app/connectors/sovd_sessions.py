"""Diagnostic session and security level of an entity (modes `session` and `security`), where a change asks for them.

Servers that manage sessions by themselves offer no such modes, and nothing is done. What was changed is set back at the
end; the mode's own expiration does it where that fails.
"""

import asyncio
import math
import re
from collections.abc import Mapping
from contextlib import suppress
from types import TracebackType
from typing import Self

from app.connectors.sovd_calls import SovdAnswer, SovdCall
from app.connectors.sovd_job import SovdJob
from app.connectors.sovd_knowledge import Entity
from app.connectors.sovd_locks import RELEASE_WITHIN_S, EntityLock
from app.domain.errors import CommandNotSupported, VehicleError, VehicleProtocolError, VehicleRefused
from app.domain.json_values import JsonObject
from app.domain.vehicle_secrets import SecretName
from app.links.security_access import SecurityProvider, SecurityProviderFailed, load_security_provider
from app.protocols.sovd.links import below
from app.protocols.sovd.reading import as_object, as_text
from app.protocols.sovd.reading_executions import mode_choices, read_mode_ids, read_seed

SHORTEST_S = 5
"""ISO 17978-3 wants a time after which a mode falls back; ECUs keep a session about as long (S3, ISO 14229-2)."""
_USUAL_S = 30
_OTHER_SESSION = frozenset({"0x31", "0x7E", "0x7F"})
"""Negative responses (ISO 14229-1, Annex A) of ECUs that have it in another session; 0x31 is theirs for identifiers."""
_NO_SUCH = frozenset({404, 405, 501})
_WITH_SCHEMA = (("include-schema", "true"),)


class EntitySession:
    """Sends changes through a lock; one that the ECU refuses for its session is sent once more in the extended one."""

    def __init__(self, job: SovdJob, entity: Entity, lock: EntityLock, *, lasts_s: float | None = None) -> None:
        """`lasts_s`: keep the session so long, also after the block; None: set it back when the block ends."""
        self._job = job
        self._entity = entity
        self._lock = lock
        self._lasts_s = lasts_s
        self._set_back: tuple[str, str] | None = None
        self._tried = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._set_back is None or self._lasts_s is not None:
            return
        uri, value = self._set_back
        calls = self._job.calls
        with suppress(VehicleError), calls.tidying(RELEASE_WITHIN_S):
            await calls.call(_mode_call(uri, value, SHORTEST_S))

    async def call(self, call: SovdCall, about: JsonObject | None = None) -> SovdAnswer:
        """Make a call that changes the entity. Raises VehicleError."""
        try:
            return await self._lock.call(call, about)
        except VehicleRefused as error:
            wants = error.details.get("nrc") in _OTHER_SESSION or "session" in error.message.lower()
            if error.may_have_acted or not wants or not await self.extend():
                raise
        return await self._lock.call(call, about)

    async def extend(self) -> bool:
        """Go to the extended session; whether that changed anything. Once only."""
        if self._tried:
            return False
        self._tried = True
        try:
            mode = await mode_called(self._job, self._entity, "session")
            if mode is None:
                return False
            uri = below(self._entity.resource("modes"), mode)
            document = await self._job.calls.json(uri, query=_WITH_SCHEMA)
            before = as_text(as_object(document).get("value"))
            extended = next((one for one in mode_choices(document) if one.lower().startswith("extended")), "EXTENDED")
            if before is not None and before.casefold() == extended.casefold():
                return False
            await self._set(uri, extended)
        except VehicleError:
            return False  # the refusal that led here is what the caller has to know
        self._set_back = (uri, before or "DEFAULT")
        return True

    async def unlock(self, level: int, provider: SecurityProvider) -> None:
        """Get security access for a level, as Eclipse OpenSOVD does it: seed, then key. Raises VehicleError."""
        await self.extend()
        mode = await mode_called(self._job, self._entity, "security")
        if mode is None:
            raise CommandNotSupported(
                f"{self._entity.name} has no mode security: its server unlocks it by the rights of our credentials. "
                "Leave securityLevel out. Nothing was changed."
            )
        uri = below(self._entity.resource("modes"), mode)
        asking = _seed_value(mode_choices(await self._job.calls.json(uri, query=_WITH_SCHEMA)), level)
        seed = read_seed((await self._set(uri, asking)).json())
        if seed is None:
            raise VehicleProtocolError("The vehicle's server gave no seed that can be read.")
        if any(seed):  # a seed of zeros: it is open already (ISO 14229-1, 10.4)
            key = await _key_of(provider, level, seed, self._entity.ecu_address or 0)
            spelled = " ".join(f"0x{byte:02X}" for byte in key)
            await self._set(uri, re.sub(r"(?i)_?request_?seed$", "", asking), {"Key": {"Send_Key": spelled}})

    async def _set(self, uri: str, value: str, extras: Mapping[str, JsonObject] | None = None) -> SovdAnswer:
        left = self._job.calls.deadline - self._job.now()
        seconds = math.ceil(left) + SHORTEST_S if self._lasts_s is None else max(SHORTEST_S, math.ceil(self._lasts_s))
        try:
            return await self._lock.call(_mode_call(uri, value, seconds, extras))
        except VehicleRefused as error:
            if error.details.get("httpStatus") != 400 or seconds <= _USUAL_S or extras:
                raise
        return await self._lock.call(_mode_call(uri, value, _USUAL_S, extras))


def provider_for(job: SovdJob) -> SecurityProvider | None:
    """The provider of keys where a command asks for a level; else None. Raises SecurityProviderFailed."""
    if job.params.get("securityLevel") is None:
        return None
    return load_security_provider(job.secrets.get(SecretName.SECURITY_ACCESS))


async def mode_called(job: SovdJob, entity: Entity, wanted: str) -> str | None:
    """The id of a mode as this server spells it; None: the entity has none of that name."""
    if not entity.may_have("modes"):
        return None
    try:
        modes = read_mode_ids(await job.calls.json(entity.resource("modes")))
    except VehicleRefused as error:
        if error.details.get("httpStatus") in _NO_SUCH:
            return None
        raise
    return next((one for one in modes if "".join(filter(str.isalnum, one)).lower() == wanted), None)


def _mode_call(uri: str, value: str, seconds: int, extras: Mapping[str, JsonObject] | None = None) -> SovdCall:
    return SovdCall(method="PUT", uri=uri, body={"value": value, "mode_expiration": seconds, **(extras or {})})


def _seed_value(choices: list[str], level: int) -> str:
    for choice in choices:
        numbers = re.findall(r"\d+", choice)
        if re.search(r"(?i)request_?seed$", choice) and numbers and int(numbers[0]) == level:
            return choice
    return f"Level_{level}_RequestSeed"


async def _key_of(provider: SecurityProvider, level: int, seed: bytes, ecu_address: int) -> bytes:
    try:
        return await provider.key(level, seed, ecu_address)
    except (SecurityProviderFailed, asyncio.CancelledError):
        raise
    except Exception as error:  # noqa: BLE001 - foreign code, whose words may hold secrets: only their kind is told
        raise SecurityProviderFailed(
            f"The security provider failed ({type(error).__name__}). See its own log."
        ) from None
