"""The access policy over generated callers and targets: laws that hold whatever the rules are."""

from dataclasses import replace
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from app.domain.access_policy import Action, Actor, Target, Verdict, decide
from app.domain.identifiers import UserId, VehicleId
from app.domain.roles import Role

# few ids, so that callers and targets meet often
_VEHICLES = st.sampled_from([VehicleId(UUID(int=number)) for number in range(4)])
_USERS = st.sampled_from([UserId(UUID(int=number)) for number in range(3)])
ACTORS = st.builds(
    Actor,
    user_id=_USERS,
    username=st.just("erika"),
    role=st.sampled_from(Role),
    is_active=st.booleans(),
    vehicle_ids=st.none() | st.frozensets(_VEHICLES),
)
TARGETS = st.builds(
    Target,
    vehicle_id=st.none() | _VEHICLES,
    owner_id=st.none() | _USERS,
    minimum_role=st.none() | st.sampled_from(Role),
)
ACTIONS = st.sampled_from(Action)


@given(ACTORS, ACTIONS, TARGETS, st.sampled_from(Role))
def test_a_higher_role_never_takes_anything_away(actor: Actor, action: Action, target: Target, role: Role) -> None:
    raised = replace(actor, role=role)
    if role.includes(actor.role) and decide(actor, action, target).allowed:
        assert decide(raised, action, target).allowed


@given(ACTORS, ACTIONS, TARGETS)
def test_a_wider_scope_never_takes_anything_away(actor: Actor, action: Action, target: Target) -> None:
    if decide(actor, action, target).allowed:
        assert decide(replace(actor, vehicle_ids=None), action, target).allowed


@given(ACTORS, ACTIONS, TARGETS)
def test_an_account_that_is_off_may_never_do_anything(actor: Actor, action: Action, target: Target) -> None:
    assert decide(replace(actor, is_active=False), action, target).verdict is Verdict.FORBIDDEN


@given(ACTORS, ACTIONS, ACTIONS, TARGETS, TARGETS)
def test_a_hidden_vehicle_answers_the_same_whatever_is_asked(
    actor: Actor, action: Action, other_action: Action, target: Target, other: Target
) -> None:
    first = decide(actor, action, target)
    second = decide(actor, other_action, replace(other, vehicle_id=target.vehicle_id))
    if first.verdict is Verdict.HIDDEN:
        assert second == first


@given(ACTORS, ACTIONS, TARGETS, _VEHICLES)
def test_hidden_vehicles_cannot_be_told_apart(
    actor: Actor, action: Action, target: Target, vehicle_id: VehicleId
) -> None:
    if target.vehicle_id is not None and not actor.sees(target.vehicle_id) and not actor.sees(vehicle_id):
        assert decide(actor, action, target) == decide(actor, action, replace(target, vehicle_id=vehicle_id))


@given(ACTORS, ACTIONS, TARGETS)
def test_whoever_is_allowed_sees_the_vehicle(actor: Actor, action: Action, target: Target) -> None:
    if decide(actor, action, target).allowed and target.vehicle_id is not None:
        assert actor.scope is None or target.vehicle_id in actor.scope


@given(ACTORS, TARGETS, _USERS)
def test_nobody_but_an_admin_cancels_what_others_sent(actor: Actor, target: Target, owner_id: UserId) -> None:
    decision = decide(actor, Action.CANCEL_COMMAND, replace(target, owner_id=owner_id))
    if decision.allowed and actor.role is not Role.ADMIN:
        assert owner_id == actor.user_id
