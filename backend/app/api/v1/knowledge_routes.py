"""What is known of a vehicle from earlier answers."""

from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel

from app.api.dependencies import Caller, Client, State
from app.domain.identifiers import VehicleId
from app.services.vehicle_knowledge import Finding, VehicleKnowledge

router = APIRouter(prefix="/vehicles", tags=["vehicles"])


class FindingOut(BaseModel):
    """What one command found, as its answer said it (`ecu` or the items of `dtcs`), and when it completed."""

    command_id: UUID
    at: datetime
    items: list[dict[str, Any]]

    @classmethod
    def of(cls, finding: Finding | None) -> "FindingOut | None":
        """The finding as the contract shows it."""
        if finding is None:
            return None
        return cls(command_id=finding.command_id, at=finding.at, items=list(finding.items))


class KnowledgeOut(BaseModel):
    """`null` where no such command has completed; `cleared_at`: codes were cleared after they had been read."""

    ecus: FindingOut | None
    trouble_codes: FindingOut | None
    cleared_at: datetime | None

    @classmethod
    def of(cls, known: VehicleKnowledge) -> "KnowledgeOut":
        """The knowledge as the contract shows it."""
        return cls(
            ecus=FindingOut.of(known.ecus),
            trouble_codes=FindingOut.of(known.trouble_codes),
            cleared_at=known.cleared_at,
        )


@router.get("/{vehicle_id}/knowledge", summary="What is known of a vehicle")
async def get_vehicle_knowledge(vehicle_id: UUID, caller: Caller, client: Client, state: State) -> KnowledgeOut:
    """The ECUs of its last completed `DiscoverECUs`, the codes of its last completed `ReadDTC`. It is not asked."""
    return KnowledgeOut.of(await state.knowledge.of(caller, VehicleId(vehicle_id), client))
