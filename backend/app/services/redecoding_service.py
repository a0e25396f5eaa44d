"""Stored answers decoded again with other diagnostic data; the original and every re-decoding are kept."""

from uuid import UUID, uuid4

from app.diagnostic_data.data_source import DiagnosticDataLibrary
from app.diagnostic_data.port import DataSetRef
from app.domain.access_policy import Action, Actor, Target
from app.domain.command import Chunk, Command
from app.domain.errors import Conflict, FieldError, InvalidRequest
from app.domain.identifiers import CommandId
from app.domain.session import ClientInfo
from app.repositories import diagnostic_data_repository as repository
from app.repositories.diagnostic_data_repository import NewRedecoding, Redecoding
from app.repositories.unit_of_work import UnitOfWork
from app.services.access_guard import AccessGuard, unknown
from app.services.answer_redecoding import redecoded
from app.services.audit_records import act_of
from app.services.command_service import CommandService
from app.services.diagnostic_data_service import removed


class RedecodingService:
    """Use cases of re-decodings. Who sees a command sees them; engineers make them."""

    def __init__(
        self, unit_of_work: UnitOfWork, guard: AccessGuard, library: DiagnosticDataLibrary, commands: CommandService
    ) -> None:
        self._unit_of_work = unit_of_work
        self._guard = guard
        self._library = library
        self._commands = commands

    async def redecode(
        self, caller: Actor, command_id: CommandId, data_set_id: UUID | None, client: ClientInfo
    ) -> Redecoding:
        """Decode a stored answer again with a set (None: the one assigned now) and keep both.

        Raises NotFound, Forbidden, InvalidRequest where nothing is assigned, Conflict where no raw bytes were kept.
        """
        command = await self._commands.find(caller, command_id, client)
        target = Target(vehicle_id=command.vehicle_id)
        await self._guard.require(
            caller, Action.REDECODE_COMMAND, target, object_type="command", object_id=command_id, client=client
        )
        chunks = await self._commands.responses(caller, command_id, client)
        return await self._store(caller, command, await self._refs(command, data_set_id), chunks, client)

    async def _store(
        self, caller: Actor, command: Command, refs: tuple[DataSetRef, ...], chunks: list[Chunk], client: ClientInfo
    ) -> Redecoding:
        shown, count = await redecoded(chunks, self._library.for_data_sets(refs))
        if not count:
            raise Conflict("the stored answer holds no raw bytes that could be decoded again")
        new = NewRedecoding(
            redecoding_id=uuid4(),
            command_id=command.command_id,
            data_set_id=UUID(refs[0].data_set_id),
            created_by=caller.user_id,
            chunks=shown,
        )
        async with self._unit_of_work.begin() as work:
            stored = await repository.add_redecoding(work.db, new)
            details = {"redecoding_id": str(new.redecoding_id), "data_set_id": str(new.data_set_id), "parts": count}
            action = "command.redecoded"
            act = act_of(caller, client, action, object_type="command", object_id=command.command_id, details=details)
            await work.audit(act)
        return stored

    async def _refs(self, command: Command, data_set_id: UUID | None) -> tuple[DataSetRef, ...]:
        async with self._unit_of_work.reading() as db:
            assigned = await repository.data_sets_of(db, command.vehicle_id)
            if data_set_id is None:
                if not assigned:
                    message = "no diagnostic data is assigned to the vehicle; name a data set"
                    raise InvalidRequest(f"{message.capitalize()}.", [FieldError("/data_set_id", message)])
                return assigned
            as_assigned = tuple(ref for ref in assigned if ref.data_set_id == str(data_set_id))
            if as_assigned:
                return as_assigned
            found = await repository.find(db, data_set_id)
        if found is None:
            raise unknown("diagnostic data")
        if found.removed_at is not None:
            raise removed()
        ref = DataSetRef(data_set_id=str(data_set_id), name=found.name, version=found.version, checksum=found.checksum)
        return (ref,)

    async def list_of(self, caller: Actor, command_id: CommandId, client: ClientInfo) -> tuple[Redecoding, ...]:
        """All re-decodings of a command, oldest first. Raises NotFound."""
        await self._commands.find(caller, command_id, client)
        async with self._unit_of_work.reading() as db:
            return await repository.list_redecodings(db, command_id)
