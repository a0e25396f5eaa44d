"""Bodies of the diagnostic data routes."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from app.api import text_forms
from app.domain.identifiers import VehicleId
from app.domain.json_values import JsonObject, JsonValue
from app.repositories.diagnostic_data_repository import Assignment, DataSet, Redecoding
from app.services.diagnostic_data_service import Place, Preview

_ACTIONS = {"start": 1, "stop": 2, "results": 3}


def _whole_bytes(text: str) -> str:
    if len(text) % 2:
        raise ValueError("must have two hex digits for each byte")
    return text.upper()


Number16 = Annotated[str, Field(pattern=text_forms.NUMBER_16, description="16 bit number, `0x` and 1 to 4 hex digits")]
HexBytes = Annotated[
    str, Field(min_length=2, max_length=8190, pattern=text_forms.HEX_BYTES), AfterValidator(_whole_bytes)
]
VariantName = Annotated[str, Field(min_length=1, max_length=128, description="short name of an ECU or base variant")]


class DataSetOut(BaseModel):
    """A set of diagnostic data. `checksum` is SHA-256 of the file; `skipped` counts what could not be loaded.

    `removed_at`: since then its file is gone, and nothing is decoded with it any more.
    """

    data_set_id: UUID
    checksum: str
    kind: Literal["odx", "identifiers"]
    name: str
    version: str
    file_name: str
    size: int
    skipped: int
    created_at: datetime
    created_by: UUID
    removed_at: datetime | None

    @classmethod
    def of(cls, found: DataSet) -> "DataSetOut":
        """The set as the contract shows it."""
        return cls.model_construct(**_parts(found))


class DataSetDetails(DataSetOut):
    """A set with what it describes, and what was skipped or noticed when it was loaded, and why."""

    variants: list[dict[str, Any]]
    report: dict[str, Any]

    @classmethod
    def of(cls, found: DataSet) -> "DataSetDetails":
        """The set as the contract shows it."""
        more = {"variants": found.summary["variants"], "report": found.report}
        return cls.model_construct(**_parts(found), **more)


def _parts(found: DataSet) -> JsonObject:
    names = [name for name in DataSetOut.model_fields if name != "skipped"]
    return {**{name: getattr(found, name) for name in names}, "skipped": found.report["skipped"]}


class DataSetList(BaseModel):
    """A page of data sets, newest first."""

    items: list[DataSetOut]
    total: int
    limit: int
    offset: int


class AssignmentIn(BaseModel):
    """Where a set shall count. Without `vehicle_id`: every vehicle (admins). Without `ecu_address`: every ECU it
    describes.
    """

    model_config = ConfigDict(extra="forbid")

    vehicle_id: UUID | None = None
    ecu_address: Number16 | None = None
    variant: VariantName | None = None

    def place(self) -> Place:
        """As the service takes it."""
        return Place(
            vehicle_id=VehicleId(self.vehicle_id) if self.vehicle_id else None,
            ecu_address=None if self.ecu_address is None else int(self.ecu_address, 16),
            variant=self.variant,
        )


class AssignmentOut(BaseModel):
    """A place where a set counts."""

    assignment_id: UUID
    data_set_id: UUID
    vehicle_id: UUID | None
    ecu_address: str | None
    variant: str | None
    created_at: datetime
    created_by: UUID

    @classmethod
    def of(cls, found: Assignment) -> "AssignmentOut":
        """The assignment as the contract shows it."""
        parts = {name: getattr(found, name) for name in cls.model_fields}
        if found.ecu_address is not None:
            parts["ecu_address"] = f"0x{found.ecu_address:04X}"
        return cls.model_construct(**parts)


class AssignmentList(BaseModel):
    """All places where a set counts, as far as the caller sees them."""

    items: list[AssignmentOut]
    total: int
    limit: int
    offset: int


class EncodingIn(BaseModel):
    """What to encode: one of `data_id`, `routine_id` (with `action`) or `service`, and its value or parameters."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"data_id": "0x0110", "value": {"mode": "Sport", "limit": 80}}]}
    )

    variant: VariantName | None = None
    data_id: Number16 | None = None
    routine_id: Number16 | None = None
    action: Literal["start", "stop", "results"] = "start"
    service: Annotated[str, Field(min_length=1, max_length=128)] | None = None
    value: Any = Field(default_factory=dict, description="the value, or parameters by name")

    @model_validator(mode="after")
    def _exactly_one(self) -> "EncodingIn":
        if [self.data_id, self.routine_id, self.service].count(None) != 2:
            raise ValueError("name exactly one of data_id, routine_id and service")
        return self

    def preview(self) -> Preview:
        """As the service takes it."""
        what: dict[str, JsonValue] = {}
        if self.data_id is not None:
            what = {"data_id": int(self.data_id, 16)}
        elif self.routine_id is not None:
            what = {"routine_id": int(self.routine_id, 16), "action": _ACTIONS[self.action]}
        else:
            what = {"service": self.service}
        return Preview(variant=self.variant, what=what, value=self.value)


class EncodingOut(BaseModel):
    """The UDS request as it would be sent, in hex. Nothing was sent."""

    raw: str


class DecodingIn(BaseModel):
    """A UDS message to make sense of."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"raw": "62010003E8"}]})

    raw: HexBytes
    variant: VariantName | None = None


class DecodedMessage(BaseModel):
    """A service that the message fits, and its parameters."""

    service: str
    values: dict[str, Any]


class DecodingOut(BaseModel):
    """All services that the message fits."""

    messages: list[DecodedMessage]


class RedecodingIn(BaseModel):
    """Which set to decode with; without one, what is assigned to the vehicle now."""

    model_config = ConfigDict(extra="forbid")

    data_set_id: UUID | None = None


class RedecodedChunk(BaseModel):
    """A chunk of the answer, as the set reads it."""

    sequence_number: int
    response_payload: dict[str, Any]
    is_final: bool


class RedecodingOut(BaseModel):
    """An answer decoded again; the original stays what it was."""

    redecoding_id: UUID
    command_id: UUID
    data_set_id: UUID
    created_at: datetime
    created_by: UUID
    chunks: list[RedecodedChunk]

    @classmethod
    def of(cls, found: Redecoding) -> "RedecodingOut":
        """The re-decoding as the contract shows it."""
        parts = {name: getattr(found, name) for name in cls.model_fields if name != "chunks"}
        chunks = [RedecodedChunk.model_construct(**chunk) for chunk in found.chunks]
        return cls.model_construct(**parts, chunks=chunks)


class RedecodingList(BaseModel):
    """All re-decodings of a command, oldest first."""

    items: list[RedecodingOut]
    total: int
    limit: int
    offset: int
