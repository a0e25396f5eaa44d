"""What can be sent: the command catalogue over REST."""

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel

from app.api.dependencies import Caller
from app.domain.access_policy import Action, decide
from app.domain.catalogue import COMMANDS
from app.domain.command_definition import CommandDefinition, RiskClass, RiskRule
from app.domain.errors import Forbidden
from app.domain.roles import Role

router = APIRouter(prefix="/command-definitions", tags=["command-definitions"])


class CommandDefinitionOut(BaseModel):
    """A command: what it does, takes and needs. `parameters` is a JSON Schema (draft 2020-12); times in seconds.

    `risk` is the greatest it can have; of `risk_rules` the first that applies to the parameters says another one. From
    R3 on a command needs a reason, and a vehicle in a safe state. `example` is a complete set of parameters.
    """

    name: str
    title: str
    description: str
    parameters: dict[str, Any]
    idempotent: bool
    may_change_vehicle: bool
    risk: RiskClass
    risk_rules: tuple[RiskRule, ...]
    example: dict[str, Any]
    minimum_role: Role
    default_timeout_s: float
    default_expires_in_s: float

    @classmethod
    def of(cls, definition: CommandDefinition) -> "CommandDefinitionOut":
        """The definition as the contract shows it."""
        return CommandDefinitionOut.model_construct(**{name: getattr(definition, name) for name in cls.model_fields})


class CommandDefinitionList(BaseModel):
    """All commands; the list is short and comes whole."""

    items: list[CommandDefinitionOut]
    total: int
    limit: int
    offset: int


@router.get("", summary="List what can be sent")
async def list_command_definitions(caller: Caller) -> CommandDefinitionList:
    """Every command with the schema of its parameters, complete enough to build a form from."""
    decision = decide(caller, Action.READ_DEFINITIONS)
    if not decision.allowed:
        raise Forbidden(decision.reason)
    return definition_list()


def definition_list() -> CommandDefinitionList:
    """The whole catalogue as the contract shows it."""
    items = [CommandDefinitionOut.of(definition) for definition in COMMANDS.values()]
    return CommandDefinitionList.model_construct(items=items, total=len(items), limit=len(items), offset=0)
