"""Bodies of the vehicle routes."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import orjson
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from app.api import text_forms
from app.api.v1.vehicle_settings_models import VehicleSettings
from app.domain.json_values import JsonObject
from app.domain.vehicle import ConnectionStatus, Vehicle
from app.domain.vin import normalized_vin

MAX_METADATA_BYTES = 16 * 1024
MAX_METADATA_DEPTH = 8


def _small_enough(metadata: JsonObject) -> JsonObject:
    if len(orjson.dumps(metadata)) > MAX_METADATA_BYTES:
        raise ValueError(f"must not be larger than {MAX_METADATA_BYTES} bytes")
    if _depth(metadata) > MAX_METADATA_DEPTH:
        raise ValueError(f"must not be nested deeper than {MAX_METADATA_DEPTH} levels")
    return metadata


def _depth(value: Any) -> int:
    """Levels of nesting; the body guard has bounded it already, so the recursion is shallow."""
    if isinstance(value, dict):
        return 1 + max(map(_depth, value.values()), default=0)
    if isinstance(value, list):
        return 1 + max(map(_depth, value), default=0)
    return 0


Vin = Annotated[
    str,
    Field(
        min_length=17,
        max_length=17,
        pattern=text_forms.VIN,
        description="17 characters, letters without I, O and Q (ISO 3779); kept in upper case",
    ),
    AfterValidator(normalized_vin),
]
Name = Annotated[str, Field(min_length=1, max_length=100, pattern=text_forms.PRINTABLE)]
Year = Annotated[int, Field(ge=1900, le=2100, description="model year")]
Address = Annotated[
    str,
    Field(
        min_length=1,
        max_length=2048,
        pattern=text_forms.PRINTABLE,
        description="how to reach it, for example `sim:?delay=0.5`",
    ),
]
Metadata = Annotated[
    dict[str, Any], AfterValidator(_small_enough), Field(description="anything of yours; 16 KiB and 8 levels at most")
]

_EXAMPLE: JsonDict = {
    "vin": "1HGCM82633A004352",
    "make": "Honda",
    "model": "Accord",
    "year": 2003,
    "address": "sim:?delay=0.5&dtcs=P0420,P0171",
    "metadata": {"bench": "north 3"},
}


class VehicleRegistration(BaseModel):
    """A vehicle to register."""

    model_config = ConfigDict(extra="forbid", strict=True, json_schema_extra={"examples": [_EXAMPLE]})

    vin: Vin
    make: Name
    model: Name
    year: Year | None = None
    address: Address
    metadata: Metadata = Field(default_factory=dict)
    settings: VehicleSettings = Field(default_factory=VehicleSettings)


class VehicleChanges(BaseModel):
    """What to change of a vehicle; what is left out stays. Metadata and settings are replaced as a whole."""

    model_config = ConfigDict(
        extra="forbid", strict=True, json_schema_extra={"examples": [{"address": "sim:?delay=0"}]}
    )

    # the factories only make the fields optional without allowing null; `changed` leaves them out
    vin: Vin = Field(default_factory=str)
    make: Name = Field(default_factory=str)
    model: Name = Field(default_factory=str)
    year: Year | None = None
    address: Address = Field(default_factory=str)
    metadata: Metadata = Field(default_factory=dict)
    settings: VehicleSettings = Field(default_factory=VehicleSettings)

    def changed(self) -> JsonObject:
        """The members that were sent."""
        changed = self.model_dump(include=self.model_fields_set - {"settings"})
        return changed | ({"settings": self.settings.stored()} if "settings" in self.model_fields_set else {})


class VehicleOut(BaseModel):
    """A vehicle. `status_cause` says why the status is so, `status_since` since when it is so for this cause;
    `last_seen_at` is the time of its last real answer."""

    vehicle_id: UUID
    vin: str
    make: str
    model: str
    year: int | None
    address: str
    metadata: dict[str, Any]
    settings: dict[str, Any]
    connection_status: ConnectionStatus
    status_cause: str | None
    status_since: datetime
    last_seen_at: datetime | None
    created_at: datetime

    @classmethod
    def of(cls, vehicle: Vehicle) -> "VehicleOut":
        """The vehicle as the contract shows it."""
        return VehicleOut.model_construct(**{name: getattr(vehicle, name) for name in cls.model_fields})


class VehicleList(BaseModel):
    """A page of vehicles, ordered by VIN."""

    items: list[VehicleOut]
    total: int
    limit: int
    offset: int
