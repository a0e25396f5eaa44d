"""A change of a command's state, and how live pages are told of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from app.domain.bus_messages import COMMANDS, BusMessage
from app.domain.command import Command
from app.domain.command_states import CommandStatus
from app.domain.identifiers import CommandId, UserId, VehicleId
from app.domain.json_values import encode_json, format_time


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandChange:
    """Whose command entered which state on which vehicle.

    `at` is the database's time of the change, so of two messages about one command the later one is true.
    """

    command_id: CommandId
    vehicle_id: VehicleId
    user_id: UserId
    command_name: str
    status: CommandStatus
    at: datetime

    @classmethod
    def of(cls, command: Command, status: CommandStatus, at: datetime) -> Self:
        """The change of this command."""
        return cls(
            command_id=command.command_id,
            vehicle_id=command.vehicle_id,
            user_id=command.user_id,
            command_name=command.command_name,
            status=status,
            at=at,
        )

    def as_message(self) -> BusMessage:
        """The message for the bus: `{"event": "command", "command_id", "vehicle_id", "user_id", "command_name",
        "status", "at"}`."""
        body = {
            "event": "command",
            "command_id": str(self.command_id),
            "vehicle_id": str(self.vehicle_id),
            "user_id": str(self.user_id),
            "command_name": self.command_name,
            "status": self.status.value,
            "at": format_time(self.at),
        }
        return BusMessage(COMMANDS, encode_json(body))
