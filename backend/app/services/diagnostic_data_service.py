"""Diagnostic data as a service: one use case per method, each change with its audit entry in one transaction."""

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID, uuid4

from app.diagnostic_data.data_source import DiagnosticDataLibrary
from app.domain.access_policy import Action, Actor, Target
from app.domain.audit_entry import AuditRecord
from app.domain.errors import Conflict, FieldError, InvalidRequest, NotFound
from app.domain.identifiers import VehicleId
from app.domain.json_values import JsonObject, JsonValue
from app.domain.roles import Role
from app.domain.session import ClientInfo
from app.repositories import diagnostic_data_repository as repository
from app.repositories import vehicle_repository
from app.repositories.diagnostic_data_repository import Assignment, DataSet, NewAssignment, NewDataSet
from app.repositories.unit_of_work import UnitOfWork
from app.services.access_guard import AccessGuard, unknown
from app.services.audit_records import act_of
from app.storage.driver_errors import ConstraintViolated

MOST_BYTES = 64 * 1024 * 1024
"""Of a file. The largest PDX of a whole vehicle that is known to us has some 40 MB."""
_KIND = "diagnostic_data"


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file to add; name and version overrule what the file says of itself."""

    file_name: str
    content: bytes
    name: str | None = None
    version: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a set shall count; None of both is the whole fleet."""

    vehicle_id: VehicleId | None = None
    ecu_address: int | None = None
    variant: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What to encode: `what` as `DiagnosticDataLibrary.encode` takes it."""

    variant: str | None
    what: dict[str, JsonValue]
    value: JsonValue


def file_reader(unit_of_work: UnitOfWork) -> Callable[[str], Awaitable[bytes]]:
    """How the library gets at files; it stands below the repositories. Raises NotFound."""

    async def content_of(checksum: str) -> bytes:
        async with unit_of_work.reading() as db:
            content = await repository.content_of(db, checksum)
        if content is None:
            raise NotFound("no such diagnostic data")
        return content

    return content_of


class DiagnosticDataService:
    """Use cases of diagnostic data. Everybody signed in may look; engineers add and assign, fleet-wide only admins."""

    def __init__(self, unit_of_work: UnitOfWork, guard: AccessGuard, library: DiagnosticDataLibrary) -> None:
        self._unit_of_work = unit_of_work
        self._guard = guard
        self._library = library

    async def require_may_add(self, caller: Actor, client: ClientInfo) -> None:
        """Before a body is read at all. Raises Forbidden."""
        await self._guard.require(caller, Action.ADD_DIAGNOSTIC_DATA, object_type=_KIND, client=client)

    async def add(self, caller: Actor, upload: Upload, client: ClientInfo) -> tuple[DataSet, bool]:
        """Load and store a file; with the same bytes again, the set that is there, and False.

        The bytes of a removed set bring it back under the id and name it had.

        Raises Forbidden, InvalidRequest (`invalid_diagnostic_data`, with the reason), Overloaded.
        """
        await self.require_may_add(caller, client)
        checksum = hashlib.sha256(upload.content).hexdigest()
        async with self._unit_of_work.reading() as db:
            known = await repository.find_by_checksum(db, checksum)
        if known is not None and known.removed_at is None:
            return known, False
        head = await self._library.load(checksum, upload.content, upload.file_name)
        new = _new_set(caller, upload, checksum, head)
        async with self._unit_of_work.begin() as work:
            stored = await repository.add(work.db, new)
            action = "diagnostic_data.added"
            if stored is None:
                stored = await repository.restore(work.db, checksum, upload.content)
                action = "diagnostic_data.restored"
            if stored is not None:
                await work.audit(_act_on(caller, client, action, stored))
                return stored, True
            known = await repository.find_by_checksum(work.db, checksum)
        if known is None:
            raise unknown("diagnostic data")
        return known, False

    async def remove(self, caller: Actor, data_set_id: UUID, client: ClientInfo) -> None:
        """Throw a file away. What the set was stays known: answers that were decoded with it name it.

        The same bytes, added again, are the same set again. Raises NotFound, Forbidden (only who added it, and admins),
        Conflict while it is assigned.
        """
        found = await self.find(caller, data_set_id, client)
        await self._guard.require(
            caller,
            Action.REMOVE_DIAGNOSTIC_DATA,
            Target(owner_id=found.created_by),
            object_type=_KIND,
            object_id=data_set_id,
            client=client,
        )
        async with self._unit_of_work.begin() as work:
            places = await repository.lock_to_remove(work.db, data_set_id)
            if places is None:
                raise unknown("diagnostic data")
            if places:
                raise Conflict(f"the set is assigned to {places} place(s); unassign it there first")
            await repository.remove(work.db, data_set_id)
            await work.audit(_act_on(caller, client, "diagnostic_data.removed", found))
        await self._library.forget(found.checksum)

    async def list_sets(
        self, caller: Actor, client: ClientInfo, *, limit: int, offset: int
    ) -> tuple[tuple[DataSet, ...], int]:
        """A page of all sets, newest first, and their number."""
        await self._require_reading(caller, client)
        async with self._unit_of_work.reading() as db:
            return await repository.list_page(db, limit=limit, offset=offset)

    async def find(self, caller: Actor, data_set_id: UUID, client: ClientInfo) -> DataSet:
        """One set with its report, a removed one too. Raises NotFound."""
        await self._require_reading(caller, client)
        async with self._unit_of_work.reading() as db:
            found = await repository.find(db, data_set_id)
        if found is None:
            raise unknown("diagnostic data")
        return found

    async def variant(self, caller: Actor, data_set_id: UUID, name: str | None, client: ClientInfo) -> JsonObject:
        """All that a set says about one variant. Raises NotFound, InvalidRequest."""
        found = await self._usable(caller, data_set_id, client)
        return await self._library.variant(found.checksum, name)

    async def preview(self, caller: Actor, data_set_id: UUID, wanted: Preview, client: ClientInfo) -> bytes:
        """The bytes that would be sent; nothing is. Raises NotFound, InvalidRequest naming ranges and choices."""
        found = await self._usable(caller, data_set_id, client)
        return await self._library.encode(found.checksum, wanted.variant, wanted.what, wanted.value)

    async def decode(
        self, caller: Actor, data_set_id: UUID, variant: str | None, message: bytes, client: ClientInfo
    ) -> list[JsonObject]:
        """What a UDS message means. Raises NotFound, InvalidRequest."""
        found = await self._usable(caller, data_set_id, client)
        return await self._library.decode(found.checksum, variant, message)

    async def assignments(self, caller: Actor, data_set_id: UUID, client: ClientInfo) -> tuple[Assignment, ...]:
        """Where a set counts, as far as the caller sees it. Raises NotFound."""
        await self.find(caller, data_set_id, client)
        async with self._unit_of_work.reading() as db:
            return await repository.list_assignments(db, data_set_id, caller.scope)

    async def assign(self, caller: Actor, data_set_id: UUID, place: Place, client: ClientInfo) -> Assignment:
        """Let a set count from the next command on. Raises NotFound, Forbidden, InvalidRequest (variant), Conflict."""
        await self._require_assigning(caller, place.vehicle_id, client)
        found = await self._usable(caller, data_set_id, client)
        names = [variant["name"] for variant in found.summary["variants"]]
        if place.variant is not None and place.variant not in names:
            message = f"the set has no variant {place.variant!r}; it has {', '.join(names)}"
            raise InvalidRequest(f"{message[0].upper()}{message[1:]}.", [FieldError("/variant", message)])
        new = NewAssignment(
            assignment_id=uuid4(),
            data_set_id=data_set_id,
            vehicle_id=place.vehicle_id,
            ecu_address=place.ecu_address,
            variant=place.variant,
            created_by=caller.user_id,
        )
        try:
            return await self._assign(caller, new, client)
        except ConstraintViolated as error:
            if error.constraint == repository.UNIQUE_PLACE:
                raise Conflict("the set is assigned to this place already; unassign it first to change that") from error
            raise

    async def _assign(self, caller: Actor, new: NewAssignment, client: ClientInfo) -> Assignment:
        async with self._unit_of_work.begin() as work:
            if new.vehicle_id is not None and await vehicle_repository.find(work.db, new.vehicle_id) is None:
                raise unknown("vehicle")
            stored = await repository.assign(work.db, new)
            if stored is None:
                raise removed()
            details = {"assignment_id": str(new.assignment_id)} | _shown(new)
            action = "diagnostic_data.assigned"
            act = act_of(caller, client, action, object_type=_KIND, object_id=new.data_set_id, details=details)
            await work.audit(act)
        return stored

    async def unassign(self, caller: Actor, data_set_id: UUID, assignment_id: UUID, client: ClientInfo) -> None:
        """Take an assignment away. Raises NotFound, Forbidden."""
        await self._require_reading(caller, client)
        async with self._unit_of_work.reading() as db:
            found = await repository.find_assignment(db, assignment_id)
        if found is None or found.data_set_id != data_set_id:
            raise unknown("assignment")
        await self._require_assigning(caller, found.vehicle_id, client)
        async with self._unit_of_work.begin() as work:
            if not await repository.unassign(work.db, assignment_id):
                raise unknown("assignment")
            details = {"assignment_id": str(assignment_id)} | _shown(found)
            action = "diagnostic_data.unassigned"
            act = act_of(caller, client, action, object_type=_KIND, object_id=data_set_id, details=details)
            await work.audit(act)

    async def _usable(self, caller: Actor, data_set_id: UUID, client: ClientInfo) -> DataSet:
        found = await self.find(caller, data_set_id, client)
        if found.removed_at is not None:
            raise removed()
        return found

    async def _require_reading(self, caller: Actor, client: ClientInfo) -> None:
        await self._guard.require(caller, Action.READ_DIAGNOSTIC_DATA, object_type=_KIND, client=client)

    async def _require_assigning(self, caller: Actor, vehicle_id: VehicleId | None, client: ClientInfo) -> None:
        """A vehicle in scope takes an engineer; the whole fleet an admin."""
        needed = Role.ADMIN if vehicle_id is None else None
        await self._guard.require(
            caller,
            Action.ASSIGN_DIAGNOSTIC_DATA,
            Target(vehicle_id=vehicle_id, minimum_role=needed),
            object_type=_KIND if vehicle_id is None else "vehicle",
            object_id=vehicle_id,
            client=client,
        )


def _new_set(caller: Actor, upload: Upload, checksum: str, head: JsonObject) -> NewDataSet:
    return NewDataSet(
        data_set_id=uuid4(),
        checksum=checksum,
        kind=head["kind"],
        name=(upload.name or head["name"])[:200],
        version=(upload.version or head["version"])[:100],
        file_name=upload.file_name[:255],
        size=len(upload.content),
        content=upload.content,
        summary={"variants": head["variants"]},
        report=head["report"],
        created_by=caller.user_id,
    )


def removed() -> NotFound:
    """The answer for a set whose file is gone."""
    return NotFound("the file of this set was removed; add the same file again to use it")


def _act_on(caller: Actor, client: ClientInfo, action: str, found: DataSet) -> AuditRecord:
    details = {"name": found.name, "version": found.version, "checksum": found.checksum, "size": found.size}
    details |= {"file_name": found.file_name, "skipped": found.report["skipped"]}
    return act_of(caller, client, action, object_type=_KIND, object_id=found.data_set_id, details=details)


def _shown(place: NewAssignment) -> JsonObject:
    return {
        "vehicle_id": str(place.vehicle_id) if place.vehicle_id else None,
        "ecu_address": f"0x{place.ecu_address:04X}" if place.ecu_address is not None else None,
        "variant": place.variant,
    }
