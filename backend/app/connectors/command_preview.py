"""What a command would send, told before it is sent: the question and the answer as values."""

from dataclasses import dataclass

from app.diagnostic_data.port import DataSetRef
from app.domain.json_values import JsonObject, JsonValue


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewWanted:
    """A command for the vehicle at an address. Of the vehicle's secrets no more is given than whether there is one.

    `command_params` have been checked against the catalogue. `has_security_settings`: the secret `security_access` is
    stored.
    """

    address: str
    command_name: str
    command_params: JsonObject
    data_sets: tuple[DataSetRef, ...] = ()
    has_security_settings: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewedRequest:
    """One request: over UDS `raw` goes to `ecu_address`, over SOVD `method` goes to `uri` with `body`.

    `meaning` says it in words. A `uri` may begin with `{base}` where only the vehicle's server knows its base URI.
    """

    meaning: str
    ecu_address: int | None = None
    raw: bytes | None = None
    method: str | None = None
    uri: str | None = None
    body: JsonValue = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandPreview:
    """The requests that are known beforehand, in order, as they leave while the vehicle confirms each.

    Those to several ECUs leave side by side.

    `notes` say in words what comes before and after them, and what only the vehicle's answers decide. A command
    without requests has a note that says why.
    """

    requests: tuple[PreviewedRequest, ...] = ()
    notes: tuple[str, ...] = ()
