"""The catalogue of commands: what each is called, takes, risks and needs (design, sections 4.1 and 4.4).

Everything else asks here: the API lists it, the services check parameters with it, the worker asks whether a command
may have changed a vehicle.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from app.domain import command_parameters as takes
from app.domain.command_definition import Choice, CommandDefinition, RiskClass, RiskRule
from app.domain.errors import FieldError, InvalidRequest
from app.domain.json_values import JsonObject
from app.domain.roles import Role

DEFAULT_ECU_ADDRESS = "0x10"
"""The ECU of the built-in mock vehicle that answers where a command names none."""

_ECU: JsonObject = {"ecuAddress": takes.ECU_ADDRESS, "component": takes.COMPONENT}
_READ_EXPIRES_IN_S = 900.0
_CHANGE_EXPIRES_IN_S = 120.0
_VALUE_OR_RAW = Choice(title="What to write", names=("value", "raw"), required=True)


def _definition(
    name: str,
    title: str,
    description: str,
    properties: JsonObject,
    *,
    risk: RiskClass,
    example: JsonObject,
    required: Sequence[str] = (),
    choices: Sequence[Choice] = (),
    idempotent: bool = True,
    timeout_s: float = 30.0,
    risk_rules: Sequence[RiskRule] = (),
    lasts_for: Sequence[str] = (),
) -> CommandDefinition:
    return CommandDefinition(
        name=name,
        title=title,
        description=description,
        parameters=takes.object_schema(name, properties, required=required, choices=choices),
        idempotent=idempotent,
        may_change_vehicle=not risk.only_reads,
        risk=risk,
        minimum_role=Role.ENGINEER,
        default_timeout_s=timeout_s,
        default_expires_in_s=_READ_EXPIRES_IN_S if risk.only_reads else _CHANGE_EXPIRES_IN_S,
        example=example,
        choices=tuple(choices),
        risk_rules=tuple(risk_rules),
        lasts_for=tuple(lasts_for),
    )


READ_DTC = _definition(
    "ReadDTC",
    "Read trouble codes",
    "Reads the diagnostic trouble codes that one control unit, or every one, has stored. They arrive as each answers.",
    {
        **_ECU,
        "statusMask": takes.STATUS_MASK,
        "snapshot": takes.SNAPSHOT,
        "extendedData": takes.EXTENDED_DATA,
    },
    risk=RiskClass.R0,
    example={"ecuAddress": "0x10"},
    choices=(takes.ANY_ECU,),
)

CLEAR_DTC = _definition(
    "ClearDTC",
    "Clear trouble codes",
    "Deletes stored trouble codes, all of them or one. What they tell about a fault is lost.",
    {**_ECU, "dtcCode": takes.DTC_CODE},
    risk=RiskClass.R2,
    example={"ecuAddress": "0x10", "dtcCode": "P0420"},
    choices=(takes.ONE_ECU,),
)

READ_DATA_BY_ID = _definition(
    "ReadDataByID",
    "Read data",
    "Reads values of a control unit, such as its serial number or the engine speed: one identifier or many.",
    {**_ECU, "dataId": takes.DATA_ID, "dataIds": takes.DATA_IDS},
    risk=RiskClass.R1,
    example={"ecuAddress": "0x10", "dataId": "0xF190"},
    choices=(takes.ONE_ECU, Choice(title="What to read", names=("dataId", "dataIds"), required=True)),
)

DISCOVER_ECUS = _definition(
    "DiscoverECUs",
    "Find control units",
    "Finds out which control units the vehicle has. Each is shown as it answers.",
    {},
    risk=RiskClass.R0,
    example={},
)

READ_IDENTIFICATION = _definition(
    "ReadIdentification",
    "Read identification",
    "Reads what identifies the control units: VIN, part numbers, serial numbers, software versions.",
    _ECU,
    risk=RiskClass.R0,
    example={"ecuAddress": "0x1010"},
    choices=(takes.ANY_ECU,),
)

WRITE_DATA_BY_ID = _definition(
    "WriteDataByID",
    "Write data",
    "Writes a value into a control unit. With a security level it is coding.",
    {
        **_ECU,
        "dataId": takes.DATA_ID,
        "value": takes.VALUE,
        "raw": takes.RAW,
        "securityLevel": takes.SECURITY_LEVEL,
    },
    risk=RiskClass.R4,
    example={"ecuAddress": "0x1010", "dataId": "0xF199", "raw": "20261122"},
    required=("dataId",),
    choices=(takes.ONE_ECU, _VALUE_OR_RAW),
    risk_rules=(
        RiskRule(parameter="securityLevel", values=None, risk=RiskClass.R4),
        RiskRule(parameter="dataId", values=None, risk=RiskClass.R2),
    ),
)

SUBSCRIBE_DATA = _definition(
    "SubscribeData",
    "Watch live data",
    "Reads values again and again, one part per sample with its time, until the duration is over or it is cancelled.",
    {**_ECU, "dataIds": takes.DATA_IDS, "intervalMs": takes.INTERVAL_MS, "durationS": takes.DURATION_S},
    risk=RiskClass.R1,
    example={"ecuAddress": "0x1010", "dataIds": ["0xF40C", "0xF40D"], "intervalMs": 500, "durationS": 10},
    required=("dataIds", "durationS"),
    choices=(takes.ONE_ECU,),
    lasts_for=("durationS",),
)

ROUTINE_CONTROL = _definition(
    "RoutineControl",
    "Run a routine",
    "Starts a routine of a control unit, stops it, or reads its results. A routine may move things in the vehicle.",
    {
        **_ECU,
        "routineId": takes.ROUTINE_ID,
        "action": takes.ROUTINE_ACTION,
        "parameters": takes.ROUTINE_PARAMETERS,
        "raw": takes.RAW,
        "securityLevel": takes.SECURITY_LEVEL,
    },
    risk=RiskClass.R4,
    example={"ecuAddress": "0x1010", "routineId": "0x0203", "action": "start"},
    required=("routineId", "action"),
    choices=(takes.ONE_ECU, Choice(title="Parameters of the routine", names=("parameters", "raw"), required=False)),
    idempotent=False,
    timeout_s=120.0,
    risk_rules=(
        RiskRule(parameter="securityLevel", values=None, risk=RiskClass.R4),
        RiskRule(parameter="action", values=("results",), risk=RiskClass.R1),
        RiskRule(parameter="action", values=None, risk=RiskClass.R3),
    ),
)

ECU_RESET = _definition(
    "ECUReset",
    "Reset a control unit",
    "Restarts a control unit. It does not answer for a moment, and what it controls may stop meanwhile.",
    {**_ECU, "resetType": takes.RESET_TYPE},
    risk=RiskClass.R3,
    example={"ecuAddress": "0x1010", "resetType": "soft"},
    choices=(takes.ONE_ECU,),
    idempotent=False,
)

CONTROL_DTC_SETTING = _definition(
    "ControlDTCSetting",
    "Switch fault storage",
    "Switches the storing of new trouble codes off or on, for as long as the session is held.",
    {**_ECU, "setting": takes.DTC_SETTING, "holdS": takes.HOLD_S},
    risk=RiskClass.R2,
    example={"ecuAddress": "0x1010", "setting": "off", "holdS": 5},
    required=("setting",),
    choices=(takes.ONE_ECU,),
    lasts_for=("holdS",),
)

SOVD_REQUEST = _definition(
    "SOVDRequest",
    "Send a SOVD request",
    "Reads or changes any resource of a vehicle that has its own SOVD server.",
    {
        "method": takes.SOVD_METHOD,
        "path": takes.SOVD_PATH,
        "query": takes.SOVD_QUERY,
        "body": takes.SOVD_BODY,
    },
    risk=RiskClass.R4,
    example={"method": "GET", "path": "components/engine/faults"},
    required=("method", "path"),
    idempotent=False,
    risk_rules=(
        RiskRule(parameter="method", values=("GET",), risk=RiskClass.R1),
        RiskRule(parameter="method", values=None, risk=RiskClass.R3),
    ),
)

COMMANDS: Mapping[str, CommandDefinition] = MappingProxyType(
    {
        definition.name: definition
        for definition in (
            READ_DTC,
            CLEAR_DTC,
            READ_DATA_BY_ID,
            DISCOVER_ECUS,
            READ_IDENTIFICATION,
            WRITE_DATA_BY_ID,
            SUBSCRIBE_DATA,
            ROUTINE_CONTROL,
            ECU_RESET,
            CONTROL_DTC_SETTING,
            SOVD_REQUEST,
        )
    }
)


def parameter_types(command_name: str) -> Mapping[str, object]:
    """The JSON Schema types of a command's parameters; none for an unknown command."""
    known = COMMANDS.get(command_name)
    properties = known.parameters["properties"] if known is not None else {}
    return {name: schema["type"] for name, schema in properties.items()}


def definition_of(command_name: str) -> CommandDefinition:
    """The definition of a command. Raises InvalidRequest (`unknown_command`) naming the known ones."""
    definition = COMMANDS.get(command_name)
    if definition is None:
        known = ", ".join(COMMANDS)
        shown = repr(command_name) if len(command_name) <= 60 else f"{command_name[:57]!r}…"
        raise InvalidRequest(
            f"There is no command {shown}. Use one of: {known}.",
            [FieldError("/command_name", f"use one of: {known}")],
            code="unknown_command",
        )
    return definition


def definition_of_stored(command_name: str, params: JsonObject) -> CommandDefinition:
    """The definition of a command that was accepted once, for deciding about its end; never raises.

    One that this release does not know (a newer one accepted it) counts as the worst: it may have changed the vehicle.
    """
    known = COMMANDS.get(command_name)
    if known is not None:
        return known.with_params(params)
    return replace(
        CLEAR_DTC,
        name=command_name,
        title=command_name,
        description="A command that this release does not know.",
        idempotent=False,
        risk=RiskClass.R4,
        minimum_role=Role.ADMIN,
    )
