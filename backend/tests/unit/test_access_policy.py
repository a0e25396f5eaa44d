"""Every role times every action, written out: nothing here is computed the way the policy computes it."""

from itertools import product
from uuid import uuid4

import pytest

from app.domain.access_policy import Action, Actor, Target, Verdict, decide
from app.domain.identifiers import UserId, VehicleId
from app.domain.roles import Role

VIEWER_MAY = {Action.READ_DEFINITIONS, Action.READ_VEHICLE, Action.READ_COMMAND, Action.READ_DIAGNOSTIC_DATA}
ENGINEER_MAY = VIEWER_MAY | {Action.SEND_COMMAND, Action.CANCEL_COMMAND, Action.REDECODE_COMMAND}
ENGINEER_MAY |= {Action.ADD_DIAGNOSTIC_DATA, Action.ASSIGN_DIAGNOSTIC_DATA, Action.REMOVE_DIAGNOSTIC_DATA}
MAY = {Role.VIEWER: VIEWER_MAY, Role.ENGINEER: ENGINEER_MAY, Role.ADMIN: set(Action)}
VEHICLE, OTHER_VEHICLE = VehicleId(uuid4()), VehicleId(uuid4())


def actor(role: Role, *, is_active: bool = True, vehicle_ids: frozenset[VehicleId] | None = None) -> Actor:
    return Actor(user_id=UserId(uuid4()), username="erika", role=role, is_active=is_active, vehicle_ids=vehicle_ids)


@pytest.mark.parametrize(("role", "action"), [*product(Role, Action)])
def test_each_role_may_do_exactly_its_own(role: Role, action: Action) -> None:
    assert decide(actor(role), action).allowed is (action in MAY[role])


@pytest.mark.parametrize(("role", "action"), [*product(Role, Action)])
def test_a_switched_off_account_may_do_nothing(role: Role, action: Action) -> None:
    assert decide(actor(role, is_active=False), action).verdict is Verdict.FORBIDDEN


@pytest.mark.parametrize(("role", "action"), [*product([Role.VIEWER, Role.ENGINEER], Action)])
def test_a_vehicle_out_of_scope_looks_unknown_whatever_is_asked(role: Role, action: Action) -> None:
    caller = actor(role, vehicle_ids=frozenset({VEHICLE}))
    assert decide(caller, action, Target(vehicle_id=OTHER_VEHICLE)).verdict is Verdict.HIDDEN
    assert decide(caller, action, Target(vehicle_id=VEHICLE)).allowed is (action in MAY[role])


@pytest.mark.parametrize("action", Action)
def test_a_scope_does_not_bind_admins(action: Action) -> None:
    caller = actor(Role.ADMIN, vehicle_ids=frozenset())
    assert decide(caller, action, Target(vehicle_id=VEHICLE)).allowed


@pytest.mark.parametrize(("role", "needed"), [*product(Role, Role)])
def test_a_command_may_ask_for_more_than_the_action_but_not_for_less(role: Role, needed: Role) -> None:
    allowed = decide(actor(role), Action.SEND_COMMAND, Target(vehicle_id=VEHICLE, minimum_role=needed)).allowed
    assert allowed is (role is Role.ADMIN or (role is Role.ENGINEER and needed is not Role.ADMIN))


@pytest.mark.parametrize("action", [Action.CANCEL_COMMAND, Action.REMOVE_DIAGNOSTIC_DATA])
@pytest.mark.parametrize("role", Role)
def test_only_whose_it_is_or_an_admin_cancels_and_removes(role: Role, action: Action) -> None:
    caller = actor(role)
    foreign, own = Target(owner_id=UserId(uuid4())), Target(owner_id=caller.user_id)
    assert decide(caller, action, foreign).allowed is (role is Role.ADMIN)
    assert decide(caller, action, own).allowed is (role is not Role.VIEWER)
