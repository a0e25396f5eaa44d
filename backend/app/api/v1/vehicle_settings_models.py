"""Settings of a vehicle as callers write them: what has to be so before something that moves things is sent to it."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from app.api import text_forms
from app.domain.json_values import JsonObject
from app.domain.safe_state import SafeStatePolicy

_Scalar = str | bool | int | float
_ECU = Annotated[str, Field(pattern=text_forms.NUMBER_16)]
_DATA_ID = Annotated[str, Field(pattern=text_forms.DATA_ID)]
_NAME = Annotated[str, Field(pattern=text_forms.COMPONENT_NAME)]


class SafeConditionIn(BaseModel):
    """A reading, where it comes from, and what it has to be: `equals`, `one_of`, or `minimum` and/or `maximum`."""

    model_config = ConfigDict(extra="forbid", strict=True)

    reading: str = Field(min_length=1, max_length=100, description="what it is, for people: `vehicle speed`")
    ecuAddress: _ECU | None = None  # noqa: N815 - the name of contract 4.4
    component: _NAME | None = None
    dataId: _DATA_ID | None = None  # noqa: N815 - the name of contract 4.4
    dataIds: list[_NAME] | None = Field(  # noqa: N815 - the name of contract 4.4
        default=None, min_length=1, max_length=1, description="one name, where the data has no number"
    )
    unit: str | None = Field(
        default=None,
        min_length=1,
        max_length=20,
        description="unit of the bounds, as the vehicle gives it: `km/h`; an answer in another unit is not safe",
    )
    equals: _Scalar | None = None
    one_of: list[_Scalar] | None = Field(default=None, min_length=1, max_length=50)
    minimum: float | None = None
    maximum: float | None = None

    @model_validator(mode="after")
    def _complete(self) -> "SafeConditionIn":
        if (self.ecuAddress is None) == (self.component is None):
            raise ValueError("give ecuAddress or component, one of the two")
        if (self.dataId is None) == (self.dataIds is None):
            raise ValueError("give dataId or dataIds, one of the two")
        in_range = self.minimum is not None or self.maximum is not None
        if (self.equals is not None) + (self.one_of is not None) + in_range != 1:
            raise ValueError("give exactly one of equals, one_of, or minimum and maximum")
        return self


class SafeStateIn(BaseModel):
    """When the vehicle is safe for commands of risk class R3 and above.

    `policy` `not_needed` skips the check: only for a vehicle that cannot hurt anybody, such as a bench. Without any
    condition such commands are refused.
    """

    model_config = ConfigDict(extra="forbid")

    policy: SafeStatePolicy = SafeStatePolicy.CHECKED
    conditions: list[SafeConditionIn] = Field(default_factory=list, max_length=20)


_EXAMPLE: dict[str, Any] = {
    "safe_state": {
        "conditions": [
            {"reading": "vehicle speed", "ecuAddress": "0x1010", "dataId": "0xF40D", "unit": "km/h", "equals": 0}
        ]
    }
}


class VehicleSettings(BaseModel):
    """How to treat a vehicle."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_EXAMPLE]})

    safe_state: SafeStateIn | None = None

    def stored(self) -> JsonObject:
        """What is kept: the members that were given."""
        return self.model_dump(mode="json", exclude_none=True)
