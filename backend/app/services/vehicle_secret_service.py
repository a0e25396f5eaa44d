"""Secrets of vehicles: they can be set and forgotten, never read back."""

import secrets
from collections.abc import Mapping
from datetime import datetime

from app.domain.access_policy import Action, Actor, Target
from app.domain.errors import NotFound
from app.domain.identifiers import VehicleId
from app.domain.session import ClientInfo
from app.domain.vehicle_secrets import SecretName, place_of_secret
from app.repositories import vehicle_repository, vehicle_secret_repository
from app.repositories.unit_of_work import UnitOfWork
from app.security.sealing import Sealing
from app.services.access_guard import AccessGuard, unknown
from app.services.audit_records import act_of


class VehicleSecretService:
    """Use cases of secrets, for administrators. The audit trail has their names, never their values."""

    def __init__(self, unit_of_work: UnitOfWork, guard: AccessGuard, sealing: Sealing) -> None:
        self._unit_of_work = unit_of_work
        self._guard = guard
        self._sealing = sealing

    async def put(self, caller: Actor, vehicle_id: VehicleId, name: SecretName, value: str, client: ClientInfo) -> None:
        """Keep a secret, in place of an earlier one. Raises NotFound, Forbidden."""
        await self._require(caller, vehicle_id, client)
        sealed = self._sealing.seal(value, secrets.token_bytes(12), place=place_of_secret(vehicle_id, name.value))
        async with self._unit_of_work.begin() as work:
            if await vehicle_repository.lock(work.db, vehicle_id) is None:
                raise unknown("vehicle")
            await vehicle_secret_repository.put(work.db, vehicle_id, name, sealed)
            await work.audit(
                act_of(
                    caller,
                    client,
                    "vehicle.secret_set",
                    object_type="vehicle",
                    object_id=vehicle_id,
                    details={"name": name.value},
                )
            )

    async def remove(self, caller: Actor, vehicle_id: VehicleId, name: SecretName, client: ClientInfo) -> None:
        """Forget a secret. Raises NotFound where there is none, Forbidden."""
        await self._require(caller, vehicle_id, client)
        async with self._unit_of_work.begin() as work:
            if not await vehicle_secret_repository.remove(work.db, vehicle_id, name):
                raise NotFound("the vehicle has no such secret")
            await work.audit(
                act_of(
                    caller,
                    client,
                    "vehicle.secret_removed",
                    object_type="vehicle",
                    object_id=vehicle_id,
                    details={"name": name.value},
                )
            )

    async def names(self, caller: Actor, vehicle_id: VehicleId, client: ClientInfo) -> Mapping[str, datetime]:
        """Which secrets are kept, and since when. Raises NotFound, Forbidden."""
        await self._require(caller, vehicle_id, client)
        async with self._unit_of_work.reading() as db:
            if await vehicle_repository.find(db, vehicle_id) is None:
                raise unknown("vehicle")
            return await vehicle_secret_repository.names(db, vehicle_id)

    async def _require(self, caller: Actor, vehicle_id: VehicleId, client: ClientInfo) -> None:
        target = Target(vehicle_id=vehicle_id)
        await self._guard.require(
            caller, Action.MANAGE_VEHICLE, target, object_type="vehicle", object_id=vehicle_id, client=client
        )
