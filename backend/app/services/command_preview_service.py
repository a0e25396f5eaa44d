"""What a command would send to a vehicle: told before it is sent, by the same code that sends it."""

from dataclasses import replace

from app.connectors.command_preview import CommandPreview, PreviewWanted
from app.connectors.port import ConnectorRegistry
from app.domain.access_policy import Actor
from app.domain.address_schemes import scheme_of
from app.domain.errors import VehicleError
from app.domain.identifiers import VehicleId
from app.domain.json_values import JsonObject
from app.domain.safe_state import SafeState, SafeStatePolicy, safe_state_of
from app.domain.session import ClientInfo
from app.domain.vehicle_secrets import SecretName
from app.repositories import vehicle_context_repository, vehicle_repository
from app.repositories.unit_of_work import UnitOfWork
from app.services.access_guard import unknown
from app.services.command_service import CommandService, Submission


class CommandPreviewService:
    """Asks the vehicle's connector. Nothing is stored, nothing is sent, and no secret is opened."""

    def __init__(self, unit_of_work: UnitOfWork, commands: CommandService, registry: ConnectorRegistry) -> None:
        self._unit_of_work = unit_of_work
        self._commands = commands
        self._registry = registry

    async def preview(self, caller: Actor, submission: Submission, client: ClientInfo) -> CommandPreview:
        """The requests and what is to be said about them; of `submission` only vehicle, name and parameters count.

        Raises what submitting raises, and InvalidRequest also for values that cannot be encoded. What the vehicle could
        not take at all is a note: sent, it would end that way.
        """
        definition = await self._commands.check(caller, submission, client)
        wanted, settings = await self._kept_about(submission)
        try:
            found = await self._registry.for_address(wanted.address).preview(wanted)
        except VehicleError as error:
            return CommandPreview(notes=(error.message,))
        if not definition.risk.needs_safe_state or not scheme_of(wanted.address).keeps_context:
            return found
        return _after_safe_state(found, safe_state_of(settings))

    async def _kept_about(self, submission: Submission) -> tuple[PreviewWanted, JsonObject]:
        """What the connector needs, and the vehicle's settings."""
        async with self._unit_of_work.reading() as db:
            vehicle = await vehicle_repository.find(db, submission.vehicle_id)
            stored = await vehicle_context_repository.read(db, VehicleId(submission.vehicle_id))
        if vehicle is None or stored is None:
            raise unknown("vehicle")
        return PreviewWanted(
            address=vehicle.address,
            command_name=submission.command_name,
            command_params=submission.command_params,
            data_sets=stored.data_sets,
            has_security_settings=SecretName.SECURITY_ACCESS in stored.sealed,
        ), stored.settings


def _after_safe_state(found: CommandPreview, safe_state: SafeState) -> CommandPreview:
    """What the worker reads before a command that moves things (`app.worker.approach`), and when it then sends none."""
    if safe_state.policy is SafeStatePolicy.NOT_NEEDED:
        return found
    if not safe_state.conditions:
        refused = "Nothing is sent: the vehicle's settings name no safe state, so the command will be refused."
        return CommandPreview(notes=(refused,))
    readings = ", ".join(condition.reading for condition in safe_state.conditions)
    before = f"The safe state is read first ({readings}), and the command is sent only if it holds."
    return replace(found, notes=(before, *found.notes))
