"""Compiles a loaded ODX database into JSON: per variant its identifiers, routines, trouble codes and services."""

from collections.abc import Iterator
from typing import Any, TypeAlias

from odxtools.database import Database
from odxtools.diaglayers.basevariant import BaseVariant
from odxtools.diaglayers.ecuvariant import EcuVariant
from odxtools.diagnostictroublecode import DiagnosticTroubleCode
from odxtools.diagservice import DiagService
from odxtools.matchingparameter import MatchingParameter
from odxtools.parameters.codedconstparameter import CodedConstParameter
from odxtools.parameters.matchingrequestparameter import MatchingRequestParameter
from odxtools.parameters.parameter import Parameter
from odxtools.parameters.reservedparameter import ReservedParameter
from odxtools.parameters.tablekeyparameter import TableKeyParameter
from odxtools.structure import Structure

from app.diagnostic_data.load_report import LoadReport
from app.diagnostic_data.odx_layouts import NotSimpleError, layout_of, plain_text, unit_of
from app.diagnostic_data.record_encoding import schema_of
from app.diagnostic_data.record_layout import RecordLayout
from app.domain.json_values import JsonObject

Variant: TypeAlias = EcuVariant | BaseVariant

_READ, _WRITE, _ROUTINE = 0x22, 0x2E, 0x31


def variants_of(database: Database) -> list[Variant]:
    """ECU variants first: they know more than their base."""
    return [*database.ecu_variants, *database.base_variants]


def compile_variant(variant: Variant, report: LoadReport) -> JsonObject:
    """All that connectors ask of one variant; what cannot be understood goes into the report."""
    compiled: JsonObject = {"name": variant.short_name, "identifiers": {}, "routines": {}, "services": []}
    for service in variant.services:
        try:
            _add_service(compiled, service)
        except Exception as error:  # noqa: BLE001 - odxtools raises whatever broken data leads to
            report.skip(variant.short_name, f"DIAG-SERVICE {service.short_name}", error)
    compiled["dtcs"] = dict(_trouble_codes(variant, report))
    compiled["environment"] = _environment(variant, report)
    return compiled


def head_of(variant: Variant, report: LoadReport) -> JsonObject:
    """What is known of a variant without opening it."""
    base = variant.base_variant if isinstance(variant, EcuVariant) else None
    try:
        address = variant.get_doip_logical_ecu_address()
    except Exception as error:  # noqa: BLE001 - odxtools raises whatever broken data leads to
        report.notice(variant.short_name, "its DoIP address cannot be read", error)
        address = None
    return {
        "name": variant.short_name,
        "title": variant.long_name,
        "description": plain_text(variant.description),
        "is_base": isinstance(variant, BaseVariant),
        "base": base.short_name if base else None,
        "ecu_address": address,
        "patterns": list(_patterns(variant, report)),
    }


def _patterns(variant: Variant, report: LoadReport) -> Iterator[list[str]]:
    """Per pattern, the requests (hex) whose answers prove the variant."""
    if isinstance(variant, EcuVariant):
        patterns: list[Any] = list(variant.ecu_variant_patterns)
    else:
        patterns = [variant.base_variant_pattern] if variant.base_variant_pattern else []
    for pattern in patterns:
        try:
            yield [_request_of(parameter, variant) for parameter in pattern.get_matching_parameters()]
        except Exception as error:  # noqa: BLE001 - odxtools raises whatever broken data leads to
            report.skip(variant.short_name, "a pattern to identify the variant", error)


def _request_of(parameter: MatchingParameter, variant: Variant) -> str:
    return bytes(parameter.get_ident_service(variant).encode_request()).hex()


def _add_service(compiled: JsonObject, service: DiagService) -> None:
    request = service.request
    if request is None:
        return
    prefix = bytes(request.coded_const_prefix())
    compiled["services"].append(
        {
            "name": service.short_name,
            "title": service.long_name,
            "sid": prefix[0] if prefix else None,
            "parameters": [_parameter(parameter) for parameter in request.free_parameters],
        }
    )
    if len(prefix) >= 3 and prefix[0] == _READ:
        _identifier(compiled, prefix[1:3], service)["read"] = _side(service, _response_layout(service, 3))
    elif len(prefix) >= 3 and prefix[0] == _WRITE:
        layout = _layout(list(request.parameters), 3)
        side = {**_side(service, layout), "schema": schema_of(layout) if layout else _schema_of_parameters(service)}
        _identifier(compiled, prefix[1:3], service)["write"] = side
    elif len(prefix) >= 4 and prefix[0] == _ROUTINE:
        _add_routine(compiled, prefix, service)
    elif prefix == bytes([_READ]) and isinstance(request.parameters[1], TableKeyParameter):
        _add_table(compiled, request.parameters[1], service)


