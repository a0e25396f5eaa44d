"""What the loading process can be asked: to compile a file, and to read or write records that have no fixed places."""

import pickle
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import odxtools.exceptions as odx_exceptions
from odxtools.database import Database
from odxtools.diagnostictroublecode import DiagnosticTroubleCode
from odxtools.diagservice import DiagService
from odxtools.exceptions import OdxError
from odxtools.odxtypes import ParameterValueDict
from odxtools.variantmatcher import VariantMatcher

from app.diagnostic_data import compiled_folder, odx_compiler, odx_loading
from app.diagnostic_data.identifiers_file import compile_identifiers
from app.diagnostic_data.load_report import LoadReport
from app.diagnostic_data.odx_compiler import Variant, variants_of
from app.diagnostic_data.pdx_archive import Contents, is_archive, open_file
from app.domain.json_values import JsonObject, JsonValue

_NO_ANSWER = b"\x7f"
_FEWEST_BYTES_OF_XML = 5


class NotCompiledError(Exception):
    """The compiled database is not there (any more): the file has to be compiled again."""


def compile_file(content: bytes, file_name: str, folder: Path) -> JsonObject:
    """Compile a file into `folder` and give the head of the set. Raises DataRefused."""
    report = LoadReport()
    database: Database | None = None
    if is_archive(content) or content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<" or b"<\x00" in content[:8]:
        contents = open_file(content, file_name)
        database = odx_loading.load(contents, report)
        head, variants = _compile_odx(database, contents, report)
        kind = "odx"
    else:
        head, variants = compile_identifiers(content, file_name)
        kind = "identifiers"
    for number, variant in enumerate(variants):
        counts = {part: len(variant[part]) for part in ("identifiers", "dtcs", "routines", "services")}
        head["variants"][number]["counts"] = counts
    head |= {"kind": kind, "report": report.to_json()}
    compiled_folder.write_folder(folder, head, variants, _pickled(database))
    return head


def _pickled(database: Database | None) -> bytes | None:
    if database is None:
        return None
    database.auxiliary_files.clear()
    return pickle.dumps(database, protocol=pickle.HIGHEST_PROTOCOL)


def _compile_odx(database: Database, contents: Contents, report: LoadReport) -> tuple[JsonObject, list[JsonObject]]:
    layers = variants_of(database)
    compiled = [odx_compiler.compile_variant(layer, report) for layer in layers]
    heads = [odx_compiler.head_of(layer, report) for layer in layers]
    name, revision = _title(contents, database)
    return {"name": name, "version": revision, "variants": heads}, compiled


def _title(contents: Contents, database: Database) -> tuple[str, str]:
    """Name and version as the file gives them: its catalogue first, then its first container."""
    containers = list(database.diag_layer_containers)
    name = containers[0].short_name if containers else database.short_name
    revisions = [doc.revision_label for c in containers if c.admin_data for doc in c.admin_data.doc_revisions]
    version = next((label for label in reversed(revisions) if label), "1")
    if contents.index is not None:
        try:
            catalogue = ElementTree.fromstring(contents.index)  # noqa: S314 - the archive reader has refused declarations
        except ElementTree.ParseError:
            return name, version
        name = catalogue.findtext("SHORT-NAME") or name
        labels = [label.text for label in catalogue.iterfind("ADMIN-DATA/DOC-REVISIONS/DOC-REVISION/REVISION-LABEL")]
        version = next((label for label in reversed(labels) if label), version)
    return name, version


def ask(folder: Path, questions: list[JsonObject]) -> list[JsonObject]:
    """Answer many questions about one set; each gets `{"ok": …}` or `{"problem": text}`."""
    database = _database(folder)
    odx_exceptions.strict_mode = True
    return [_answered(database, question) for question in questions]


@lru_cache(maxsize=4)
def _database(folder: Path) -> Database:
    path = folder / compiled_folder.DATABASE
    if not compiled_folder.is_ours(folder) or not compiled_folder.is_ours(path):
        raise NotCompiledError
    try:
        database = pickle.loads(path.read_bytes())  # noqa: S301 - written by this user into a folder closed to others
    except Exception as error:
        raise NotCompiledError from error
    if not isinstance(database, Database):
        raise NotCompiledError
    return database


