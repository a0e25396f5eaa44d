"""Who may do it: the one place that decides, for REST, WebSocket, SSE, CLI and the dispatch of queued commands.

Rules
- a switched-off account may do nothing;
- a vehicle outside the caller's scope, and every command on it, looks as if it did not exist (`hidden`);
- a viewer reads vehicles, commands, answers, diagnostic data; an engineer adds diagnostic data, assigns it to vehicles
  (to the whole fleet: admin), decodes stored answers again with it, and removes what they added themselves;
- an engineer also sends commands (from the command's own minimum role on)
  and cancels what they sent themselves; an admin does everything, users, vehicles and audit trail included.
"""

from dataclasses import dataclass
from enum import StrEnum

from app.domain.identifiers import SessionId, UserId, VehicleId
from app.domain.roles import Role


class Action(StrEnum):
    """What a caller wants to do."""

    READ_DEFINITIONS = "read_definitions"
    READ_VEHICLE = "read_vehicle"
    MANAGE_VEHICLE = "manage_vehicle"
    READ_COMMAND = "read_command"
    SEND_COMMAND = "send_command"
    CANCEL_COMMAND = "cancel_command"
    MANAGE_USERS = "manage_users"
    READ_AUDIT = "read_audit"
    READ_DIAGNOSTIC_DATA = "read_diagnostic_data"
    ADD_DIAGNOSTIC_DATA = "add_diagnostic_data"
    ASSIGN_DIAGNOSTIC_DATA = "assign_diagnostic_data"
    REMOVE_DIAGNOSTIC_DATA = "remove_diagnostic_data"
    REDECODE_COMMAND = "redecode_command"


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """An authenticated caller. `vehicle_ids` None means the whole fleet; `session_id` None means not from a session."""

    user_id: UserId
    username: str
    role: Role
    is_active: bool
    vehicle_ids: frozenset[VehicleId] | None = None
    session_id: SessionId | None = None

    @property
    def scope(self) -> frozenset[VehicleId] | None:
        """The vehicles the caller may see, for queries; None is the whole fleet. Admins see all."""
        return None if self.role is Role.ADMIN else self.vehicle_ids

    def sees(self, vehicle_id: VehicleId) -> bool:
        """Whether the vehicle lies in the caller's scope."""
        return self.scope is None or vehicle_id in self.scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What the action is done to; leave out what does not apply."""

    vehicle_id: VehicleId | None = None
    owner_id: UserId | None = None
    minimum_role: Role | None = None


class Verdict(StrEnum):
    """Outcome of a decision. `hidden` must be answered exactly like an unknown id."""

    ALLOWED = "allowed"
    FORBIDDEN = "forbidden"
    HIDDEN = "hidden"


@dataclass(frozen=True, slots=True)
class Decision:
    """A verdict and, for people, its reason."""

    verdict: Verdict
    reason: str

    @property
    def allowed(self) -> bool:
        """Shorthand for the good case."""
        return self.verdict is Verdict.ALLOWED


_NEEDED_ROLE = {
    Action.READ_DEFINITIONS: Role.VIEWER,
    Action.READ_VEHICLE: Role.VIEWER,
    Action.READ_COMMAND: Role.VIEWER,
    Action.SEND_COMMAND: Role.ENGINEER,
    Action.CANCEL_COMMAND: Role.ENGINEER,
    Action.MANAGE_VEHICLE: Role.ADMIN,
    Action.MANAGE_USERS: Role.ADMIN,
    Action.READ_AUDIT: Role.ADMIN,
    Action.READ_DIAGNOSTIC_DATA: Role.VIEWER,
    Action.ADD_DIAGNOSTIC_DATA: Role.ENGINEER,
    Action.ASSIGN_DIAGNOSTIC_DATA: Role.ENGINEER,
    Action.REMOVE_DIAGNOSTIC_DATA: Role.ENGINEER,
    Action.REDECODE_COMMAND: Role.ENGINEER,
}

_OWNERS_ONLY = {
    Action.CANCEL_COMMAND: "only who sent a command, or an admin, may cancel it",
    Action.REMOVE_DIAGNOSTIC_DATA: "only who added diagnostic data, or an admin, may remove it",
}

_WHOLE_FLEET = Target()


def decide(actor: Actor, action: Action, target: Target = _WHOLE_FLEET) -> Decision:
    """Decide whether `actor` may do `action` to `target`. Pure: same arguments, same answer."""
    if not actor.is_active:
        return Decision(Verdict.FORBIDDEN, "the account is switched off")
    if target.vehicle_id is not None and not actor.sees(target.vehicle_id):
        return Decision(Verdict.HIDDEN, "the vehicle is outside the account's scope")
    needed = _NEEDED_ROLE[action]
    if target.minimum_role is not None and target.minimum_role.includes(needed):
        needed = target.minimum_role
    if not actor.role.includes(needed):
        return Decision(Verdict.FORBIDDEN, f"needs the role {needed}, the account has {actor.role}")
    foreign = target.owner_id is not None and target.owner_id != actor.user_id
    if foreign and action in _OWNERS_ONLY and actor.role is not Role.ADMIN:
        return Decision(Verdict.FORBIDDEN, _OWNERS_ONLY[action])
    return Decision(Verdict.ALLOWED, "allowed")