def _parameter(parameter: Parameter) -> JsonObject:
    part = _layout([parameter], 0 if parameter.byte_position is None else parameter.byte_position)
    return {
        "name": parameter.short_name,
        "required": parameter.is_required,
        "schema": schema_of(part) if part and part.shown else {},
        "layout": part.to_json() if part else None,
    }


def _schema_of_parameters(service: DiagService) -> JsonObject:
    parameters = [_parameter(parameter) for parameter in service.free_parameters]
    return {
        "type": "object",
        "properties": {parameter["name"]: parameter["schema"] for parameter in parameters},
        "required": [parameter["name"] for parameter in parameters if parameter["required"]],
    }


def _identifier(compiled: JsonObject, number: bytes, service: DiagService) -> JsonObject:
    entry: JsonObject = compiled["identifiers"].setdefault(
        number.hex(),
        {
            "name": service.short_name,
            "title": service.long_name,
            "description": plain_text(service.description),
            "read": None,
            "write": None,
        },
    )
    return entry


def _side(service: DiagService, layout: RecordLayout | None) -> JsonObject:
    units, constants = {}, set()
    for response in service.positive_responses if layout is None else ():
        for parameter in response.parameters:
            if isinstance(parameter, CodedConstParameter | MatchingRequestParameter | ReservedParameter):
                constants.add(parameter.short_name)
            if unit := unit_of(getattr(parameter, "dop", None)):
                units[parameter.short_name] = unit
    kept = layout.to_json() if layout else None
    return {"service": service.short_name, "layout": kept, "units": units, "constants": sorted(constants)}


def _response_layout(service: DiagService, skip: int) -> RecordLayout | None:
    if len(service.positive_responses) != 1:
        return None
    return _layout(list(service.positive_responses[0].parameters), skip)


def _layout(parameters: list[Parameter], skip: int) -> RecordLayout | None:
    try:
        return layout_of(parameters, skip=skip)
    except NotSimpleError:
        return None


def _add_routine(compiled: JsonObject, prefix: bytes, service: DiagService) -> None:
    routine = compiled["routines"].setdefault(
        prefix[2:4].hex(),
        {"name": service.short_name, "title": service.long_name, "actions": {}},
    )
    request = _layout(list(service.request.parameters), 4) if service.request else None
    response = _response_layout(service, 4)
    routine["actions"][str(prefix[1])] = {
        "request": request.to_json() if request else None,
        "response": _side(service, response),
        "schema": schema_of(request) if request else _schema_of_parameters(service),
    }


def _add_table(compiled: JsonObject, key: TableKeyParameter, service: DiagService) -> None:
    """One service for many identifiers: each row of its table is one."""
    for row in key.table.table_rows:
        if not isinstance(row.key, int):
            continue
        entry = _identifier(compiled, row.key.to_bytes(2, "big"), service)
        entry |= {"name": row.short_name, "title": row.long_name, "description": plain_text(row.description)}
        structure = row.structure
        layout = _layout(list(structure.parameters), 0) if isinstance(structure, Structure) else None
        entry["read"] = _side(service, layout)


def _trouble_codes(variant: Variant, report: LoadReport) -> Iterator[tuple[str, JsonObject]]:
    for dop in variant.diag_data_dictionary_spec.dtc_dops:
        for dtc in getattr(dop, "dtcs", ()):
            try:
                yield f"{dtc.trouble_code:06x}", _trouble_code(dtc)
            except Exception as error:  # noqa: BLE001 - odxtools raises whatever broken data leads to
                report.skip(variant.short_name, f"DTC {dtc.short_name}", error)


def _trouble_code(dtc: DiagnosticTroubleCode) -> JsonObject:
    return {
        "name": dtc.short_name,
        "display": dtc.display_trouble_code,
        "text": plain_text(dtc.text),
        "level": dtc.level,
    }


def _environment(variant: Variant, report: LoadReport) -> JsonObject:
    """What stands in a snapshot: what all trouble codes have, and what some have beside it."""
    found: JsonObject = {"all": None, "by_dtc": {}}
    for description in variant.diag_data_dictionary_spec.env_data_descs:
        for data in description.env_datas:
            try:
                layout = layout_of(data.parameters, skip=0).to_json()
            except Exception as error:  # noqa: BLE001 - odxtools raises whatever broken data leads to
                report.skip(variant.short_name, f"ENV-DATA {data.short_name}", error)
                continue
            if data.all_value:
                found["all"] = layout
            for code in data.dtc_values:
                found["by_dtc"][f"{code:06x}"] = layout
    return found