def _answered(database: Database, question: JsonObject) -> JsonObject:
    try:
        return {"ok": _ACTS[question["act"]](database, question)}
    except OdxError as error:
        return {"problem": str(error) or type(error).__name__}
    except Exception as error:  # noqa: BLE001 - odxtools raises whatever broken data leads to
        return {"problem": f"{type(error).__name__}: {error}"}


def _decode_answer(database: Database, question: JsonObject) -> JsonObject:
    """The parameters of an answer to a service, by name."""
    service = _service(database, question)
    message = bytes.fromhex(question["answer"])
    request = bytes.fromhex(question["request"]) if question.get("request") else None
    if request is not None and service.request is not None:
        failure: Exception = OdxError("the service has no answer")
        for response in [*service.positive_responses, *service.negative_responses]:
            prefix = response.coded_const_prefix(request_prefix=request)
            if message.startswith(bytes(prefix)):
                try:
                    return {"response": response.short_name, "values": as_json(response.decode(message))}
                except OdxError as error:
                    failure = error
        raise failure
    decoded = service.decode_message(message)
    return {"response": decoded.coding_object.short_name, "values": as_json(decoded.param_dict)}


def _decode_any(database: Database, question: JsonObject) -> JsonObject:
    """The services of a variant that can have sent this message, with its parameters."""
    variant = _variant(database, question["variant"])
    found = variant.decode(bytes.fromhex(question["message"]))
    return {
        "messages": [
            {"service": message.service.short_name, "values": as_json(message.param_dict)} for message in found
        ]
    }


def _encode(database: Database, question: JsonObject) -> str:
    """The request of a service with these parameters, in hex."""
    service = _service(database, question)
    values = question["values"]
    if not isinstance(values, dict):
        free = [parameter.short_name for parameter in service.free_parameters]
        if len(free) != 1:
            raise OdxError(f"give an object with the members {', '.join(free)}")
        values = {free[0]: values}
    given: ParameterValueDict = {str(name): value for name, value in values.items()}
    return bytes(service.encode_request(**given)).hex()


def _identify(database: Database, question: JsonObject) -> str | None:
    """The first variant that the answers prove; ECU variants are asked before base variants."""
    answers = {bytes.fromhex(request): bytes.fromhex(answer) for request, answer in question["answers"].items()}
    for variant in variants_of(database):
        if variant.short_name not in question["candidates"]:
            continue
        try:
            matcher = VariantMatcher([variant], use_cache=False)  # type: ignore[arg-type] # either kind is right, one at a time
            for _, request in matcher.request_loop():
                matcher.evaluate(answers.get(request, _NO_ANSWER))
            if matcher.has_match():
                return variant.short_name
        except OdxError:
            continue
    return None


_ACTS: dict[str, Callable[[Database, JsonObject], JsonValue]] = {
    "decode": _decode_answer,
    "decode any": _decode_any,
    "encode": _encode,
    "identify": _identify,
}


def _variant(database: Database, name: str) -> Variant:
    for variant in variants_of(database):
        if variant.short_name == name:
            return variant
    raise OdxError(f"there is no variant {name}")


def _service(database: Database, question: JsonObject) -> DiagService:
    for service in _variant(database, question["variant"]).services:
        if service.short_name == question["service"]:
            return service
    raise OdxError(f"variant {question['variant']} has no service {question['service']}")


def as_json(value: Any) -> Any:
    """Values of odxtools as JSON: bytes become hex, trouble codes number and name, NUL a sign that can be stored."""
    match value:
        case dict():
            return {str(name): as_json(member) for name, member in value.items()}
        case tuple() if len(value) == 2 and isinstance(value[0], str):
            return {"row": value[0], "values": as_json(value[1])}
        case list() | tuple():
            return [as_json(member) for member in value]
        case _:
            return _atom_as_json(value)


def _atom_as_json(value: Any) -> JsonValue:
    if isinstance(value, DiagnosticTroubleCode):
        return {"dtc": f"0x{value.trouble_code:06X}", "name": value.short_name}
    if isinstance(value, bytes | bytearray):
        return bytes(value).hex().upper()
    if isinstance(value, str):
        return value.rstrip("\x00").replace("\x00", "\N{SYMBOL FOR NULL}")
    return value if value is None or isinstance(value, int | float) else str(value)
