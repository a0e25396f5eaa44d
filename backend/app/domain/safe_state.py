"""When a vehicle stands safely enough for what moves things in it (risk class R3 and above).

The conditions stand in the vehicle's settings and are read from the vehicle just before the command is sent. What
cannot be read counts as unsafe, and so does a vehicle without any condition.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from app.domain.json_values import JsonObject, JsonValue


class SafeStatePolicy(StrEnum):
    """Whether the conditions are looked at."""

    CHECKED = "checked"
    NOT_NEEDED = "not_needed"
    """Nothing is read before a command that moves things: only for a vehicle that cannot hurt anybody, such as a
    bench."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SafeCondition:
    """A reading, and what it has to be. `params` are those of the ReadDataByID that reads it.

    `unit`: the one in which the bounds are meant; a vehicle that answers in another one does not fulfil the condition.
    """

    reading: str
    params: JsonObject
    unit: str | None = None
    equals: JsonValue = None
    one_of: tuple[JsonValue, ...] | None = None
    minimum: float | None = None
    maximum: float | None = None

    def holds_for(self, value: JsonValue) -> bool:
        """Whether a value that was read is a safe one."""
        if self.one_of is not None:
            return value in self.one_of
        if self.minimum is None and self.maximum is None:
            return value == self.equals and isinstance(value, bool) == isinstance(self.equals, bool)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        above = self.minimum is None or value >= self.minimum
        return above and (self.maximum is None or value <= self.maximum)

    def fulfilled_by(self, reading: "Reading") -> bool:
        """Whether a reading is a safe one; what was not read, or came in another unit, is not."""
        in_unit = self.unit is None or reading.unit is None or reading.unit == self.unit
        return reading.problem is None and in_unit and self.holds_for(reading.value)

    def wanted(self, read_unit: str | None = None) -> str:
        """What the reading has to be, for people; numbers in the condition's unit, else in the one that was read."""
        if self.one_of is not None:
            return "one of " + ", ".join(map(_spelled, self.one_of))
        bounds = [
            f"{word} {bound:g}"
            for word, bound in (("at least", self.minimum), ("at most", self.maximum))
            if bound is not None
        ]
        is_number = bool(bounds) or (isinstance(self.equals, int | float) and not isinstance(self.equals, bool))
        unit = self.unit or read_unit
        return (" and ".join(bounds) or _spelled(self.equals)) + (f" {unit}" if unit and is_number else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class SafeState:
    """What a vehicle's settings say about its safe state."""

    policy: SafeStatePolicy = SafeStatePolicy.CHECKED
    conditions: tuple[SafeCondition, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a condition's reading gave: a value, or why there is none."""

    value: JsonValue = None
    unit: str | None = None
    problem: str | None = None


def safe_state_of(settings: Mapping[str, Any]) -> SafeState:
    """The safe state of a vehicle's settings as they are stored: checked when they were set."""
    stored = settings.get("safe_state") or {}
    return SafeState(
        policy=SafeStatePolicy(stored.get("policy", SafeStatePolicy.CHECKED)),
        conditions=tuple(_condition(item) for item in stored.get("conditions", ())),
    )


def blocked_by(conditions: Sequence[SafeCondition], readings: Sequence[Reading]) -> list[JsonObject]:
    """The conditions that do not hold, each with its reading; what is not known does not hold."""
    return [
        {
            "reading": condition.reading,
            "wanted": condition.wanted(reading.unit),
            "found": reading.problem or f"{_spelled(reading.value)}{f' {reading.unit}' if reading.unit else ''}",
        }
        for condition, reading in zip(conditions, readings, strict=True)
        if not condition.fulfilled_by(reading)
    ]


def _spelled(value: JsonValue) -> str:
    """A value as people know it from the vehicle's data: text as it is, the rest as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _condition(stored: Mapping[str, Any]) -> SafeCondition:
    one_of = stored.get("one_of")
    return SafeCondition(
        reading=stored["reading"],
        params={name: stored[name] for name in ("ecuAddress", "component", "dataId", "dataIds") if stored.get(name)},
        unit=stored.get("unit"),
        equals=stored.get("equals"),
        one_of=None if one_of is None else tuple(one_of),
        minimum=stored.get("minimum"),
        maximum=stored.get("maximum"),
    )
