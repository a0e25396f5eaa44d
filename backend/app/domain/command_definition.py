"""What the catalogue says about a command: parameters, risk, durations, and how its risk depends on its parameters."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from app.domain.json_values import JsonObject
from app.domain.roles import Role

MIN_TIMEOUT_S = 0.1
MAX_TIMEOUT_S = 3600.0
MIN_EXPIRES_IN_S = 1.0
MAX_EXPIRES_IN_S = 7 * 86_400.0


class RiskClass(StrEnum):
    """How much harm a command sent to the wrong vehicle, or at the wrong moment, could do."""

    R0 = "R0"
    """Reads identity and fault memory: no effect on the vehicle."""
    R1 = "R1"
    """Reads live data, which may tell about the vehicle's owner."""
    R2 = "R2"
    """Clears or writes what can be restored; evidence may be lost."""
    R3 = "R3"
    """Moves things: routines and resets. Needs a reason and a vehicle in a safe state."""
    R4 = "R4"
    """Coding and whatever needs security access. Needs a reason and a vehicle in a safe state."""

    @property
    def only_reads(self) -> bool:
        """Whether such a command leaves the vehicle as it is."""
        return self in {RiskClass.R0, RiskClass.R1}

    @property
    def needs_safe_state(self) -> bool:
        """Whether it takes a reason, and a vehicle that is known to stand safely, just before it is sent."""
        return self in {RiskClass.R3, RiskClass.R4}


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskRule:
    """The risk where a parameter has one of `values`; None: where it is given at all."""

    parameter: str
    values: tuple[str, ...] | None
    risk: RiskClass

    def applies_to(self, params: Mapping[str, Any]) -> bool:
        """Whether the parameters are of this kind."""
        value = params.get(self.parameter)
        return value is not None and (self.values is None or value in self.values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Parameters of which only one may be given; `required`: of which one has to be given.

    `title` names for a form what they are about.
    """

    title: str
    names: tuple[str, ...]
    required: bool


# eq=False: a definition is one of the catalogue's objects; that also makes it usable as a cache key.
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CommandDefinition:
    """One command of the catalogue.

    `parameters` is a JSON Schema (draft 2020-12) complete enough to build a form from. `idempotent`: sending it twice
    leaves the vehicle as sending it once. `may_change_vehicle`: an unanswered one leaves its outcome unknown.
    `default_timeout_s` counts from the start of the run, `default_expires_in_s` from the submission. `risk` is the
    greatest it can have; `risk_rules` say for which parameters it is another, the first rule that applies counts.
    `lasts_for` names the parameters, in seconds, that make it last longer than its default timeout.
    """

    name: str
    title: str
    description: str
    parameters: JsonObject
    idempotent: bool
    may_change_vehicle: bool
    risk: RiskClass
    minimum_role: Role
    default_timeout_s: float
    default_expires_in_s: float
    example: JsonObject = field(default_factory=dict)
    choices: tuple[Choice, ...] = ()
    risk_rules: tuple[RiskRule, ...] = ()
    lasts_for: tuple[str, ...] = ()

    def with_params(self, params: Mapping[str, Any]) -> "CommandDefinition":
        """The definition as it holds for these parameters: risk, what follows from it, and the default timeout."""
        risk = next((rule.risk for rule in self.risk_rules if rule.applies_to(params)), self.risk)
        given = (params.get(name) for name in self.lasts_for)
        longer_s = sum(float(value) for value in given if isinstance(value, int | float))
        if risk is self.risk and not longer_s:
            return self
        return replace(
            self,
            risk=risk,
            may_change_vehicle=self.may_change_vehicle and not risk.only_reads,
            idempotent=self.idempotent or risk.only_reads,
            default_timeout_s=min(self.default_timeout_s + longer_s, MAX_TIMEOUT_S),
        )
